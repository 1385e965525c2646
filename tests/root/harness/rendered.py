"""What `petrichor render` writes for a declaration, laid out as the initrd hands it over."""

import subprocess
import sys
from pathlib import Path

UNITS = "usr/lib/systemd/system"
FILES = "usr/lib/petrichor"


class RenderError(Exception):
    """The command refused: its exit code and what it said."""

    def __init__(self, code: int, said: str) -> None:
        super().__init__(f"render: code {code}\n{said}")
        self.code, self.said = code, said


def render(config: Path, output: Path, *arguments: str, target: str = "dracut") -> Path:
    """Runs the real command; gives `output` back. Raises with what the command said."""
    command: list[str | Path] = [
        sys.executable, "-m", "petrichor", "--config", config,
        "render", "--target", target, "--output", output, *arguments,
    ]  # fmt: skip
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    if done.returncode != 0:
        raise RenderError(done.returncode, done.stderr.decode(errors="replace"))
    return output


def files_below(folder: Path, place: str) -> dict[str, bytes]:
    """Every file below `folder`, by the path that it gets below `place`."""
    found = sorted(f for f in folder.rglob("*") if f.is_file())
    return {f"{place}/{f.relative_to(folder)}": f.read_bytes() for f in found}
