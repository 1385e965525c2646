"""What `init` would create: the same for the same input, and never more than is missing."""

from collections.abc import Mapping
from pathlib import PurePosixPath as P
from typing import Any

import pytest

from petrichor.config.load import load
from petrichor.model.accounts import Accounts
from petrichor.model.declaration import Declaration
from petrichor.model.machine import Baseline, ZfsDataset, ZfsSnapshot
from petrichor.plan.layout import (
    CopySubvolume,
    CreateDataset,
    CreateSubvolume,
    HoldSnapshot,
    LayoutFacts,
    LayoutPlan,
    LayoutStep,
    MakeDirectory,
    OpenRoot,
    Spot,
    TakeSnapshot,
    dataset_names,
    declaration_home,
    layout_plan,
    spots,
)

ZFS = """\
[volumes."/"]
backend = "zfs"
dataset = "tank/os/root"
[volumes."/home"]
backend = "zfs"
dataset = "tank/home"
baseline = "empty"
[filesystems."/persist"]
type = "zfs"
device = "tank/persist"
[filesystems."/boot"]
type = "vfat"
device = "/dev/sda1"
[persistence."/persist"]
directories = ["/etc/petrichor"]
"""
DEVICE = "/dev/disk/by-label/os"
BTRFS = f"""\
[volumes."/"]
backend = "btrfs"
device = "{DEVICE}"
subvolume = "root"
[filesystems."/persist"]
type = "btrfs"
device = "{DEVICE}"
options = ["compress=zstd", "subvol=/keep/persist"]
"""
DIRECTORY = """\
[volumes."/home"]
backend = "directory"
directory = "/data/home"
[filesystems."/data"]
type = "ext4"
device = "/dev/sdb1"
"""
EMPTY = Baseline(entries=(), mode=0o755)
FULL = Baseline(entries=("bin", "etc", "usr", "var"), mode=0o755)


def read(text: str) -> Declaration:
    return load(text.encode(), "x.toml", Accounts())


def plan(text: str, *, from_content: bool = False, **facts: Any) -> LayoutPlan:
    found = LayoutFacts(**facts)
    return layout_plan(read(text), found, baseline_from_content=from_content)


def dataset(name: str, *snapshots: ZfsSnapshot) -> ZfsDataset:
    return ZfsDataset(
        name=name,
        guid=1,
        origin="",
        mounted=False,
        mountpoint="legacy",
        canmount="on",
        encryption_root="",
        snapshots=snapshots,
    )


def blank(name: str = "blank", *, bookmark: bool = False, held: bool = True) -> ZfsSnapshot:
    holds = ("petrichor",) if held else ("backup",)
    return ZfsSnapshot(name=name, guid=2, createtxg=3, bookmark=bookmark, holds=holds)


ALL: tuple[LayoutStep, ...] = (
    CreateDataset("tank/persist"),
    CreateDataset("tank/os", mountable=False),
    CreateDataset("tank/os/root"),
    TakeSnapshot("tank/os/root@blank"),
    HoldSnapshot("tank/os/root@blank"),
    CreateDataset("tank/os/retired", mountable=False),
    CreateDataset("tank/home"),
    TakeSnapshot("tank/home@empty"),
    HoldSnapshot("tank/home@empty"),
    CreateDataset("tank/retired", mountable=False),
)
COMPLETE: Mapping[str, ZfsDataset] = {
    "tank/persist": dataset("tank/persist"),
    "tank/os": dataset("tank/os"),
    "tank/os/root": dataset("tank/os/root", blank()),
    "tank/os/retired": dataset("tank/os/retired"),
    "tank/home": dataset("tank/home", blank("empty")),
    "tank/retired": dataset("tank/retired"),
}


def test_zfs_on_an_empty_pool() -> None:
    assert plan(ZFS) == LayoutPlan(steps=ALL)


def test_zfs_that_is_complete_needs_nothing() -> None:
    assert plan(ZFS, datasets=COMPLETE) == LayoutPlan(steps=())


