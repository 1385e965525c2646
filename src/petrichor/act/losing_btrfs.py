"""The loss of a Btrfs volume whose baseline has content, from the machine."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Final

from petrichor.loss.btrfs import Difference, Half, equal_since, whole, written
from petrichor.loss.snapshotside import SnapshotSide
from petrichor.model.errors import MachineError
from petrichor.model.loss import Batch, Change, Entry
from petrichor.model.text import show
from petrichor.system.directory import DirectorySide
from petrichor.system.forks import Turns, begun
from petrichor.system.tree import walk
from petrichor.system.treesearch import SubvolumeTree

if TYPE_CHECKING:
    from petrichor.loss.side import Side

_PIECES: Final = 32
"""How many pieces a tree is searched in."""
_SHARES: Final = 32
"""How many shares the inodes that were written are compared in."""


class BtrfsView:
    """A subvolume beside its baseline, both below the top level of their filesystem."""

    def __init__(self, live: int, baseline: int, top: bytes) -> None:
        """See two open subvolumes; the running system calls the top of the first one ``top``."""
        self._top = top
        self._descriptors = live, baseline
        self._begun: tuple[int, Callable[[], set[int]]] | None = None
        self.live: Side = DirectorySide(live)
        self.baseline: Side | None = SnapshotSide(DirectorySide(baseline))

    def begin(self, stack: ExitStack) -> None:
        """Search for what was written in two processes, of which one begins now."""
        since = self._equal_since()
        if since is not None:
            search = partial(self._written, since, Turns(_PIECES))
            hear = stack.enter_context(begun(search))
            self._begun = since, lambda: search() | hear()

    def batches(self) -> Iterator[Batch]:
        """Ask the filesystem what changed."""
        return self.parts(1)[0]()

    def parts(self, number: int) -> list["partial[Iterator[Batch]]"]:
        """Search for what was written, and let each process draw its next inodes of that."""
        since, numbers = self._found()
        each = len(numbers) // _SHARES + 1
        shares = [numbers[first : first + each] for first in range(0, len(numbers), each)]
        draw = Turns(len(shares))
        walks = [partial(self._differences, since, shares, draw) for _ in range(number)]
        walks[0] = partial(self._differences, since, shares, draw, is_first=True)
        return walks

    def _halves(self) -> tuple[Half, Half]:
        live, baseline = (Half(SubvolumeTree(d), DirectorySide(d)) for d in self._descriptors)
        return live, baseline

    def _differences(
        self,
        since: int | None,
        shares: Sequence[Sequence[int]],
        draw: Iterable[int],
        *,
        is_first: bool = False,
    ) -> Iterator[Batch]:
        live, baseline = self._halves()
        with self._explained():
            if since is None:
                yield from whole(live, baseline, self._top) if is_first else ()
                return
            difference = Difference(live, baseline, self._top, self._grown, since)
            for number in draw:
                yield from difference.batches(shares[number])
            if is_first:
                yield from difference.nested()

    def _equal_since(self) -> int | None:
        with self._explained():
            return equal_since(*(SubvolumeTree(d) for d in self._descriptors))

    def _written(self, since: int, draw: Iterable[int]) -> set[int]:
        with self._explained():
            return written(SubvolumeTree(self._descriptors[0]), since, draw, _PIECES)

    def _found(self) -> tuple[int | None, list[int]]:
        """Return when both were equal, and the inodes that were written since, in order."""
        if self._begun:
            since, search = self._begun
            self._begun = None
            return since, sorted(search())
        now = self._equal_since()
        return now, [] if now is None else sorted(self._written(now, range(_PIECES)))

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
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

    def _grown(self, where: bytes) -> Iterator[Batch]:
        return walk(self._descriptors[0], self._top, where=where)
