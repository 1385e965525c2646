"""What the engine for Btrfs predicts is what a real reset then takes and brings back."""

import errno
import os
import subprocess
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from itertools import chain
from pathlib import Path, PurePosixPath
from random import Random
from typing import Any

import pytest

from petrichor.act.losing_btrfs import BtrfsView
from petrichor.act.steps import Moment, moment_now, run_plan
from petrichor.model.declaration import BtrfsVolume, Phase, Reset, Retention
from petrichor.model.loss import Batch, Change
from petrichor.plan.volumes.choose import reset_plan
from petrichor.system import treesearch
from petrichor.system.beneath import DIRECTORY, open_beneath
from petrichor.system.command import SystemRunner
from petrichor.system.detached import open_filesystem
from petrichor.system.forks import spread
from petrichor.system.mounts import mount_at, read_mounts
from petrichor.system.treesearch import SubvolumeTree
from tests.root.harness import history, listing, loop
from tests.root.harness.history import World

RUNNER = SystemRunner()
TOP = b"/where/it is"
HISTORIES = 300
EACH = 25  # histories on one filesystem


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The top level of a Btrfs that all tests here share: each has subvolumes of its own."""
    folder = tmp_path_factory.mktemp("btrfs")
    with loop.btrfs(folder, size=4 << 30, options="noatime,nobarrier") as top:
        yield top


def btrfs_tool(*arguments: str | bytes | Path) -> None:
    subprocess.run(["btrfs", *arguments], check=True, capture_output=True)


class Volume:
    """Subvolumes of one name: `seed`, which the baseline is taken of, and the volume itself."""

    def __init__(self, top: Path, name: str) -> None:
        self.top = top
        self.name = name
        self.seed = top / f"{name}-seed"
        self.blank = top / f"{name}-blank"
        self.live = top / name
        btrfs_tool("subvolume", "create", self.seed)

    def take_baseline(self, *, installed: bool) -> None:
        """The volume is made from the baseline; or the baseline of it, as an installer does."""
        btrfs_tool("subvolume", "snapshot", "-r", self.seed, self.blank)
        if installed:
            self.seed.rename(self.live)
        else:
            btrfs_tool("subvolume", "snapshot", self.blank, self.live)

    def predict(self) -> list[Batch]:
        with ExitStack() as stack:
            return list(self.view(stack).batches())

    def predict_together(self) -> list[Batch]:
        """As the command does it: begun ahead, and by several processes."""
        with ExitStack() as stack:
            view = self.view(stack)
            view.begin(stack)
            works = [partial(_listed, part) for part in view.parts(4)]
            return list(chain.from_iterable(spread(works)))

    def view(self, stack: ExitStack) -> BtrfsView:
        """As the command sees it: from a mount of its own."""
        found = mount_at(read_mounts(), PurePosixPath(self.top))
        assert found is not None
        level = stack.enter_context(open_filesystem("btrfs", found.source, {"subvolid": "5"}))
        opened = []
        for path in (self.live, self.blank):
            opened.append(open_beneath(level, os.fsencode(path.name), DIRECTORY))
            stack.callback(os.close, opened[-1])
        return BtrfsView(opened[0], opened[1], TOP)

    def read(self) -> listing.Listing:
        return listing.read(os.fsencode(self.live))

    def taken(self) -> listing.Difference:
        """Reset it, and tell what that took and brought back."""
        before = self.read()
        self.reset()
        return listing.difference(before, self.read())

    def reset(self) -> None:
        found = mount_at(read_mounts(), PurePosixPath(self.top))
        assert found is not None
        volume = BtrfsVolume(
            mountpoint=PurePosixPath("/"),
            phase=Phase.INITRD,
            reset=Reset.RETIRE,
            retention=Retention(),
            device=found.source,
            subvolume=PurePosixPath(self.name),
            baseline=PurePosixPath(self.blank.name),
        )
        run_plan(reset_plan(volume), RUNNER, Moment(moment_now().stamp, uuid.uuid4().hex))


def _listed(part: Callable[[], Iterator[Batch]]) -> list[Batch]:
    return list(part())


def live_through(top: Path, number: int) -> None:
    """One history: a tree, its baseline, what happens to it, the prediction, the reset."""
    chance = Random(number)
    volume = Volume(top, f"history-{number}")
    held: list[int] = []
    world = World(os.fsencode(volume.seed), chance, held)
    made = history.happen(world, history.MAKING, chance.randint(8, 30))
    if chance.random() < 0.2:
        history.nested_subvolume(world)
    installed = chance.random() < 0.4
    volume.take_baseline(installed=installed)
    world.top = os.fsencode(volume.live)
    actions = history.CHANGING + [history.nested_subvolume] * (chance.random() < 0.2)
    for _ in range(chance.choice([1, 1, 2])):
        happened = history.happen(world, actions, chance.randint(1, 14))
        predict = volume.predict_together if number % 2 else volume.predict
        predicted = listing.told(predict(), TOP)
        expected = volume.taken()
        assert predicted == expected, (number, installed, made, happened)
    for descriptor in held:
        os.close(descriptor)


@pytest.mark.parametrize("first", range(0, HISTORIES, EACH))
def test_what_is_predicted_is_what_the_reset_takes(disk: Path, first: int) -> None:
    for number in range(first, first + EACH):
        live_through(disk, number)


def test_what_a_mount_hides_is_predicted(disk: Path) -> None:
    volume = Volume(disk, "covered")
    (volume.seed / "in the way").mkdir()
    (volume.seed / "in the way/old").touch()
    volume.take_baseline(installed=False)
    covered = volume.live / "in the way"
    (covered / "hidden").write_text("seen by nobody")
    (covered / "old").unlink()
    subprocess.run(["mount", "-t", "tmpfs", "none", covered], check=True)
    (covered / "of another filesystem").touch()
    predicted = listing.told(volume.predict(), TOP)
    subprocess.run(["umount", covered], check=True)
    assert predicted == volume.taken()
    assert sorted(predicted) == [b"in the way/hidden", b"in the way/old"]


def colliding(count: int) -> list[bytes]:
    """Pairs of names of one length that have one CRC-32C, by which Btrfs finds them."""
    table = [crc_of_byte(value) for value in range(256)]
    seen: dict[int, bytes] = {}
    found: list[bytes] = []
    chance = Random(1)
    while len(found) < 2 * count:
        name = b"%08x" % chance.getrandbits(32)
        crc = 0
        for byte in name:
            crc = table[(crc ^ byte) & 255] ^ (crc >> 8)
        other = seen.setdefault(crc, name)
        if other != name:
            found += [other, name]
    return found


def crc_of_byte(value: int) -> int:
    for _ in range(8):
        value = (value >> 1) ^ (0x82F63B78 if value & 1 else 0)
    return value


def test_names_that_share_an_item(disk: Path) -> None:
    volume = Volume(disk, "collisions")
    pairs = colliding(3)
    for name in (pairs[0], pairs[2], pairs[3]):
        (volume.seed / os.fsdecode(name)).touch()
    volume.take_baseline(installed=False)
    live = volume.live
    (live / os.fsdecode(pairs[1])).touch()  # beside the other one
    (live / os.fsdecode(pairs[2])).unlink()  # the other one stays
    (live / os.fsdecode(pairs[4])).touch()
    (live / os.fsdecode(pairs[5])).touch()
    predicted = listing.told(volume.predict(), TOP)
    assert sorted(predicted) == sorted([pairs[1], pairs[2], pairs[4], pairs[5]])
    assert predicted == volume.taken()


def test_more_names_than_an_answer_holds(disk: Path) -> None:
    volume = Volume(disk, "many-names")
    names = [f"{number:04}-{'x' * 200}" for number in range(1500)]
    for folder in ("entries", "links"):
        (volume.seed / folder).mkdir()
    for name in names:
        (volume.seed / "entries" / name).touch()
    (volume.seed / "linked").touch()
    for name in names:
        os.link(volume.seed / "linked", volume.seed / "links" / name)
    volume.take_baseline(installed=False)
    entries, links = volume.live / "entries", volume.live / "links"
    (entries / names[0]).unlink()
    (entries / names[700]).rename(entries / "renamed")
    (entries / names[-1]).write_text("changed")
    (entries / "new").touch()
    (links / names[3]).unlink()
    os.link(volume.live / "linked", links / "another")
    (volume.live / "linked").chmod(0o600)
    for predict in (volume.predict, volume.predict_together):
        predicted = listing.told(predict(), TOP)
        assert len(predicted) == 5 + 1 + 1501, "the file has changed by each of its names"
    assert predicted == volume.taken()


@pytest.mark.parametrize("methods", [["node"], ["node", "inode"]])
def test_what_cannot_be_read_is_told_and_ends_nothing(
    disk: Path, monkeypatch: pytest.MonkeyPatch, methods: list[str]
) -> None:
    volume = Volume(disk, f"damaged-{len(methods)}")
    for name in ("bad", "good"):
        (volume.seed / "in" / name).mkdir(parents=True)
    volume.take_baseline(installed=False)
    for name in ("bad", "good"):
        (volume.live / "in" / name / "new").touch()
    bad = (volume.live / "in/bad").stat().st_ino
    for method in methods:
        monkeypatch.setattr(SubvolumeTree, method, damaged(getattr(SubvolumeTree, method), bad))
    (good, wrong) = sorted(volume.predict(), key=lambda batch: batch.entries[0].change)
    assert (good.directory, good.entries[0].name) == (TOP + b"/in/good", b"new")
    entry = wrong.entries[0]
    assert entry.change is Change.UNREADABLE
    if methods == ["node"]:
        assert (wrong.directory, entry.name) == (TOP + b"/in", b"bad")
        assert entry.mode == 0o40755
        assert entry.error == "Input/output error"
    else:
        assert (wrong.directory, entry.name) == (TOP, b"")
        assert entry.error == f"inode {bad}: Input/output error"


def damaged(method: Callable[..., object], bad: int) -> Callable[..., object]:
    def read(tree: SubvolumeTree, number: int) -> object:
        if number == bad:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return method(tree, number)

    return read


@pytest.mark.parametrize("installed", [True, False])
def test_the_owner_of_what_stands_for_a_nested_subvolume(disk: Path, installed: bool) -> None:
    volume = Volume(disk, f"stubs-{installed}")
    for name in ("of-a-user", "given-away"):
        (volume.seed / name).mkdir()
        btrfs_tool("subvolume", "create", volume.seed / name / "nested")
    os.chown(volume.seed / "of-a-user", 1000, 1000)
    volume.take_baseline(installed=installed)
    os.chown(volume.live / "given-away", 1000, 1000)
    predicted = listing.told(volume.predict(), TOP)
    assert b"given-away" in predicted
    assert predicted == volume.taken()


def test_an_inode_that_vanishes_while_it_is_read(
    disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    volume = Volume(disk, "vanishing")
    file = volume.seed / "file"
    file.touch()
    for number in range(30):
        os.setxattr(file, f"user.{number}", b"x" * 12_000)
    volume.take_baseline(installed=False)
    (volume.live / "file").write_text("changed")
    (volume.live / "new").touch()
    pages = treesearch._pages

    def vanishing(*arguments: Any) -> Any:
        (volume.live / "file").unlink(missing_ok=True)
        return pages(*arguments)

    monkeypatch.setattr(treesearch, "_pages", vanishing)
    found = [entry.name for batch in volume.predict() for entry in batch.entries]
    assert b"new" in found
    assert not (volume.live / "file").exists()
