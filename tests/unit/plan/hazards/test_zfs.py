"""What ZFS would refuse, destroy or carry away."""

from dataclasses import replace

import pytest

from petrichor.model.machine import Kernel, ZfsPool
from petrichor.plan.hazards.zfs import root_dataset, zfs_hazards
from tests.unit.plan.hazards import facts
from tests.unit.plan.hazards.cases import Case, check
from tests.unit.plan.hazards.facts import DECLARATION, MACHINE, dataset, snapshot, snapshots, words

ROLLBACK = replace(DECLARATION, volumes=(facts.zfs(reset="rollback"), facts.btrfs()))
HOME = replace(DECLARATION, volumes=(facts.zfs("/home"),))
NEWER = snapshot("late", 20)
HELD = snapshot("held", 20, holds=("keep",))
CLONED = snapshot("cloned", 20, clones=("rpool/x",))
AUTO = words("root=zfs:AUTO")
MARK = snapshot("mark", 20, bookmark=True)

CASES: list[Case] = [
    ("nothing", DECLARATION, MACHINE, []),
    ("rollback, nothing", ROLLBACK, MACHINE, []),
    ("missing", DECLARATION, replace(MACHINE, datasets={}), ["error volume-missing"]),
    (
        "module missing",
        DECLARATION,
        replace(MACHINE, unreadable={"rpool/root": "no module"}),
        ["error zfs-unreadable"],
    ),
    ("no baseline", DECLARATION, dataset(snapshots=(NEWER,)), ["error baseline-missing"]),
    (
        "a bookmark is no baseline",
        DECLARATION,
        dataset(snapshots=(snapshot("blank", 5, bookmark=True),)),
        ["error baseline-missing"],
    ),
    ("older ones", ROLLBACK, snapshots(snapshot("a", 9, holds=("x",), clones=("y",))), []),
    ("held baseline", ROLLBACK, dataset(snapshots=(snapshot("blank", 9, holds=("x",)),)), []),
    ("newer", ROLLBACK, snapshots(NEWER), ["warning zfs-newer-snapshot"]),
    ("newer, retire", DECLARATION, snapshots(NEWER), ["info zfs-newer-snapshot"]),
    ("held", ROLLBACK, snapshots(HELD), ["error zfs-held-snapshot"]),
    ("held, retire", DECLARATION, snapshots(HELD), ["warning zfs-newer-snapshot"]),
    ("cloned", ROLLBACK, snapshots(CLONED), ["error zfs-cloned-snapshot"]),
    ("cloned, retire", DECLARATION, snapshots(CLONED), ["warning zfs-newer-snapshot"]),
    ("bookmark", ROLLBACK, snapshots(MARK), ["warning zfs-newer-bookmark"]),
    (
        "all at once",
        ROLLBACK,
        snapshots(NEWER, HELD, CLONED, MARK),
        [
            *("error zfs-held-snapshot", "error zfs-cloned-snapshot"),
            *("warning zfs-newer-snapshot", "warning zfs-newer-bookmark"),
        ],
    ),
    ("children", DECLARATION, dataset(children=("rpool/root/a",)), ["error zfs-children"]),
    ("children stay", ROLLBACK, dataset(children=("rpool/root/a",)), ["info zfs-children"]),
    ("clone", DECLARATION, dataset(origin="rpool/old@x"), ["warning zfs-clone"]),
    (
        "cut off",
        DECLARATION,
        dataset(origin="rpool/retired/root@blank"),
        ["warning zfs-unfinished-reset"],
    ),
    ("canmount", DECLARATION, dataset(canmount="off"), ["error zfs-canmount"]),
    ("root, own mountpoint", DECLARATION, dataset(mountpoint="/", canmount="noauto"), []),
    ("root, mounted by all", DECLARATION, dataset(mountpoint="/"), ["warning zfs-mountpoint"]),
    ("home, mounted by all", HOME, dataset(mountpoint="/home"), ["error zfs-mountpoint"]),
    ("encrypted above", DECLARATION, dataset(encryption_root="rpool"), []),
    (
        "its own key",
        DECLARATION,
        dataset(encryption_root="rpool/root"),
        ["error zfs-encryption-root"],
    ),
    ("its own key, rollback", ROLLBACK, dataset(encryption_root="rpool/root"), []),
    ("root by name", DECLARATION, words("root=ZFS=rpool/root"), []),
    ("no root word", DECLARATION, words("quiet"), []),
    ("another root", DECLARATION, words("root=zfs:rpool/other"), ["error zfs-root-word"]),
    ("bootfs", ROLLBACK, AUTO, []),
    ("bootfs follows a rename", DECLARATION, AUTO, ["error zfs-bootfs"]),
    (
        "another bootfs",
        ROLLBACK,
        replace(AUTO, pools={"rpool": ZfsPool(name="rpool", bootfs="rpool/retired/root-1")}),
        ["error zfs-bootfs"],
    ),
    (
        "no bootfs",
        ROLLBACK,
        replace(AUTO, pools={"rpool": ZfsPool(name="rpool", bootfs="")}),
        ["error zfs-bootfs"],
    ),
    (
        "dracut's own rollback",
        DECLARATION,
        words("root=zfs:rpool/root", "bootfs.rollback=a"),
        ["error zfs-bootfs-rollback"],
    ),
]


@pytest.mark.parametrize("case", CASES, ids=[case[0] for case in CASES])
def test_zfs(case: Case) -> None:
    check(zfs_hazards, case)


def test_a_held_snapshot_is_named_and_can_be_released() -> None:
    held = snapshot("a b", 20, holds=("my tag",))
    (found,) = zfs_hazards(ROLLBACK, snapshots(held))
    assert "rpool/root@a b" in found.what
    assert "zfs release 'my tag' 'rpool/root@a b'" in found.todo


def test_many_are_counted() -> None:
    (found,) = zfs_hazards(ROLLBACK, snapshots(*(snapshot(f"s{i}", 20 + i) for i in range(50))))
    assert found.what.endswith("rpool/root@s4 and 45 more")


@pytest.mark.parametrize(
    ("line", "named"),
    [
        (("root=zfs:AUTO",), "AUTO"),
        (("root=zfs:",), "AUTO"),
        (("root=zfs:a/b+c",), "a/b c"),
        (("root=ZFS=a/b",), "a/b"),
        (("root=a/b", "rootfstype=zfs"), "a/b"),
        (("root=/dev/sda1",), None),
        ((), None),
    ],
)
def test_root_words(line: tuple[str, ...], named: str | None) -> None:
    assert root_dataset(Kernel(release="6", boot_id="0", words=line)) == named
