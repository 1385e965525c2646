"""A volume as the loss sees it: the volume itself beside its baseline, and nothing mounted on it.

There is one view for each way to find the loss, and one place that picks.
"""

import os
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Final, Protocol

from petrichor.loss.side import Side
from petrichor.model.declaration import (
    BtrfsVolume,
    DirectoryVolume,
    TmpfsVolume,
    Volume,
    ZfsVolume,
)
from petrichor.model.errors import MachineError
from petrichor.model.loss import Batch, Change, Entry
from petrichor.model.mount import Mount
from petrichor.model.text import show
from petrichor.system.beneath import DIRECTORY, open_beneath, open_volume
from petrichor.system.command import Runner
from petrichor.system.detached import open_filesystem
from petrichor.system.directory import DirectorySide
from petrichor.system.forks import Turns
from petrichor.system.tree import split, walk

Walk = Callable[[], Iterator[Batch]]
_DRAWS: Final = 1 << 12
"""How many shares a walk is divided into at most."""


class View(Protocol):
    """One volume, held open."""

    live: Side
    baseline: Side | None
    """None where the baseline is empty."""

    def batches(self) -> Iterator[Batch]:
        """Give everything in which the volume differs from its baseline."""
        ...

    def below(self, path: bytes) -> Iterator[Batch]:
        """Give the same of one relative path and what lies below it."""
        ...

    def parts(self, number: int) -> Sequence[Walk]:
        """Share ``batches`` out to so many processes, as evenly as can be foreseen."""
        ...


def open_view(stack: ExitStack, volume: Volume, mount: Mount, runner: Runner) -> View:
    """Open a volume for as long as ``stack`` is; ``mount`` is where it is mounted now.

    Raises:
        MachineError: it cannot be looked into.
        PrivilegeError: this needs root.
    """
    top = os.fsencode(volume.mountpoint)
    match volume:
        case BtrfsVolume():
            return _open_btrfs(stack, volume, mount, top)
        case ZfsVolume():
            from petrichor.act.losing_zfs import open_zfs

            return open_zfs(stack, volume, top, runner)
        case TmpfsVolume() | DirectoryVolume():
            return WalkView(stack.enter_context(open_volume(volume.mountpoint)), top)


def _open_btrfs(stack: ExitStack, volume: BtrfsVolume, mount: Mount, top: bytes) -> View:
    """Look from the filesystem's top level, where no mount is in the way of either tree."""
    device = mount.source if mount.source.startswith("/") else volume.device
    level = stack.enter_context(open_filesystem("btrfs", device, {"subvolid": "5"}))
    live = _directory(stack, level, os.fsencode(volume.subvolume), "the subvolume")
    baseline = _directory(stack, level, os.fsencode(volume.baseline), "the baseline")
    if not os.listdir(baseline):
        return WalkView(live, top)
    from petrichor.act.losing_btrfs import BtrfsView

    return BtrfsView(live, baseline, top)


def _directory(stack: ExitStack, level: int, path: bytes, what: str) -> int:
    try:
        descriptor = open_beneath(level, path, DIRECTORY)
    except OSError as error:
        message = f"{what} {show(os.fsdecode(path))} cannot be opened: {error.strerror}"
        raise MachineError(message, hint="petrichor check says what is missing") from error
    stack.callback(os.close, descriptor)
    return descriptor


class WalkView:
    """A volume whose baseline is empty: all that is on it is the loss."""

    baseline: Side | None = None

    def __init__(self, descriptor: int, top: bytes) -> None:
        """See the tree below a descriptor, whose top the running system calls ``top``."""
        self._descriptor = descriptor
        self._top = top
        self.live: Side = DirectorySide(descriptor)

    def batches(self) -> Iterator[Batch]:
        """Walk everything."""
        return walk(self._descriptor, self._top)

    def below(self, path: bytes) -> Iterator[Batch]:
        """Look at one path, and walk what lies below it."""
        if not path:
            yield from self.batches()
            return
        entry = added_entry(self.live, path)
        above, _, _ = path.rpartition(b"/")
        yield Batch(os.path.join(self._top, above) if above else self._top, [entry])
        if entry.change is Change.ADDED and stat.S_ISDIR(entry.mode):
            yield from walk(self._descriptor, self._top, where=path)

    def parts(self, number: int) -> list[Walk]:
        """Let each process draw its next subtrees when it has done its last: sizes differ."""
        seen, subtrees = split(self._descriptor, self._top, number)
        each = len(subtrees) // _DRAWS + 1
        shares = [subtrees[first : first + each] for first in range(0, len(subtrees), each)]
        draw = Turns(len(shares))
        walks = [partial(self._walks, shares, draw, []) for _ in range(1, number)]
        return [partial(self._walks, shares, draw, seen), *walks]

    def _walks(
        self, shares: list[list[bytes]], draw: Iterable[int], seen: list[Batch]
    ) -> Iterator[Batch]:
        yield from seen
        for number in draw:
            for where in shares[number]:
                yield from walk(self._descriptor, self._top, where=where)


def added_entry(live: Side, path: bytes) -> Entry:
    """Return one path of a volume as added; unreadable when it is not there (any more)."""
    name = path.rpartition(b"/")[2]
    try:
        facts = live.facts(path)
    except OSError as error:
        return Entry(name, Change.UNREADABLE, 0, 0, 0, 0, error=error.strerror or str(error))
    mtime = int(facts.st_mtime)
    return Entry(name, Change.ADDED, facts.st_mode, facts.st_size, facts.st_uid, mtime)


def path_of(descriptor: int) -> Path:
    """Return a path by which other programs and modules reach an open directory."""
    return Path(f"/proc/self/fd/{descriptor}")