@pytest.mark.parametrize("done", range(len(ALL)))
def test_zfs_cut_off_after_any_step(done: int) -> None:
    """What each step makes is found again, and the rest is planned."""
    datasets: dict[str, ZfsDataset] = {}
    contents: dict[str, Baseline] = {}
    for step in ALL[:done]:
        if isinstance(step, CreateDataset):
            datasets[step.name] = dataset(step.name)
            contents[step.name] = EMPTY
        elif isinstance(step, TakeSnapshot | HoldSnapshot):
            name, _, snapshot = step.snapshot.partition("@")
            held = isinstance(step, HoldSnapshot)
            datasets[name] = dataset(name, blank(snapshot, held=held))
    assert plan(ZFS, datasets=datasets, dataset_contents=contents).steps == ALL[done:]


def test_zfs_content_without_a_baseline() -> None:
    facts: dict[str, Any] = {
        "datasets": {**COMPLETE, "tank/os/root": dataset("tank/os/root")},
        "dataset_contents": {"tank/os/root": FULL},
    }
    (refusal,) = plan(ZFS, **facts).refusals
    assert refusal.message == "tank/os/root holds bin, etc, usr and 1 more, and has no baseline"
    assert "--baseline-from-content" in refusal.hint
    agreed = plan(ZFS, from_content=True, **facts)
    assert agreed.refusals == ()
    assert agreed.steps == (TakeSnapshot("tank/os/root@blank"), HoldSnapshot("tank/os/root@blank"))


def test_a_bookmark_is_no_baseline() -> None:
    root = dataset("tank/os/root", blank(bookmark=True))
    steps = plan(ZFS, datasets={**COMPLETE, "tank/os/root": root}).steps
    assert TakeSnapshot("tank/os/root@blank") in steps


def test_a_reset_of_zfs_that_was_cut_off_is_finished_first() -> None:
    datasets = dict(COMPLETE)
    datasets["tank/os/retired/root"] = datasets.pop("tank/os/root")
    found = plan(ZFS, datasets=datasets)
    assert found.steps == ()
    assert "cut off" in found.refusals[0].message
    assert "petrichor reset /" in found.refusals[0].hint


def test_all_refusals_are_told_at_once() -> None:
    facts: dict[str, Any] = {
        "datasets": {name: dataset(name) for name in ("tank/os/root", "tank/home")},
        "dataset_contents": {"tank/os/root": FULL, "tank/home": FULL},
    }
    assert len(plan(ZFS, **facts).refusals) == 2


def test_what_zfs_is_asked_for() -> None:
    assert dataset_names(read(ZFS)) == [
        "tank/home",
        "tank/os",
        "tank/os/retired",
        "tank/os/retired/root",
        "tank/os/root",
        "tank/persist",
        "tank/retired",
        "tank/retired/home",
    ]
    assert dataset_names(read(BTRFS)) == []


def at(path: str) -> Spot:
    return Spot(DEVICE, P(path))


NEW = (
    MakeDirectory(at("keep")),
    CreateSubvolume(at("keep/persist")),
    CreateSubvolume(at("root")),
    CopySubvolume(at("root"), at("root-blank"), read_only=True),
    MakeDirectory(at("retired")),
)


def test_btrfs_on_an_empty_filesystem() -> None:
    assert plan(BTRFS) == LayoutPlan(steps=NEW)


def btrfs_facts(**contents: Baseline) -> dict[str, Any]:
    found = {at(name.replace("_", "-").replace("--", "/")): what for name, what in contents.items()}
    plain = {at("keep"), at("retired")}
    return {"contents": found, "subvolumes": frozenset(found) - plain}


def test_btrfs_that_is_complete_needs_nothing() -> None:
    facts = btrfs_facts(keep=EMPTY, keep__persist=FULL, root=FULL, root_blank=EMPTY, retired=EMPTY)
    assert plan(BTRFS, **facts) == LayoutPlan(steps=())


