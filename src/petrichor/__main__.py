"""Start the command: ``petrichor``, and ``python -m petrichor``."""

import gc
from typing import NoReturn


def main() -> NoReturn:
    """Run the command and exit with its code.

    What is left in memory is not worth tidying up: collecting it takes a tenth of a short run, and
    begins while the command is loaded.
    """
    gc.disable()
    from petrichor.cli.main import main as command

    command()


if __name__ == "__main__":
    main()
