"""The loss in numbers: per fate, per owner, and per directory, in bounded memory.

Two million entries go through ``Summary.add``, so a share is measured by columns, in C.
"""

from itertools import islice
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from petrichor.model.loss import Change, Fate, Judgement

if TYPE_CHECKING:
    from collections.abc import Iterable

    from petrichor.model.loss import Entry, Share

FOLDERS: Final = 1 << 16
"""How many directories are told apart; beyond it those that hold least join their parents."""
EXAMPLES: Final = 5
"""How many unreadable entries are remembered by name."""
_ADDED: Final = Change.ADDED
_COUNTED: Final = (Change.ADDED, Change.REMOVED, Change.CHANGED, Change.UNREADABLE)
_CHUNK: Final = 4096
_DIRECTORY: Final = 0o040000
_KIND: Final = 0o170000
_LEAST_FILE: Final = 0o100000  # the kinds below it: FIFO, device, directory; inode(7)


class _Part(NamedTuple):
    """What some entries come to."""

    added: int
    removed: int
    changed: int
    unreadable: int
    size: int
    newest: int
    uids: frozenset[int]


class Tally:
    """What entries come to: how many of each change, bytes, owners, newest change.

    ``size`` sums up the apparent sizes of all but directories and what was removed: that one is
    not on the volume.  Every name of a hard-linked file counts.  ``newest`` is in seconds since
    1970, 0 where nothing is known.
    """

    __slots__ = ("added", "changed", "newest", "removed", "size", "uids", "unreadable", "where")

    def __init__(self, where: bytes = b"") -> None:
        """Begin with nothing; ``where`` is the directory, or path, that all of it lies in."""
        self.added = self.removed = self.changed = self.unreadable = self.size = self.newest = 0
        self.uids: frozenset[int] = frozenset()
        self.where = where

    def __reduce__(self) -> tuple[object, ...]:
        """Return what pickle makes it of again: there may be tens of thousands."""
        return _tally, (self.where, *_VALUES(self))

    @property
    def count(self) -> int:
        """Return the number of entries."""
        return self.added + self.removed + self.changed + self.unreadable

    def take(self, part: "_Part | Tally") -> None:
        """Add what other entries come to; ``where`` stays."""
        self.added += part.added
        self.removed += part.removed
        self.changed += part.changed
        self.unreadable += part.unreadable
        self.size += part.size
        if part.newest > self.newest:
            self.newest = part.newest
        if part.uids is not self.uids and not part.uids <= self.uids:
            self.uids = self.uids | part.uids if self.uids else part.uids

    def take_one(self, entry: "Entry") -> None:
        """Add one directory."""
        if entry.change is Change.ADDED:
            self.added += 1
            if entry.mtime > self.newest:
                self.newest = entry.mtime
            if entry.uid not in self.uids:
                self.uids |= {entry.uid}
        else:
            self.take(_mixed([entry], frozenset((entry.uid,))))

    def reach(self, path: bytes) -> None:
        """Widen ``where`` until ``path`` lies in it."""
        where = self.where
        if path != where and not path.startswith(where if where == b"/" else where + b"/"):
            self.where = _common(where, path) if where else path


_VALUES: Final = attrgetter("added", "removed", "changed", "unreadable", "size", "newest", "uids")


def _tally(where: bytes, *values: Any) -> Tally:
    tally = Tally(where)
    (
        tally.added,
        tally.removed,
        tally.changed,
        tally.unreadable,
        tally.size,
        tally.newest,
        tally.uids,
    ) = values
    return tally


def _common(one: bytes, other: bytes) -> bytes:
    shared = 0
    parts = one.split(b"/"), other.split(b"/")
    for left, right in zip(*parts, strict=False):
        if left != right:
            break
        shared += 1
    return b"/".join(parts[0][:shared]) or b"/"