def test_btrfs_content_without_a_baseline() -> None:
    facts = btrfs_facts(keep=EMPTY, keep__persist=EMPTY, root=FULL, retired=EMPTY)
    assert "root on" in plan(BTRFS, **facts).refusals[0].message
    agreed = plan(BTRFS, from_content=True, **facts)
    assert agreed.steps == (CopySubvolume(at("root"), at("root-blank"), read_only=True),)


def test_an_empty_root_is_opened_but_content_is_left_as_it_is() -> None:
    closed = Baseline(entries=(), mode=0o700)
    assert OpenRoot(at("root")) in plan(BTRFS, **btrfs_facts(root=closed)).steps
    closed = Baseline(entries=("etc",), mode=0o700)
    steps = plan(BTRFS, from_content=True, **btrfs_facts(root=closed)).steps
    assert OpenRoot(at("root")) not in steps


def test_a_missing_volume_comes_from_its_baseline() -> None:
    facts = btrfs_facts(keep=EMPTY, keep__persist=EMPTY, root_blank=FULL, retired=EMPTY)
    assert plan(BTRFS, **facts).steps == (
        CopySubvolume(at("root-blank"), at("root"), read_only=False),
    )


def test_a_folder_where_a_subvolume_should_be() -> None:
    found = plan(BTRFS, contents={at("root"): EMPTY, at("keep/persist"): EMPTY})
    assert {item.message for item in found.refusals} == {
        f"root on {DEVICE} is not a subvolume",
        f"keep/persist on {DEVICE} is not a subvolume",
    }


def test_what_is_looked_at() -> None:
    named = ["keep", "keep/persist", "retired", "root", "root-blank"]
    assert spots(read(BTRFS)) == [at(name) for name in named]
    assert spots(read(ZFS)) == []


HOME, RETIRED = Spot("", P("/data/home")), Spot("", P("/data/retired"))


def test_a_directory_volume() -> None:
    assert plan(DIRECTORY).steps == (MakeDirectory(HOME), MakeDirectory(RETIRED))
    half = plan(DIRECTORY, contents={HOME: EMPTY})
    assert half.steps == (MakeDirectory(RETIRED),)
    assert plan(DIRECTORY, contents={HOME: FULL, RETIRED: EMPTY}) == LayoutPlan(steps=())


def test_a_directory_with_content_was_never_a_volume() -> None:
    found = plan(DIRECTORY, contents={HOME: FULL})
    assert found.refusals[0].message == "/data/home holds bin, and was never a volume"
    assert plan(DIRECTORY, from_content=True, contents={HOME: FULL}).refusals


def test_nothing_is_made_where_the_filesystem_is_missing() -> None:
    found = plan(DIRECTORY, unmounted=frozenset({P("/data")}))
    assert found.steps == () and "nothing is mounted at /data" in found.refusals[0].message


def test_a_tmpfs_needs_nothing() -> None:
    assert plan('[volumes."/"]\nbackend = "tmpfs"\n') == LayoutPlan(steps=())


def test_every_step_reads_as_a_line() -> None:
    copies = (CopySubvolume(at("root-blank"), at("root"), read_only=False), OpenRoot(at("root")))
    steps: tuple[LayoutStep, ...] = (*ALL, *NEW, *copies)
    lines = [step.describe() for step in steps]
    assert len(set(lines)) == len(lines) and all("\n" not in line for line in lines)
    hostile = CreateSubvolume(Spot(DEVICE, P("a\nb\udcff")))
    assert hostile.describe() == f"create the subvolume $'a\\x0ab\\xff' on {DEVICE}"


FILE = P("/etc/petrichor/petrichor.toml")


def test_where_a_first_declaration_survives() -> None:
    assert declaration_home(read(DIRECTORY), FILE) == FILE
    assert declaration_home(read(ZFS), FILE) == P("/persist/etc/petrichor/petrichor.toml")
    assert declaration_home(read(BTRFS), FILE) is None
