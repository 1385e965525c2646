"""A volume as the loss sees it: beside its baseline, and with nothing mounted on it."""

import os
import stat
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import chain, islice
from typing import Final, NamedTuple, Protocol

from petrichor.loss.compare import compare_top
from petrichor.loss.side import Side
from petrichor.model.loss import Batch, Change, Entry
from petrichor.system.directory import DirectorySide
from petrichor.system.forks import Pool
from petrichor.system.tree import walk, walks

Walk = Callable[[], Iterator[Batch]]
_BEGUN: Final = 32
"""How many directories are read before others join in: it shows whether a disk answers."""


class Tree(NamedTuple):
    """A tree of files, held open, and what the running system calls its top."""

    top: bytes
    descriptor: int | None
    """None where it cannot be looked into."""
    error: str = ""


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
        """Share ``batches`` out to so many processes at most, as evenly as can be foreseen.

        All parts have to be walked, each by one process and once.  Where there are several
        processes, each walks one at least of every view, and all come to the views in one order:
        some wait for each other.  A little may be read here already.
        """
        ...


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
        """Let processes hand subtrees on to each other: how large one is, nobody knows before."""
        pool = Pool()
        others = [partial(self._go_on, pool) for _ in range(1, number)]
        walking = walks(self._descriptor, self._top, [b""], pool=pool)
        begun = list(islice(walking, _BEGUN))
        return [lambda: chain(begun, walking), *others]

    def _go_on(self, pool: Pool) -> Iterator[Batch]:
        return walks(self._descriptor, self._top, pool.take(), pool=pool)


class EmptyView(WalkView):
    """A volume whose baseline is empty: all that is on it is the loss, and how its top changed."""

    def __init__(self, live: int, baseline: int, top: bytes) -> None:
        """See two trees by their descriptors."""
        super().__init__(live, top)
        self._changed = list(compare_top(DirectorySide(baseline), self.live, top))

    def batches(self) -> Iterator[Batch]:
        """Walk everything."""
        return chain(self._changed, super().batches())

    def parts(self, number: int) -> list[Walk]:
        """Share the walk out."""
        first, *others = super().parts(number)
        return [lambda: chain(self._changed, first()), *others]


def added_entry(live: Side, path: bytes) -> Entry:
    """Return one path of a volume as added; unreadable when it is not there (any more)."""
    name = path.rpartition(b"/")[2]
    try:
        facts = live.facts(path)
    except OSError as error:
        return Entry(name, Change.UNREADABLE, 0, 0, 0, 0, error=error.strerror or str(error))
    mtime = int(facts.st_mtime)
    return Entry(name, Change.ADDED, facts.st_mode, facts.st_size, facts.st_uid, mtime)


def has(side: Side, path: bytes) -> bool:
    """Tell whether there is anything at a path; what cannot be told is left to whoever reads it."""
    try:
        side.facts(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True
