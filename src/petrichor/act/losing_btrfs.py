"""The loss of a Btrfs volume whose baseline has content, from the machine."""

import os
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from petrichor.loss.btrfs import Half, changes
from petrichor.loss.snapshotside import SnapshotSide
from petrichor.model.errors import MachineError
from petrichor.model.loss import Batch, Change, Entry
from petrichor.model.text import show
from petrichor.system.directory import DirectorySide
from petrichor.system.tree import walk
from petrichor.system.treesearch import SubvolumeTree

if TYPE_CHECKING:
    from petrichor.loss.side import Side


class BtrfsView:
    """A subvolume beside its baseline, both below the top level of their filesystem."""

    def __init__(self, live: int, baseline: int, top: bytes) -> None:
        """See two open subvolumes; the running system calls the top of the first one ``top``."""
        self._top = top
        self._descriptors = live, baseline
        self.live: Side = DirectorySide(live)
        self.baseline: Side | None = SnapshotSide(DirectorySide(baseline))

    def batches(self, part: int = 0, parts: int = 1) -> Iterator[Batch]:
        """Ask the filesystem what changed; of so many parts give one."""
        live, baseline = (Half(SubvolumeTree(d), DirectorySide(d)) for d in self._descriptors)
        grown = partial(_grown, self._descriptors[0], self._top)
        try:
            yield from changes(live, baseline, self._top, grown, part, parts)
        except OSError as error:
            what = f"{show(os.fsdecode(self._top))}: what changed cannot be read: {error.strerror}"
            raise MachineError(what, hint="this needs root, and Linux 4.18 or later") from error

    def below(self, path: bytes) -> Iterator[Batch]:
        """Give what the answer says of one path and of what lies below it."""
        wanted = os.path.join(self._top, path) if path else self._top
        inside = wanted.rstrip(b"/") + b"/"
        above, _, name = wanted.rpartition(b"/")
        if error := self._missing(path):
            yield Batch(above or b"/", [error])
            return
        for batch in self.batches():
            directory, entries = batch
            if directory == wanted or directory.startswith(inside):
                yield batch
            elif directory == (above or b"/") and path:
                found = [entry for entry in entries if entry.name == name]
                if found:
                    yield Batch(directory, found)

    def _missing(self, path: bytes) -> Entry | None:
        """Return why a path cannot be looked at that neither side has."""
        reason = ""
        for side in (self.live, self.baseline):
            try:
                if side is not None:
                    side.facts(path)
                    return None
            except OSError as error:
                reason = reason or error.strerror or str(error)
        return Entry(path.rpartition(b"/")[2], Change.UNREADABLE, 0, 0, 0, 0, error=reason)

    def parts(self, number: int) -> list["partial[Iterator[Batch]]"]:
        """Share out by inode numbers."""
        return [partial(self.batches, part, number) for part in range(number)]


def _grown(descriptor: int, top: bytes, where: bytes) -> Iterator[Batch]:
    return walk(descriptor, top, where=where)
