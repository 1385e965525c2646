"""What lies in a baseline comes back at every boot."""

from dataclasses import replace

import pytest

from petrichor.model.declaration import Phase, TmpfsVolume
from petrichor.model.machine import Baseline, Machine
from petrichor.plan.hazards.baselines import baseline_hazards
from tests.unit.plan.hazards.cases import Case, check
from tests.unit.plan.hazards.facts import DECLARATION, MACHINE, P, without_kept

TMPFS = replace(DECLARATION, volumes=(TmpfsVolume(mountpoint=P("/"), phase=Phase.INITRD),))
NO_USR = replace(DECLARATION, filesystems=DECLARATION.filesystems[:1])
NIX = DECLARATION.filesystems[1]._replace(mountpoint=P("/nix/store"))


def root(*entries: str, mode: int = 0o755, **more) -> Machine:
    baseline = Baseline(entries=entries, mode=mode, **more)
    return replace(MACHINE, baselines={**MACHINE.baselines, P("/"): baseline})


def home(*entries: str, mode: int = 0o755) -> Machine:
    baseline = Baseline(entries=entries, mode=mode)
    return replace(MACHINE, baselines={**MACHINE.baselines, P("/home"): baseline})


INSTALLED = root("bin", "etc", "usr", present=frozenset({P("/usr"), P("/etc")}))

CASES: list[Case] = [
    ("nothing", DECLARATION, MACHINE, []),
    ("mode of /", DECLARATION, root(mode=0o700), ["error baseline-mode"]),
    ("/ open to all", DECLARATION, root(mode=0o1777), ["error baseline-mode"]),
    ("owner of /", DECLARATION, root(uid=1000), ["error baseline-mode"]),
    ("group of /", DECLARATION, root(gid=100), ["error baseline-mode"]),
    ("closed homes", DECLARATION, home(mode=0o700), ["warning baseline-mode"]),
    ("installed", DECLARATION, INSTALLED, ["info baseline-system"]),
    ("left over", DECLARATION, root("naughty"), ["warning baseline-not-blank"]),
    ("home left over", DECLARATION, home("alice"), ["warning baseline-not-blank"]),
    ("home with etc", DECLARATION, home("etc"), ["warning baseline-not-blank"]),
    ("blank without usr", NO_USR, MACHINE, ["error system-not-kept"]),
    ("installed without usr", NO_USR, INSTALLED, ["info baseline-system"]),
    ("no etc", without_kept("/etc"), MACHINE, ["warning etc-not-kept"]),
    ("etc in the baseline", without_kept("/etc"), INSTALLED, ["info baseline-system"]),
    ("tmpfs with usr", TMPFS, replace(MACHINE, baselines={}), []),
    ("no baseline", NO_USR, replace(MACHINE, baselines={}), []),
    ("nix lost", without_kept("/etc"), replace(MACHINE, nixos=True), ["error system-not-kept"]),
    (
        "nix",
        replace(without_kept("/etc"), filesystems=(NIX,)),
        replace(MACHINE, nixos=True),
        [],
    ),
    (
        "unreadable",
        DECLARATION,
        replace(MACHINE, unreadable={"rpool/root@blank": "locked"}),
        ["warning baseline-unreadable"],
    ),
]


@pytest.mark.parametrize("case", CASES, ids=[case[0] for case in CASES])
def test_baselines(case: Case) -> None:
    check(baseline_hazards, case)
