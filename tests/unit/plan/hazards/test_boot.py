"""The initrd must hold the resets, as they are declared now, in the right order."""

from dataclasses import replace

import pytest

from petrichor.model.declaration import Phase, TmpfsVolume
from petrichor.model.machine import Initrd, Machine
from petrichor.plan.hazards.boot import boot_hazards
from tests.unit.plan.hazards.cases import Case, check
from tests.unit.plan.hazards.facts import DECLARATION, MACHINE, UNIT, UNITS, P, words

ROOT_UNIT = f"{UNITS}/petrichor-reset@-.service"
HOME_UNIT = f"{UNITS}/petrichor-reset@home.service"
TMPFS = replace(DECLARATION, volumes=(TmpfsVolume(mountpoint=P("/"), phase=Phase.INITRD),))
SYSTEMD = "usr/lib/systemd/systemd"


def initrd(names: dict[str, bytes], machine: Machine = MACHINE) -> Machine:
    image = Initrd(path=P("/boot/initrd"), names=frozenset(names), files=names)
    return replace(machine, initrd=image)


def resuming(machine: Machine) -> Machine:
    assert machine.kernel is not None
    return replace(machine, kernel=replace(machine.kernel, resume="8:2"))


BOTH = {SYSTEMD: b"", ROOT_UNIT: UNIT, HOME_UNIT: UNIT}
EARLY = {**BOTH, HOME_UNIT: b"[Unit]\nAfter=local-fs-pre.target\n#After=systemd-hibernate\n"}
SPREAD = {**BOTH, HOME_UNIT: b"After=a.service\nAfter=b systemd-hibernate-resume.service c\n"}
NIX = {
    "lib/systemd/systemd": b"",
    "nix/store/x-petrichor/lib/systemd/system/petrichor-reset@-.service": UNIT,
    "etc/systemd/system/petrichor-reset@home.service": UNIT,
}

CASES: list[Case] = [
    ("nothing", DECLARATION, MACHINE, []),
    ("in the store", DECLARATION, initrd(NIX), []),
    ("resume in order", DECLARATION, resuming(MACHINE), []),
    ("resume in order, several lines", DECLARATION, resuming(initrd(SPREAD)), []),
    ("resume not in order", DECLARATION, resuming(initrd(EARLY)), ["error resume-order"]),
    ("no resume", DECLARATION, initrd(EARLY), []),
    (
        "one unit",
        DECLARATION,
        initrd({SYSTEMD: b"", ROOT_UNIT: UNIT}),
        ["error reset-unit-missing"],
    ),
    ("scripts", DECLARATION, initrd({"init": b""}), ["error initrd-not-systemd"]),
    (
        "scripts and resume",
        DECLARATION,
        resuming(initrd({"init": b""})),
        ["error initrd-not-systemd", "error resume-order"],
    ),
    ("no initrd", DECLARATION, replace(MACHINE, initrd=None), ["warning initrd-unknown"]),
    ("no initrd needed", TMPFS, replace(MACHINE, initrd=None), []),
    ("skipped", DECLARATION, words("petrichor.reset=no"), ["warning reset-off"]),
    ("not running", DECLARATION, replace(MACHINE, kernel=None, initrd=None), []),
]


@pytest.mark.parametrize("case", CASES, ids=[case[0] for case in CASES])
def test_boot(case: Case) -> None:
    check(boot_hazards, case)


@pytest.mark.parametrize(
    ("expected", "codes"),
    [
        ({ROOT_UNIT: UNIT, HOME_UNIT: UNIT}, []),
        ({f"/{ROOT_UNIT}": UNIT, HOME_UNIT: UNIT}, []),
        ({ROOT_UNIT: UNIT + b"#", HOME_UNIT: UNIT}, ["warning initrd-outdated"]),
        ({ROOT_UNIT: UNIT, HOME_UNIT: UNIT, "usr/lib/x": b""}, ["error initrd-outdated"]),
        ({ROOT_UNIT: UNIT}, ["info initrd-leftover"]),
    ],
)
def test_as_it_would_be_now(expected: dict[str, bytes], codes: list[str]) -> None:
    found = boot_hazards(DECLARATION, initrd(BOTH), expected)
    assert [f"{item.level} {item.code}" for item in found] == codes
