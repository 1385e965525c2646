"""The command inside a booted tree: this checkout, run by the tree's own Python."""

import sys
import sysconfig
from pathlib import Path
from typing import Final

import pytest

REPO = Path(__file__).resolve().parents[3]
PROGRAM: Final = "/usr/local/bin/petrichor"
_TEXT: Final = """\
#!/bin/sh
PYTHONPATH=/petrichor/src:/petrichor/site exec python3 -B -m petrichor "$@"
"""

FILES: Final = {PROGRAM: _TEXT}
MODES: Final = {PROGRAM: 0o755}

needs_same_python = pytest.mark.skipif(
    sys.version_info[:2] != (3, 11), reason="the tree's Python is 3.11"
)


def binds() -> dict[str, Path]:
    """What the command needs to be mounted in the tree."""
    site = Path(sysconfig.get_path("purelib"))
    return {"/petrichor/src": REPO / "src", "/petrichor/site": site}
