"""Resets of a real Btrfs: also when the power fails between any two steps."""

import os
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest

from petrichor.act.reset import carry_out, prepare
from petrichor.act.steps import Moment, moment_now, run_plan
from petrichor.model.declaration import BtrfsVolume, Declaration, Phase, Reset, Retention
from petrichor.model.errors import CommandError, RefusedError
from petrichor.model.names import parse_retired
from petrichor.plan.volumes.choose import reset_plan
from petrichor.system.command import Runner, SystemRunner
from petrichor.system.mounts import mount_at, read_mounts
from tests.root.harness.cut import CutRunner, PowerCut, unmount_leftovers

RUNNER = SystemRunner()
COMMANDS = 6  # of a retire that change something


@pytest.fixture(autouse=True)
def nothing_stays_mounted() -> Iterator[None]:
    yield
    unmount_leftovers()


def volume(top: Path, name: str = "root", reset: Reset = Reset.RETIRE) -> BtrfsVolume:
    found = mount_at(read_mounts(), PurePosixPath(top))
    assert found is not None
    return BtrfsVolume(
        mountpoint=PurePosixPath("/"),
        phase=Phase.INITRD,
        reset=reset,
        retention=Retention(),
        device=found.source,
        subvolume=PurePosixPath(name),
        baseline=PurePosixPath(f"{name}-blank"),
    )


def btrfs_tool(*arguments: str | bytes | Path) -> None:
    subprocess.run(["btrfs", *arguments], check=True, capture_output=True)


def fill(top: Path, name: str = "root") -> Path:
    """A volume with an empty baseline and one file of content."""
    live, blank = top / name, top / f"{name}-blank"
    live.parent.mkdir(parents=True, exist_ok=True)
    btrfs_tool("subvolume", "create", os.fsencode(live))
    btrfs_tool("subvolume", "snapshot", "-r", os.fsencode(live), os.fsencode(blank))
    (live / "naughty").write_text("boot 1")
    return live


def next_boot() -> Moment:
    """Every boot has an id of its own."""
    return Moment(moment_now().stamp, uuid.uuid4().hex)


def reset(item: BtrfsVolume, runner: Runner = RUNNER) -> None:
    run_plan(reset_plan(item), runner, next_boot())


def retired_volumes(top: Path) -> list[Path]:
    return list((top / "retired").iterdir())


def old_contents(top: Path) -> list[str]:
    return sorted(file.read_text() for file in top.glob("retired/*/naughty"))


def retired(top: Path) -> list[Path]:
    return list((top / "retired").iterdir())


def test_retire_sets_the_content_aside(btrfs: Path) -> None:
    live = fill(btrfs)
    declaration = Declaration(volumes=(volume(btrfs),))
    told: list[str] = []
    carry_out(
        prepare(declaration, PurePosixPath("/"), RUNNER), RUNNER, lambda s: told.append(s.tool)
    )
    assert list(live.iterdir()) == []
    (old,) = retired(btrfs)
    parts = parse_retired(old.name)
    assert parts is not None and parts.volume == "root"
    assert old_contents(btrfs) == ["boot 1"]
    assert told == ["mount", "mkdir", "btrfs", "mv", "test", "mv", "umount"]
    assert not any(str(m.mountpoint).startswith("/run/petrichor/volume") for m in read_mounts())


def test_rollback_drops_the_content(btrfs: Path) -> None:
    live = fill(btrfs)
    declaration = Declaration(volumes=(volume(btrfs, reset=Reset.ROLLBACK),))
    found = prepare(declaration, PurePosixPath("/"), RUNNER)
    assert found.destroys() == ["the old content of the subvolume root"]
    carry_out(found, RUNNER)
    assert list(live.iterdir()) == retired(btrfs) == []


