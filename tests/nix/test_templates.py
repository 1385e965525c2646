"""The templates: registered, whole, and refused until they are filled in.

What they declare and boot is among the example machines.
"""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.nix.nix import REPO, evaluate, refusal

TEMPLATES = REPO / "nix/templates"
NAMES = sorted(place.name for place in TEMPLATES.iterdir())


def hooks(name: str) -> list[str]:
    """Return the shell text of a template's layout that runs after something was created."""
    found = re.findall(r"postCreateHook = ''\n(.*?)'';", layout(name), re.DOTALL)
    return [text.replace("${name}", "root") for text in found]


def layout(name: str) -> str:
    return (TEMPLATES / name / "disko.nix").read_text("utf-8")


def test_the_flake_offers_every_template() -> None:
    flake = "(import ./flake.nix).outputs { self = { }; nixpkgs = { }; }"
    found = evaluate(f"builtins.mapAttrs (_: item: toString item.path) ({flake}).templates")
    assert {name: Path(path) for name, path in found.items()} == {
        name: TEMPLATES / name for name in NAMES
    }


@pytest.mark.parametrize("name", NAMES)
def test_a_template_is_whole_and_has_its_tutorial(name: str) -> None:
    flake = (TEMPLATES / name / "flake.nix").read_text("utf-8")
    modules = set(re.findall(r"\./([\w.]+\.nix)", flake))
    assert {path.name for path in (TEMPLATES / name).iterdir()} == modules | {"flake.nix"}
    assert (REPO / f"docs/tutorial-nixos-{name}.md").is_file()


@pytest.mark.parametrize("name", NAMES)
def test_a_template_that_is_not_filled_in_is_refused(lib: str, name: str) -> None:
    """Two machines from one template would share an id, and nobody would notice."""
    said = refusal(f"""
      import ./tests/nix/module.nix {{
        lib = {lib};
        machine.imports = [
          ./tests/nix/nixos.nix
          ./tests/nix/disko.nix
          ./nix/templates/{name}/configuration.nix
          ./nix/templates/{name}/disko.nix
        ];
      }}
    """)
    assert "petrichor.machineId" in said


@pytest.mark.parametrize("name", NAMES)
def test_what_a_layout_runs_is_sound_shell(name: str, tmp_path: Path) -> None:
    if shutil.which("shellcheck") is None:
        pytest.skip("shellcheck is not installed: scripts/bootstrap lint brings it")
    assert hooks(name)
    for number, text in enumerate(hooks(name)):
        script = tmp_path / f"{number}.sh"
        script.write_text(f"set -euo pipefail\n{text}")
        done = subprocess.run(
            ["shellcheck", "--shell=bash", script],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout
