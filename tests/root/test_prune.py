"""Retired volumes of a real Btrfs and of directories: the right ones go, and nothing else does."""

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path, PurePosixPath

import pytest

from petrichor.act.pruning import Outcome, carry_out, prepare, prune_quietly
from petrichor.act.steps import Moment, run_plan
from petrichor.model.declaration import (
    BtrfsVolume,
    DirectoryVolume,
    Phase,
    Reset,
    Retention,
    Volume,
)
from petrichor.plan.volumes.choose import reset_plan
from petrichor.system.btrfs import list_subvolumes
from petrichor.system.command import Runner, SystemRunner
from tests.root.harness.cut import CutRunner, PowerCut, unmount_leftovers
from tests.root.harness.loop import device

RUNNER = SystemRunner()


@pytest.fixture(autouse=True)
def nothing_stays_mounted() -> Iterator[None]:
    yield
    unmount_leftovers()


def tool(*arguments: str | Path) -> None:
    subprocess.run(["btrfs", *arguments], check=True, capture_output=True)


def btrfs_volume(top: Path) -> BtrfsVolume:
    return BtrfsVolume(
        mountpoint=PurePosixPath("/"),
        phase=Phase.INITRD,
        reset=Reset.RETIRE,
        retention=Retention(keep=2, min_free="0%"),
        device=device(top),
        subvolume=PurePosixPath("root"),
        baseline=PurePosixPath("blank"),
    )


def boots(volume: Volume, live: Path, count: int) -> None:
    """So many boots, an hour apart; each leaves a file that tells its number."""
    for number in range(1, count + 1):
        (live / "boot").write_text(str(number))
        moment = Moment(f"20261123T{number:02}0000Z", uuid.uuid4().hex)
        run_plan(reset_plan(volume, {}), RUNNER, moment)


@pytest.fixture
def volume(btrfs: Path) -> BtrfsVolume:
    tool("subvolume", "create", btrfs / "blank")
    tool("subvolume", "snapshot", btrfs / "blank", btrfs / "root")
    found = btrfs_volume(btrfs)
    boots(found, btrfs / "root", 4)
    return found


def left(holder: Path) -> list[str]:
    return sorted(file.read_text() for file in holder.glob("*/boot"))


def prune(volume: Volume, runner: Runner = RUNNER) -> Outcome:
    return prune_quietly([volume], runner)


def retired_at(holder: Path, boot: str) -> Path:
    return next(file.parent for file in holder.glob("*/boot") if file.read_text() == boot)


def oldest(top: Path) -> Path:
    return retired_at(top / "retired", "1")


def test_the_oldest_go(btrfs: Path, volume: BtrfsVolume) -> None:
    outcome = prune(volume)
    assert left(btrfs / "retired") == ["3", "4"]
    assert len(outcome.removed) == 2 and not outcome.stays and not outcome.troubles
    assert prune(volume) == Outcome()  # once more


def test_a_clock_ten_years_ahead_at_one_boot(btrfs: Path, volume: BtrfsVolume) -> None:
    place = oldest(btrfs)
    place.rename(place.with_name(place.name.replace("2026", "2036")))
    prune(volume)
    assert left(btrfs / "retired") == ["3", "4"]


def test_what_is_inside_goes_too(btrfs: Path, volume: BtrfsVolume) -> None:
    place = oldest(btrfs)
    for name in ("var", "var/with space", "var/with space/-deep\n%"):
        tool("subvolume", "create", place / name)
    (place / "var/with space/file").write_text("x")
    tool("property", "set", "-t", "subvol", place / "var/with space", "ro", "true")
    tool("property", "set", "-t", "subvol", place, "ro", "true")
    assert prune(volume).troubles == []
    assert left(btrfs / "retired") == ["3", "4"]
    paths = [str(item.path) for item in list_subvolumes(btrfs)]
    assert not [path for path in paths if "deep" in path or "space" in path], paths


