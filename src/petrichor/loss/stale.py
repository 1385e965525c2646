"""What lies in a store and is declared no more."""

from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

from petrichor.loss.coverage import Cover, Coverage
from petrichor.loss.summary import Summary, Tally
from petrichor.model.loss import Batch, Entry, Fate, Judgement, Share
from petrichor.model.record import Record


class Leftover(NamedTuple):
    """A path of a store that nobody declares, with all below it."""

    path: bytes
    """Absolute, as the running system calls it."""
    entry: Entry
    tally: Tally


class StoreContent(NamedTuple):
    """A store, what lies in it undeclared, and what it remembers of earlier declarations."""

    store: PurePosixPath
    leftovers: Sequence[Leftover]
    record: Record = Record()


def find_leftovers(batches: Iterable[Batch], store: bytes, coverage: Coverage) -> list[Leftover]:
    """Return the topmost paths that are not covered, sorted; memory holds no more than these.

    ``batches`` are of the whole store: directories before what lies in them.  Nothing below a
    kept path needs to be among them.
    """
    found = _Leftovers(store, coverage)
    for batch in batches:
        found.add(batch)
    return found.sorted()


class _Leftovers:
    def __init__(self, store: bytes, coverage: Coverage) -> None:
        self._store = store
        self._cover = coverage.cover
        self._summary = Summary(by_owner=False, fates=())
        self._entries: dict[bytes, Entry] = {}
        self._tops: dict[bytes, Judgement] = {}

    def add(self, batch: Batch) -> None:
        """Count a batch to the leftover that it lies in, or find new ones among its entries."""
        directory, entries = batch
        here = _relative(directory, self._store)
        top = self._top_of(here)
        if top is not None:
            self._summary.add(Share(directory, top, entries))
            return
        for entry in entries:
            path = here + b"/" + entry.name if here else entry.name
            if self._cover(path) is Cover.STALE:
                self._entries.setdefault(path, entry)
                self._summary.add(Share(directory, self._known(path), [entry]))

    def _top_of(self, path: bytes) -> Judgement | None:
        """Return the leftover that a directory is or lies in."""
        parts = path.split(b"/")
        for count in range(1, len(parts) + 1):
            above = b"/".join(parts[:count])
            if above in self._entries:
                return self._known(above)
        return None

    def _known(self, path: bytes) -> Judgement:
        return self._tops.setdefault(path, Judgement(Fate.LOST, root=path))

    def sorted(self) -> list[Leftover]:
        """Return what was found."""
        above = self._store.rstrip(b"/") + b"/"
        return [
            Leftover(above + path, self._entries[path], self._summary.groups[self._tops[path]])
            for path in sorted(self._entries)
        ]


def _relative(path: bytes, store: bytes) -> bytes:
    return path[len(store) :].lstrip(b"/")