@pytest.mark.parametrize("mode", [Reset.RETIRE, Reset.ROLLBACK])
@pytest.mark.parametrize("done", range(COMMANDS + 2))
def test_cut_off_after_any_step_and_run_again(btrfs: Path, done: int, mode: Reset) -> None:
    live, item = fill(btrfs), volume(btrfs, reset=mode)
    try:
        reset(item, CutRunner(done))
    except PowerCut:
        assert done < COMMANDS + (mode is Reset.ROLLBACK)
    unmount_leftovers()
    reset(item)
    assert list(live.iterdir()) == []
    assert live.stat().st_ino == 256
    if mode is Reset.RETIRE:
        assert old_contents(btrfs) == ["boot 1"]


def test_cut_off_again_and_again(btrfs: Path) -> None:
    """A battery that holds for one more step at every boot."""
    live, item = fill(btrfs), volume(btrfs)
    for done in range(1, COMMANDS):
        with pytest.raises(PowerCut):
            reset(item, CutRunner(done))
        unmount_leftovers()
    reset(item)
    assert list(live.iterdir()) == []
    assert old_contents(btrfs) == ["boot 1"]


def test_many_boots_leave_as_many_retired_volumes(btrfs: Path) -> None:
    live, item = fill(btrfs), volume(btrfs)
    for boot in range(2, 6):
        reset(item)
        (live / "naughty").write_text(f"boot {boot}")
    assert old_contents(btrfs) == [f"boot {number}" for number in range(1, 5)]


@pytest.mark.parametrize("mode", [Reset.RETIRE, Reset.ROLLBACK])
def test_nested_subvolumes_do_not_stop_a_boot(btrfs: Path, mode: Reset) -> None:
    live = fill(btrfs)
    (live / "var/lib").mkdir(parents=True)
    btrfs_tool("subvolume", "create", live / "var/lib/machines")
    btrfs_tool("subvolume", "create", live / "var/lib/machines/one")
    (live / "var/lib/machines/one/disk").write_text("precious")
    btrfs_tool("property", "set", live / "var/lib/machines/one", "ro", "true")
    reset(volume(btrfs, reset=mode))
    assert list(live.iterdir()) == []
    (kept,) = btrfs.glob("retired/*/var/lib/machines/one/disk")
    assert kept.read_text() == "precious"


HOSTILE = [
    "a b", "a\nb", "a\tb", "100%", "%i", "$HOME", "back\\slash", "*", "-rf", "--help", "quote'\"",
    "\udcff\udcfe", "ümlaut", "deep/er/-x", ".hidden", "l" * 200,
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_of_subvolumes(btrfs: Path, name: str) -> None:
    live = fill(btrfs, name)
    reset(volume(btrfs, name))
    assert list(live.iterdir()) == []
    assert old_contents(btrfs) == ["boot 1"]
    assert all(parse_retired(old.name) for old in retired(btrfs))


def test_a_missing_baseline_stops_the_plan_before_anything_moves(btrfs: Path) -> None:
    live = fill(btrfs)
    btrfs_tool("subvolume", "delete", btrfs / "root-blank")
    with pytest.raises(CommandError, match="root-blank"):
        reset(volume(btrfs))
    assert (live / "naughty").read_text() == "boot 1" and retired(btrfs) == []
    assert mount_at(read_mounts(), PurePosixPath("/run/petrichor/volume/-")) is None


@pytest.mark.parametrize("inner", ["", "sub/folder"])
def test_a_mounted_volume_is_refused(btrfs: Path, tmp_path: Path, inner: str) -> None:
    live = fill(btrfs)
    (live / "sub/folder").mkdir(parents=True)
    place = tmp_path / "seen"
    place.mkdir()
    subprocess.run(["mount", "--bind", live / inner, place], check=True)
    with pytest.raises(RefusedError, match="mounted at"):
        prepare(Declaration(volumes=(volume(btrfs),)), PurePosixPath("/"), RUNNER)
    subprocess.run(["umount", place], check=True)
    prepare(Declaration(volumes=(volume(btrfs),)), PurePosixPath("/"), RUNNER)
    assert (live / "naughty").exists()
