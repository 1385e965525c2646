"""The real command, in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

REPO = Path(__file__).resolve().parents[3]


def petrichor(
    *arguments: str | Path, umask: int = 0o022, code: int = 0
) -> subprocess.CompletedProcess[str]:
    """Runs `petrichor ARGUMENTS...`; any other exit code than `code` fails the test."""
    done = subprocess.run(
        [sys.executable, "-m", "petrichor", *(str(word) for word in arguments)],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        errors="backslashreplace", umask=umask, cwd=REPO, env=dict(os.environ),
    )  # fmt: skip
    assert done.returncode == code, f"code {done.returncode}\n{done.stdout}{done.stderr}"
    return done
