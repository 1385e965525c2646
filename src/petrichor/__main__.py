"""Start the command: ``python -m petrichor``."""

from petrichor.cli.main import main

if __name__ == "__main__":
    main()
