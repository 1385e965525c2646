"""A truly empty root, booted from what Nix evaluated of the ZFS template."""

import hashlib
from pathlib import Path

from tests.nix.nix import LIBS
from tests.vm.image import Image
from tests.vm.machine import Boot
from tests.vm.scenarios import OWN, three_lives
from tests.vm.template import LINKS, OUTPUTS, Template, evaluated, units
from tests.vm.verdict import Verdict


def nixos_empty_root(image: Image, place: Path, verdict: Verdict) -> None:
    """Three lives of the ZFS template; its units are those that were rendered, to the byte."""
    name = "nixpkgs" if "nixpkgs" in LIBS else "stand-in"
    verdict.notes.append(f"the template was evaluated by {name}")
    subject = Template(image, place, evaluated(LIBS[name]))
    baselines(verdict, subject.install("empty"))
    for number, boot in enumerate(three_lives(verdict, subject, frozenset(OWN | {"nix"})), 1):
        verdict.equal(boot["imported"], "active", f"boot {number}: NixOS's unit imported the pool")
        as_rendered(verdict, boot, subject.rendered, f"boot {number}")


def baselines(verdict: Verdict, made: Boot) -> None:
    """Check that the template's layout made the baselines, held, and made them once."""
    rows = [line.split("\t") for line in made["baselines-1"].splitlines()]
    holds = {name: number for name, _, number in rows}
    wanted = {"rpool/home@blank": "1", "rpool/root@blank": "1"}
    verdict.equal(holds, wanted, "each volume has a baseline that is held")
    verdict.equal(made["baselines-2"], made["baselines-1"], "a second run leaves baselines alone")


def as_rendered(verdict: Verdict, boot: Boot, rendered: Path, what: str) -> None:
    """Check that the guest has the rendered files, and that systemd read those."""
    found = {}
    for line in boot["sums"].splitlines():
        digest, name = line.split("  ", 1)
        found[name] = digest
    verdict.equal(found, sums(rendered), f"{what}: the boot path is the rendered one, to the byte")
    for part in OUTPUTS:
        read, changed = loaded(boot[f"loaded-{part}"])
        wanted = {f"{LINKS}/{name}" for name in units(rendered / part)}
        verdict.equal(read, wanted, f"{what}: systemd read what was rendered for the {part}")
        verdict.equal(changed, [], f"{what}: no unit of the {part} changed after it was read")


def sums(rendered: Path) -> dict[str, str]:
    """Return the checksums of what was rendered, by path below the rendered tree."""
    files = [path for part in OUTPUTS for path in (rendered / part).rglob("*") if path.is_file()]
    return {
        str(path.relative_to(rendered)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


def loaded(shown: str) -> tuple[set[str], list[str]]:
    """Return the files of petrichor's that systemd read, and units whose files changed since."""
    read, changed = set(), []
    for block in shown.split("\n\n"):
        unit = dict(line.split("=", 1) for line in block.splitlines())
        files = [unit["FragmentPath"], *unit["DropInPaths"].split()]
        read |= {path for path in files if "petrichor" in path}
        if unit["NeedDaemonReload"] != "no":
            changed.append(unit["Id"])
    return read, changed