def test_only_what_resets_made(btrfs: Path, volume: BtrfsVolume) -> None:
    """Other names, other volumes' names, and a directory of the right name."""
    (number,) = {oldest(btrfs).name.rpartition("-")[2]}
    others = ["mine", f"home-20200101T000000Z-{number}", f"root-2-20200101T000000Z-{number}"]
    for name in others:
        tool("subvolume", "create", btrfs / "retired" / name)
    fake = f"root-20200101T000000Z-{number}"
    (btrfs / "retired" / fake).mkdir()
    tool("subvolume", "create", btrfs / "retired" / fake / f"root-20190101T000000Z-{number}")
    prune(volume._replace(retention=Retention(keep=1, min_free="0%")))
    assert left(btrfs / "retired") == ["4"]
    assert {*others, fake} <= {*os.listdir(btrfs / "retired")}
    assert os.listdir(btrfs / "retired" / fake)


@pytest.mark.parametrize("where", ["", "nested"])
def test_what_is_mounted_stays(
    btrfs: Path, volume: BtrfsVolume, tmp_path: Path, where: str
) -> None:
    place, seen = oldest(btrfs), tmp_path / "seen"
    seen.mkdir()
    if where:
        tool("subvolume", "create", place / where)
    inside = (place / where).relative_to(btrfs)
    options = f"subvol=/{inside}"
    subprocess.run(["mount", "-t", "btrfs", "-o", options, device(btrfs), seen], check=True)
    try:
        outcome = prune(volume)
        assert left(btrfs / "retired") == ["1", "3", "4"]
        assert len(outcome.stays) == 1 and f"mounted at {seen}" in outcome.stays[0]
    finally:
        subprocess.run(["umount", seen], check=True)
    prune(volume)
    assert left(btrfs / "retired") == ["3", "4"]


def test_the_default_subvolume_stays(btrfs: Path, volume: BtrfsVolume) -> None:
    tool("subvolume", "set-default", oldest(btrfs))
    outcome = prune(volume)
    assert left(btrfs / "retired") == ["1", "3", "4"]
    assert "default subvolume" in outcome.stays[0]


def test_what_moved_since_it_was_found_stays(btrfs: Path, volume: BtrfsVolume) -> None:
    """Another one has its name now: it is known by its UUID."""
    with ExitStack() as stack:
        (plan,) = prepare(stack, [volume], RUNNER)
        place = oldest(btrfs)
        place.rename(btrfs / "saved")
        tool("subvolume", "create", place)
        (place / "boot").write_text("other")
        outcome = Outcome()
        carry_out(plan, outcome)
    assert "not there any more" in outcome.stays[0]
    assert (btrfs / "saved/boot").read_text() == "1"
    assert left(btrfs / "retired") == ["3", "4", "other"]


def test_while_space_is_short_the_oldest_go_but_not_the_newest(
    btrfs: Path, volume: BtrfsVolume
) -> None:
    short = volume._replace(retention=Retention(min_free="100%"))
    outcome = prune(short)
    assert len(outcome.removed) == 3 and not outcome.troubles
    assert left(btrfs / "retired") == ["4"]


def test_space_that_suffices_removes_nothing(btrfs: Path, volume: BtrfsVolume) -> None:
    assert prune(volume._replace(retention=Retention(min_free="1M"))) == Outcome()
    assert left(btrfs / "retired") == ["1", "2", "3", "4"]


def test_the_power_fails_before_each_change(btrfs: Path, volume: BtrfsVolume) -> None:
    """A second run does the rest, whatever was done."""
    place = oldest(btrfs)
    for name in ("a", "a/b"):
        tool("subvolume", "create", place / name)
    tool("property", "set", "-t", "subvol", place / "a", "ro", "true")
    cuts = 0
    while True:
        try:
            prune(volume, CutRunner(1))
            break
        except PowerCut:
            cuts += 1
            unmount_leftovers()
            assert {"3", "4"} <= {*left(btrfs / "retired")}
            assert (btrfs / "root").is_dir() and (btrfs / "blank").is_dir()
    assert cuts >= 4
    assert left(btrfs / "retired") == ["3", "4"]


@pytest.fixture
def directory(tmp_path: Path) -> DirectoryVolume:
    live = tmp_path / "volumes/home"
    live.mkdir(parents=True)
    volume = DirectoryVolume(
        mountpoint=PurePosixPath("/home"),
        phase=Phase.SYSTEM,
        reset=Reset.RETIRE,
        retention=Retention(keep=2, days=36_500, min_free="0%"),
        directory=PurePosixPath(live),
    )
    boots(volume, live, 4)
    return volume


