"""Evaluates Nix without a daemon, a network or a store of this machine's."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

REPO = Path(__file__).resolve().parents[2]
REAL_LIB = os.environ.get("NIXPKGS_LIB", "")
"""A directory whose default.nix is nixpkgs' lib; empty: only the stand-in evaluates modules."""

LIBS = {"stand-in": "(import ./tests/nix/lib.nix)"}
"""What evaluates modules here, by name: each test of a module runs with all of them."""
if REAL_LIB:
    LIBS["nixpkgs"] = f"(import {REAL_LIB})"


def instantiate(*words: str) -> subprocess.CompletedProcess[str]:
    """Run nix-instantiate; nothing is written to a store."""
    argv = ["nix-instantiate", "--store", "dummy://", "--readonly-mode", *words]
    return subprocess.run(argv, capture_output=True, text=True, check=False, cwd=REPO)


def evaluate(expression: str) -> Any:
    """Return the value of an expression; the current directory is the repository."""
    done = instantiate("--eval", "--strict", "--json", "--expr", expression)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def refusal(expression: str) -> str:
    """Return what Nix says of an expression that it must refuse."""
    done = instantiate("--eval", "--strict", "--json", "--expr", expression)
    assert done.returncode != 0, done.stdout
    return done.stderr


def options_page(lib: str) -> str:
    """Return the expression of docs/nixos-options.md."""
    return f"import ./nix/options-page.nix {{ lib = {lib}; }}"