class Summary:
    """Takes shares one by one; two summaries of disjoint shares can be merged.

    ``groups`` has a tally for each judgement.  ``folders`` has one for each directory, of itself
    and what lies directly in it, for entries of ``fates`` that belong to nobody known, or whoever
    they belong to where ``by_owner`` is off.  A path with one entry may stand for a directory.
    """

    def __init__(
        self, fates: "Iterable[Fate]" = (Fate.LOST,), *, by_owner: bool = True, limit: int = FOLDERS
    ) -> None:
        """Begin with nothing; ``limit`` is how many directories are told apart."""
        self.fates = frozenset(fates)
        self.by_owner = by_owner
        self.groups: dict[Judgement, Tally] = {}
        self.folders: dict[bytes, Tally] = {}
        self.tops: dict[Judgement, Entry] = {}
        """For a judgement with a root: the entry of that path itself, where it was seen."""
        self.unreadable: list[tuple[bytes, str]] = []
        """The first few paths that make the answer incomplete, and why."""
        self._limit = limit
        self._uids: dict[frozenset[int], frozenset[int]] = {}
        self._one_owner: dict[int, frozenset[int]] = {}

    def add(self, share: "Share") -> None:
        """Take a share."""
        directory, judgement, entries = share
        for start in range(0, len(entries), _CHUNK):
            some = entries if len(entries) <= _CHUNK else entries[start : start + _CHUNK]
            self._add(directory, judgement, some)

    def _add(self, directory: bytes, judgement: Judgement, entries: "list[Entry]") -> None:
        changes, modes, sizes, uids, mtimes = islice(zip(*entries, strict=True), 1, 6)
        uid = uids[0]
        owners = self._one_owner.get(uid) if uids.count(uid) == len(uids) else None
        if owners is None:
            owners = self._owners(frozenset(uids))
        folders: list[Entry] = []
        if min(modes) < _LEAST_FILE:
            folders = [entry for entry in entries if entry.mode & _KIND == _DIRECTORY]
        if changes.count(_ADDED) == len(changes):
            size = sum(sizes)
            if folders:
                size -= sum(entry.size for entry in folders)
            part = _Part(len(changes), 0, 0, 0, size, max(mtimes), owners)
        else:
            part = _mixed(entries, owners)
        group = self.groups.get(judgement)
        if group is None:
            group = self.groups[judgement] = Tally(directory)
        group.take(part)
        group.reach(directory)
        if judgement.root and judgement not in self.tops:
            self._find_top(directory, judgement, entries)
        if part.unreadable:
            self._note(directory, judgement, entries)
        if judgement.fate in self.fates and not (self.by_owner and judgement.owner):
            if folders:
                self._spread(directory, part, entries, folders)
            else:
                self._put(directory, part, len(entries), entries[0].name)

    def _owners(self, uids: frozenset[int]) -> frozenset[int]:
        """Return one and the same object for the same owners."""
        owners = self._uids.setdefault(uids, uids)
        if len(owners) == 1:
            self._one_owner[min(owners)] = owners
        return owners

    def _find_top(self, directory: bytes, judgement: Judgement, entries: "list[Entry]") -> None:
        above, _, name = judgement.root.rpartition(b"/")
        if directory == (above or b"/"):
            found = next((entry for entry in entries if entry.name == name), None)
            if found is not None:
                self.tops[judgement] = found

    def _note(self, directory: bytes, judgement: Judgement, entries: "list[Entry]") -> None:
        if judgement.fate not in INCOMPLETE:
            return
        for entry in entries:
            if entry.change is Change.UNREADABLE and len(self.unreadable) < EXAMPLES:
                self.unreadable.append((join(directory, entry.name), entry.error))

    def _spread(
        self, directory: bytes, part: _Part, entries: "list[Entry]", folders: "list[Entry]"
    ) -> None:
        """Count each directory where its content is counted, the rest in this one."""
        for entry in folders:
            path = join(directory, entry.name)
            self._folder(path, path).take_one(entry)
        left = len(entries) - len(folders)
        if not left:
            return
        rest = entries if left > 1 else [e for e in entries if e.mode & _KIND != _DIRECTORY]
        if part.added == len(entries):
            own = _Part(left, 0, 0, 0, part.size, part.newest, part.uids)
        else:
            own = _mixed([e for e in entries if e.mode & _KIND != _DIRECTORY], part.uids)
        self._put(directory, own, left, rest[0].name)

    def _put(self, directory: bytes, part: _Part, count: int, name: bytes) -> None:
        """Count entries in their directory; ``name`` is that of the first."""
        where = join(directory, name) if count == 1 and directory not in self.folders else directory
        self._folder(directory, where).take(part)

    def _folder(self, directory: bytes, where: bytes) -> Tally:
        folder = self.folders.get(directory)
        if folder is None and len(self.folders) >= self._limit:
            self._fold()  # which may well make this one
            folder = self.folders.get(directory)
        if folder is None:
            folder = self.folders[directory] = Tally(where)
        else:
            folder.where = directory
        return folder

    def _fold(self) -> None:
        """Halve the directories: those that hold least join their parents, the deepest first."""
        while len(self.folders) > self._limit // 2:
            counts = sorted(folder.count for folder in self.folders.values())
            light = counts[len(counts) // 2]
            for directory in sorted(self.folders, key=_depth, reverse=True):
                if self.folders[directory].count <= light and directory != b"/":
                    self._fold_into(directory.rpartition(b"/")[0] or b"/", directory)

    def _fold_into(self, parent: bytes, directory: bytes) -> None:
        folder = self.folders.pop(directory)
        above = self.folders.setdefault(parent, folder)
        if above is not folder:
            above.take(folder)
            above.where = parent

    def merge(self, other: "Summary") -> None:
        """Add what another summary holds, which is not to be used any more."""
        for judgement, tally in other.groups.items():
            mine = self.groups.setdefault(judgement, tally)
            if mine is not tally:
                mine.take(tally)
                mine.reach(tally.where)
        for directory, tally in other.folders.items():
            mine = self.folders.setdefault(directory, tally)
            if mine is not tally:
                mine.take(tally)
                mine.where = directory
        self.tops = {**other.tops, **self.tops}
        self.unreadable = sorted(self.unreadable + other.unreadable)[:EXAMPLES]
        if len(self.folders) > self._limit:
            self._fold()

    def total(self, *fates: Fate) -> Tally:
        """Return what all entries of the fates come to."""
        total = Tally(b"/")
        for judgement, tally in self.groups.items():
            if judgement.fate in fates:
                total.take(tally)
        return total

    @property
    def missing(self) -> int:
        """Return how many unreadable entries make the answer incomplete."""
        return self.total(*INCOMPLETE).unreadable


def _mixed(entries: "list[Entry]", uids: frozenset[int]) -> _Part:
    """Measure entries that changed in different ways."""
    changes = [entry.change for entry in entries]
    here = [entry for entry in entries if entry.change is not Change.REMOVED]
    size = sum(entry.size for entry in here if entry.mode & _KIND != _DIRECTORY)
    newest = max((entry.mtime for entry in here), default=0)
    added, removed, changed, unreadable = map(changes.count, _COUNTED)
    return _Part(added, removed, changed, unreadable, size, newest, uids)


INCOMPLETE: Final = (Fate.LOST, Fate.HIDDEN, Fate.REGENERATED)
"""What cannot be read matters here; what is kept or ignored stays so, whatever it holds."""


def join(directory: bytes, name: bytes) -> bytes:
    """Return the path of a name in a directory; an empty name stands for the directory."""
    if not name:
        return directory
    return b"/" + name if directory == b"/" else directory + b"/" + name


def _depth(path: bytes) -> int:
    return path.count(b"/")