def test_directories(directory: DirectoryVolume) -> None:
    holder = Path(directory.directory.parent / "retired")
    (holder / "mine").mkdir()
    (holder / "home-20200101T000000Z-0").mkdir()
    link = holder / f"home-20200101T000000Z-{'0' * 32}"
    outside = holder.parent / "outside"
    outside.mkdir()
    link.symlink_to(outside)
    outcome = prune(directory)
    assert left(holder) == ["3", "4"] and not outcome.troubles
    assert (holder / "mine").is_dir() and link.is_symlink() and outside.is_dir()


def test_directories_with_a_mount_inside_stay(directory: DirectoryVolume, tmp_path: Path) -> None:
    holder = Path(directory.directory.parent / "retired")
    place = retired_at(holder, "1")
    (place / "m").mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", place / "m"], check=True)
    (place / "m/file").write_text("another filesystem's")
    try:
        outcome = prune(directory)
        assert len(outcome.stays) == 1 and left(holder) == ["1", "3", "4"]
        assert (place / "m/file").exists()
    finally:
        subprocess.run(["umount", place / "m"], check=True)


def test_directories_whose_order_only_a_wrong_clock_tells_stay(
    directory: DirectoryVolume,
) -> None:
    holder = Path(directory.directory.parent / "retired")
    place = retired_at(holder, "4")
    place.rename(place.with_name(place.name.replace("2026", "2016")))
    assert prune(directory) == Outcome()
    assert left(holder) == ["1", "2", "3", "4"]
    with ExitStack() as stack:
        (plan,) = prepare(stack, [directory], RUNNER)
        assert "clock was set" in plan.lines()[0]


def test_the_command(btrfs: Path, volume: BtrfsVolume, tmp_path: Path) -> None:
    config = tmp_path / "petrichor.toml"
    config.write_text(
        f'[volumes."/srv"]\nbackend = "btrfs"\ndevice = "{volume.device}"\nsubvolume = "root"\n'
        'baseline = "blank"\nphase = "system"\nretired = { keep = 3, minFree = "0%" }\n'
    )

    def run(*words: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "petrichor", "--config", config, "prune", *words],
            text=True, capture_output=True, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip

    name = f"retired/{oldest(btrfs).name}"
    asked = run()
    assert asked.returncode == 9 and left(btrfs / "retired") == ["1", "2", "3", "4"]
    assert f"remove {name}: 3 newer ones are kept" in asked.stderr
    assert f"destroys: {name}" in asked.stderr
    done = run("--yes")
    assert done.returncode == 0 and f"removed {name}" in done.stderr, done
    assert left(btrfs / "retired") == ["2", "3", "4"]
    again = run()
    assert again.returncode == 0 and "nothing to prune" in again.stderr, again
    assert run("--volume", "/nowhere").returncode == 2


def test_a_trouble_with_one_stops_none_of_the_others(
    directory: DirectoryVolume, tmp_path: Path
) -> None:
    """The first volume lies on a filesystem that became read-only."""
    place = tmp_path / "sealed"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", place], check=True)
    try:
        (place / "home").mkdir()
        sealed = directory._replace(directory=PurePosixPath(place / "home"))
        boots(sealed, place / "home", 4)
        subprocess.run(["mount", "-o", "remount,ro", place], check=True)
        outcome = prune_quietly([sealed, directory], RUNNER)
        assert left(Path(directory.directory.parent / "retired")) == ["3", "4"]
        assert left(place / "retired") == ["1", "2", "3", "4"]
        assert len(outcome.troubles) == 2 and "Read-only" in outcome.troubles[0]
        subprocess.run(["mount", "-o", "remount,rw", place], check=True)
        assert prune(sealed).troubles == [] and left(place / "retired") == ["3", "4"]
    finally:
        subprocess.run(["umount", place], check=True)


def test_what_is_immutable_goes_too(directory: DirectoryVolume) -> None:
    holder = Path(directory.directory.parent / "retired")
    subprocess.run(["chattr", "+i", retired_at(holder, "1") / "boot"], check=True)
    assert prune(directory).troubles == [] and left(holder) == ["3", "4"]
