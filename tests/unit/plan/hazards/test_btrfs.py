"""What Btrfs would leave out or carry away."""

from dataclasses import replace

import pytest

from petrichor.plan.hazards.btrfs import btrfs_hazards
from tests.unit.plan.hazards import facts
from tests.unit.plan.hazards.cases import Case, check
from tests.unit.plan.hazards.facts import DECLARATION, MACHINE, subvolume, subvolumes, words

ROLLBACK = replace(DECLARATION, volumes=(facts.btrfs(reset="rollback"),))
ROOT = replace(DECLARATION, volumes=(facts.btrfs("/"),))
WRITABLE = subvolume(257, "home-blank")

CASES: list[Case] = [
    ("nothing", DECLARATION, MACHINE, []),
    ("no volume", DECLARATION, subvolumes(without="home"), ["error volume-missing"]),
    ("no baseline", DECLARATION, subvolumes(without="home-blank"), ["error baseline-missing"]),
    (
        "no device",
        DECLARATION,
        replace(MACHINE, unreadable={"LABEL=data": "mount failed"}),
        ["error btrfs-unreadable"],
    ),
    ("not read", DECLARATION, replace(MACHINE, subvolumes={}), ["error btrfs-unreadable"]),
    (
        "writable baseline",
        DECLARATION,
        subvolumes(WRITABLE, without="home-blank"),
        ["warning btrfs-baseline-writable"],
    ),
    ("beside", DECLARATION, subvolumes(subvolume(9, "home2"), subvolume(10, "x/home")), []),
    ("nested", DECLARATION, subvolumes(subvolume(9, "home/a/docker")), ["warning btrfs-nested"]),
    ("nested, rollback", ROLLBACK, subvolumes(subvolume(9, "home/a")), ["warning btrfs-nested"]),
    (
        "systemd's own",
        DECLARATION,
        subvolumes(subvolume(9, "home/var/lib/machines"), subvolume(10, "home/tmp")),
        ["info btrfs-nested"],
    ),
    (
        "nested in the baseline",
        DECLARATION,
        subvolumes(subvolume(9, "home-blank/a\nb")),
        ["warning btrfs-baseline-nested"],
    ),
    ("root by path", ROOT, words("root=LABEL=data", "rootflags=noatime,subvol=/home"), []),
    ("root without flags", ROOT, words("root=LABEL=data"), ["error btrfs-root-flags"]),
    (
        "root by id",
        ROOT,
        words("root=LABEL=data", "rootflags=subvolid=256"),
        ["error btrfs-root-flags"],
    ),
    ("no root word", ROOT, words("quiet"), []),
]


@pytest.mark.parametrize("case", CASES, ids=[case[0] for case in CASES])
def test_btrfs(case: Case) -> None:
    for found in check(btrfs_hazards, case):
        assert found.describe().isprintable() or "\n  why: " in found.describe()
        assert "\n" not in found.what
