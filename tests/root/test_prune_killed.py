"""`prune` of retired volumes, killed before each call that changes something."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.root.harness.cut import unmount_leftovers
from tests.root.harness.keeping import own_run, quietly, run_forked
from tests.root.harness.killing import CountPoints, kill_everywhere
from tests.root.harness.loop import device
from tests.root.harness.past import tool

SUBVOLUME = 256
"""The inode of the top of each."""
OLD, NEW = range(3), range(3, 5)
RETENTION = 'retired = { keep = 2, days = 36500, minFree = "0%" }\n'


@pytest.fixture(autouse=True)
def nothing_stays_mounted() -> Iterator[None]:
    own_run()
    yield
    unmount_leftovers()


def retired_names(stem: str) -> list[str]:
    return [f"{stem}-20261123T{number:02}0000Z-{number:032x}" for number in (*OLD, *NEW)]


def add_nested(place: Path) -> None:
    """Subvolumes in one another, read-only ones above and below others."""
    for name in ("sealed", "sealed/inner", "plain", "plain/sealed"):
        tool("subvolume", "create", place / name)
        (place / name / "file").write_text(name)
    for name in ("plain/sealed", "sealed"):
        tool("property", "set", "-t", "subvol", place / name, "ro", "true")


def remove_all(holder: Path) -> None:
    """Whatever is left, by other code than what is tested."""
    for place in sorted(holder.rglob("*"), reverse=True):
        if not place.is_symlink() and place.is_dir() and place.stat().st_ino == SUBVOLUME:
            tool("property", "set", "-f", "-t", "subvol", place, "ro", "false")
    for place in sorted(holder.rglob("*"), reverse=True):
        if not place.is_symlink() and place.is_dir() and place.stat().st_ino == SUBVOLUME:
            tool("subvolume", "delete", place)
    shutil.rmtree(holder)


def prune_everywhere(config: Path, holder: Path, fresh: Callable[[], None]) -> int:
    argv = ["--config", str(config), "--yes", "prune"]

    def whole(point: str) -> None:
        for name in sorted(os.listdir(holder))[-len(NEW) :]:
            assert (holder / name / "deep/er/file").read_text() == name, point

    def check(point: str) -> None:
        whole(point)
        code, said = run_forked(argv)
        assert code == 0, (point, said)
        assert len(os.listdir(holder)) == len(NEW), (point, said)
        whole(point)

    fresh()
    run_forked(argv)  # what the first run of all makes below /run is there
    return kill_everywhere(quietly(argv), fresh=fresh, check=check)


def fill(place: Path) -> None:
    (place / "deep/er").mkdir(parents=True)
    for name in ("deep/er/file", "deep/a", "b"):
        (place / name).write_text(place.name)
    (place / "link").symlink_to("/etc")


def test_btrfs(btrfs: Path, tmp_path: Path, count_points: CountPoints) -> None:
    for name in ("blank", "root"):
        tool("subvolume", "create", btrfs / name)
    config = tmp_path / "petrichor.toml"
    config.write_text(
        f'[volumes."/srv"]\nbackend = "btrfs"\ndevice = "{device(btrfs)}"\nsubvolume = "root"\n'
        f'baseline = "blank"\nphase = "system"\n{RETENTION}'
    )
    holder = btrfs / "retired"

    def fresh() -> None:
        if holder.exists():
            remove_all(holder)
        holder.mkdir()
        for number, name in enumerate(retired_names("root")):
            tool("subvolume", "create", holder / name)
            fill(holder / name)
            if number in OLD[1:]:
                add_nested(holder / name)
        tool("property", "set", "-t", "subvol", holder / retired_names("root")[0], "ro", "true")

    points = prune_everywhere(config, holder, fresh)
    assert (btrfs / "root").is_dir() and (btrfs / "blank").is_dir()
    count_points("prune on Btrfs", points, least=15)


def test_directories(btrfs: Path, tmp_path: Path, count_points: CountPoints) -> None:
    """On Btrfs, where programs make subvolumes in them."""
    (btrfs / "volumes/home").mkdir(parents=True)
    holder = btrfs / "volumes/retired"
    config = tmp_path / "petrichor.toml"
    config.write_text(
        f'[volumes."/srv"]\nbackend = "directory"\ndirectory = "{btrfs}/volumes/home"\n{RETENTION}'
    )

    def fresh() -> None:
        if holder.exists():
            remove_all(holder)
        holder.mkdir()
        for number, name in enumerate(retired_names("home")):
            (holder / name).mkdir()
            fill(holder / name)
            if number in OLD[1:]:
                add_nested(holder / name)

    points = prune_everywhere(config, holder, fresh)
    count_points("prune of directories", points, least=30)
