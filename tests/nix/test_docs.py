"""The pages of docs/ that speak of NixOS say what the module says, and their blocks evaluate.

A block of Nix that is part of a machine says of which in its first line: `# same`, `# before` or
`# after`, and `, on ZFS` where a page has more than one. `# example` is a machine's part by itself.
"""

import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from tests.nix.nix import REPO, evaluate, instantiate, options_page
from tests.nix.test_examples import build, tree

DOCS = REPO / "docs"
BLOCK = re.compile(r"^```nix\n(.*?)^```$", re.DOTALL | re.MULTILINE)
ALICE = """
  users.users.alice = { group = "users"; home = "/home/alice"; homeMode = "0700"; };
  users.users.colord = {
    uid = null; group = "colord"; home = "/var/lib/colord"; homeMode = "0700";
  };
  users.groups = { users.gid = 100; colord.gid = null; };
"""
MODULES = {
    "coming-from-impermanence": "nix/impermanence.nix",
    "coming-from-preservation": "nix/preservation.nix",
    "coming-from-shell-hooks": "nix/module.nix",
}


def blocks(page: str) -> list[str]:
    return BLOCK.findall((DOCS / f"{page}.md").read_text("utf-8"))


def stories() -> dict[tuple[str, str], dict[str, str]]:
    """Return the three parts of each machine that moves, by page and by what is told of it."""
    found: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for page in MODULES:
        for block in blocks(page):
            part, _, story = block.partition("\n")[0].removeprefix("# ").partition(", ")
            assert part not in found[page, story], f"{page} has two blocks {part}"
            found[page, story][part] = block
    return found


STORIES = stories()


def machine(lib: str, page: str, story: str, parts: tuple[str, ...], by: str) -> str:
    told = STORIES[page, story]
    text = "\n".join(f"({told[part]})" for part in parts)
    users = f"{{ {ALICE} }}" if "alice" in text else ""
    module = f"./{MODULES[page]}" if "after" in parts else ""
    return f"""
      import ./tests/nix/{by}.nix {{
        lib = {lib};
        machine.imports = [ ./tests/nix/hooks.nix {module} {users} {text} ];
      }}
    """


def test_the_options_are_described(lib: str) -> None:
    page = (DOCS / "nixos-options.md").read_text(encoding="utf-8")
    assert page == evaluate(options_page(lib)), "scripts/write-options writes it anew"


@pytest.mark.parametrize("page", sorted(path.stem for path in DOCS.glob("*.md")))
def test_every_block_of_nix_can_be_read(page: str) -> None:
    for block in blocks(page):
        done = instantiate("--parse", "--expr", block)
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(("page", "story"), STORIES)
def test_a_machine_before_it_moves(lib: str, page: str, story: str) -> None:
    found = evaluate(machine(lib, page, story, ("same", "before"), "before"))
    assert "/" in found["fileSystems"]


@pytest.mark.parametrize(("page", "story"), STORIES)
def test_a_machine_after_it_moved(lib: str, page: str, story: str, tmp_path: Path) -> None:
    found: dict[str, Any] = evaluate(machine(lib, page, story, ("same", "after"), "module"))
    assert found["failed"] == [] and found["warnings"] == []
    build(found, tmp_path)
    files = tree(tmp_path)
    assert "petrichor-keep-initrd.service" in files
    reset = found["declaration"]["volumes"]["/"]["backend"] != "tmpfs"
    assert ("petrichor-reset@-.service" in files) is reset


@pytest.mark.parametrize("block", blocks("nixos-interplay"))
def test_an_example_is_neither_refused_nor_warned_of(lib: str, block: str) -> None:
    assert block.startswith("# example\n")
    found = evaluate(f"""
      removeAttrs (import ./tests/nix/module.nix {{
        lib = {lib};
        machine.imports = [
          ./tests/nix/beside.nix
          ./tests/nix/examples/zfs-home-in-system.nix
          ({block})
        ];
      }}) [ "text" "env" ]
    """)
    assert found["failed"] == [] and found["warnings"] == []
