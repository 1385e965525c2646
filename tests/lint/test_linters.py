"""The linters are ordinary tests: one run tells everything."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[2]


def check(*command: str) -> None:
    result = subprocess.run(
        command, cwd=REPO, text=True, capture_output=True, stdin=subprocess.DEVNULL, check=False
    )
    if result.returncode != 0:
        pytest.fail(f"$ {' '.join(command)}\n{result.stdout}{result.stderr}", pytrace=False)


def shell_files() -> list[str]:
    """Every file of the repository whose first line names a shell."""
    tree = [REPO / name for name in (".ci", "scripts", "src", "tests", "bench", "nix", "docs")]
    found = []
    for path in sorted(p for root in tree for p in root.rglob("*") if p.is_file()):
        with path.open("rb") as file:
            first = file.readline(80)
        if first.startswith(b"#!") and first.split()[-1].rsplit(b"/")[-1] in (b"sh", b"bash"):
            found.append(str(path.relative_to(REPO)))
    return found


def test_ruff() -> None:
    check(sys.executable, "-m", "ruff", "check", "--quiet", ".")


def test_ruff_format() -> None:
    check(sys.executable, "-m", "ruff", "format", "--check", "--quiet", ".")


def test_mypy() -> None:
    check(sys.executable, "-m", "mypy")


def test_shellcheck() -> None:
    assert shutil.which("shellcheck"), "shellcheck is not installed"
    check("shellcheck", *shell_files())


def test_what_people_start_is_executable() -> None:
    started = [f for f in shell_files() if f.startswith((".ci/", "scripts/"))]
    assert started
    assert [f for f in started if not os.access(REPO / f, os.X_OK)] == []
