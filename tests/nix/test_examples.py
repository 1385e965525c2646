"""Whole machines: what each declares, and the boot path that is rendered from it.

`REFRESH_GOLDEN=1 make test-nix` writes those golden files anew that differ, and fails for each; then
`git diff` tells what changed.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.nix.nix import REPO, evaluate

EXAMPLES = REPO / "tests/nix/examples"
GOLDEN = EXAMPLES / "golden"
NAMES = sorted(p.stem for p in EXAMPLES.glob("*.nix") if "." not in p.stem)
REFRESH = bool(os.environ.get("REFRESH_GOLDEN"))
OUTPUTS = ("out", "initrd", "system")


def machine(lib: str, name: str) -> dict[str, Any]:
    module = f"./tests/nix/examples/{name}.nix"
    found: dict[str, Any] = evaluate(
        f"import ./tests/nix/module.nix {{ lib = {lib}; machine = {module}; }}"
    )
    return found


def compare(golden: Path, text: str) -> None:
    known = golden.read_text(encoding="utf-8") if golden.is_file() else None
    if REFRESH and text != known:
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(text, encoding="utf-8")
    assert text == known, f"{golden.name} differs: REFRESH_GOLDEN=1 writes it anew"


def build(found: dict[str, Any], place: Path) -> None:
    """Run the builder of the boot path as Nix would: in an empty directory, with its variables."""
    env = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        **{name: str(place / name) for name in OUTPUTS},
    }
    for name in found["env"]["passAsFile"]:
        (place / f".{name}").write_text(found["env"][name], encoding="utf-8")
        env[f"{name}Path"] = str(place / f".{name}")
    done = subprocess.run(
        ["bash", "-euc", found["text"]],
        cwd=place,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def tree(place: Path) -> str:
    """Return all files of all outputs as one text."""
    files = sorted(p for name in OUTPUTS for p in (place / name).rglob("*") if not p.is_dir())
    parts = []
    for path in files:
        content = (
            f"-> {path.readlink()}\n"
            if path.is_symlink()
            else path.read_text("utf-8", "backslashreplace")
        )
        parts.append(f"==> {path.relative_to(place)}\n{content}")
    return "\n".join(parts).replace(str(place), "/nix/store")


@pytest.mark.parametrize("name", NAMES)
def test_what_a_machine_declares(lib: str, name: str) -> None:
    found = machine(lib, name)
    shown = {key: found[key] for key in ("declaration", "owners", "warnings", "kernelParams")}
    assert found["failed"] == []
    compare(GOLDEN / f"{name}.json", json.dumps(shown, indent=2, ensure_ascii=False) + "\n")


@pytest.mark.parametrize("name", NAMES)
def test_the_boot_path_of_a_machine(lib: str, name: str, tmp_path: Path) -> None:
    build(machine(lib, name), tmp_path)
    compare(GOLDEN / f"{name}.tree", tree(tmp_path))


def test_every_golden_file_has_its_machine() -> None:
    assert {path.stem for path in GOLDEN.iterdir()} == set(NAMES)
