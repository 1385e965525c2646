"""The loss of a Btrfs volume whose baseline has content: the filesystem is asked what changed.

Every inode carries the transaction that wrote it last, so the tree of the volume tells by itself
what was written since it equalled its baseline.  Numbers of inodes are never used twice, so one
number on both sides is one file.  What the items do not settle, such as a name that stands for
another directory now, is compared entry by entry.
"""

import stat
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import cache
from itertools import chain, islice, zip_longest
from typing import Final, NamedTuple

from petrichor.loss.btrfsitems import Child, Inode, read_children, read_directory, read_inode
from petrichor.loss.btrfsnames import NamePair, other_names
from petrichor.loss.btrfstree import History, Tree
from petrichor.loss.compare import (
    absolute,
    aspects,
    compare,
    compare_top,
    removed,
    under,
)
from petrichor.loss.side import Side
from petrichor.loss.snapshotside import SnapshotSide
from petrichor.model.loss import Aspect, Batch, Change, Entry

_TOP: Final = 256
"""The inode number of every subvolume's top."""
_LARGE: Final = 1 << 26
"""From this size on, a file written meanwhile counts as another without being read, in bytes."""


class Half(NamedTuple):
    """The volume, or its baseline: as a tree of items, and as a tree of files."""

    tree: Tree
    side: Side


Walk = Callable[[bytes], Iterator[Batch]]
"""Gives everything of the volume below a relative path, as added."""


def equal_since(live: Tree, baseline: Tree) -> int | None:
    """Have the filesystem write what waits, and return when both trees were equal; see equal_at.

    Raises:
        OSError: the trees cannot be read: this is no Btrfs, or needs root.
    """
    live.settle()
    return equal_at(live.history(), baseline.history())


def written(tree: Tree, since: int, draw: Iterable[int], pieces: int) -> set[int]:
    """Return the inodes that are older than the end of ``since`` and were written after it.

    The tree is searched piece by piece, those whose numbers below ``pieces`` are drawn.
    """
    found: set[int] = set()
    span = tree.end() - _TOP
    for piece in draw:
        first, end = (_TOP + span * number // pieces for number in (piece, piece + 1))
        found |= tree.changed(since, first, end)
    return found


def whole(live: Half, baseline: Half, top: bytes) -> Iterator[Batch]:
    """Give the differences of two trees that have no history in common."""
    side = SnapshotSide(baseline.side)
    yield from compare_top(side, live.side, top)
    yield from compare(side, live.side, top)


def equal_at(live: History, baseline: History) -> int | None:
    """Return the transaction at whose end both subvolumes were equal; None if none is known.

    The younger is a snapshot of the older and was made then.  The baseline must not have been
    written since: it is no baseline of what the volume began with, then.  Its generation proves
    nothing: every snapshot of it raises that.
    """
    if live.parent_uuid == baseline.uuid:
        since = live.made
    elif baseline.parent_uuid == live.uuid:
        since = baseline.made
    else:
        return None
    return since if baseline.altered <= since else None


class Difference:
    """Everything in which a volume differs from what its reset will give.

    Entries that are read meanwhile and change or vanish end nothing; what cannot be read comes as
    unreadable.
    """

    def __init__(self, live: Half, baseline: Half, top: bytes, walk: Walk, since: int) -> None:
        """Compare two trees that were one at the end of the transaction ``since``.

        ``top`` is the volume's mount point.
        """
        self._live = live
        self._baseline = Half(baseline.tree, SnapshotSide(baseline.side))
        self._top = top
        self._walk = walk
        self._since = since
        self._links: dict[int, _Link | None] = {}
        self._places: dict[int, bytes | None] = {_TOP: b""}
        """Relative paths of directories; None for those whose path in the baseline is another."""
        self._old_places: dict[int, bytes | None] = {_TOP: b""}
        """The same as the baseline has them."""
        self._rows: dict[int, list[Entry]] = {}
        """Changed entries by the directory they lie in; every changed directory is there."""
        self._names: dict[int, list[NamePair]] = {}
        """The names in changed directories that stand for something else now."""

    def batches(self, numbers: Collection[int]) -> Iterator[Batch]:
        """Give the differences of some inodes that were written, and of the names in them.

        No answer depends on another one's numbers.

        Raises:
            OSError: the trees themselves cannot be read.
        """
        for number in sorted(numbers):
            try:
                yield from self._look_at(number)
            except OSError as error:
                yield self._failed(number, error)
        places = sorted((self._places[number] or b"", number) for number in self._rows)
        for place, number in places:
            yield from self._directory(number, place, self._rows.pop(number))

    def _failed(self, number: int, error: OSError) -> Batch:
        """Tell that an inode could not be compared, by a name of it if one can be told."""
        reason = error.strerror or str(error)
        nameless = Batch(self._top, [_unreadable(b"", f"inode {number}: {reason}")])
        with suppress(OSError):
            inode = read_inode(self._live.tree.inode(number))
            if inode is None or number == _TOP:
                return nameless
            for directory, name in sorted(inode.names):
                if (place := self._place(directory)) is not None:
                    entry = _unreadable(name, reason, inode.mode)
                    return Batch(absolute(self._top, place), [entry])
        return nameless

    def _look_at(self, number: int) -> Iterator[Batch]:
        """Compare an inode with itself in the baseline, and note it down by its names."""
        new, entries = _read(self._live.tree, number)
        old, old_entries = _read(self._baseline.tree, number)
        if new is None or old is None or new.generation != old.generation:
            return
        names = new.names & old.names
        if new.is_directory and number != _TOP:
            self._links[number] = min(names, default=None)
        if new.is_directory and self._place(number) is not None:
            self._rows.setdefault(number, [])
            self._names[number] = self._other_names(number, entries, old_entries)
        found = [link for link in sorted(names) if self._place(link[0]) is not None]
        if not found:
            return
        entry = self._compared(number, new, old, found[0])
        if entry is not None and number == _TOP:
            yield Batch(self._top, [entry._replace(name=b"")])
        elif entry is not None:
            for directory, name in found:
                self._rows.setdefault(directory, []).append(entry._replace(name=name))

    def _other_names(
        self, number: int, entries: Sequence[bytes] | None, old_entries: Sequence[bytes] | None
    ) -> list[NamePair]:
        """Compare a directory's entries, part by part where they were too many."""
        if entries is not None and old_entries is not None:
            return other_names([entries], [old_entries])
        return other_names(self._live.tree.entries(number), self._baseline.tree.entries(number))

    def _compared(self, number: int, new: Inode, old: Inode, link: "_Link") -> Entry | None:
        """Return the entry of an inode that differs; ``link`` is a name that it has in place."""
        place = under(self._places[link[0]] or b"", link[1])
        try:
            content = self._content_differs(number, new, old, place)
        except OSError as error:
            return _unreadable(b"", error.strerror or str(error), new.mode)
        differs = (
            (Aspect.CONTENT, content),
            (Aspect.MODE, new.mode != old.mode),
            (Aspect.OWNER, (new.uid, new.gid) != (old.uid, old.gid)),
            (Aspect.TIME, not new.is_directory and new.mtime != old.mtime),
            (Aspect.XATTRS, new.xattrs != old.xattrs),
            (Aspect.FLAGS, new.flags != old.flags),
        )
        found = tuple(aspect for aspect, differing in differs if differing)
        return _entry(b"", Change.CHANGED, new)._replace(aspects=found) if found else None

    def _content_differs(self, number: int, new: Inode, old: Inode, place: bytes) -> bool:
        """Compare what a file holds; its bytes are read only where nothing else tells.

        A modification time can be set back, so it proves no content the same.  What is written
        anew lies elsewhere, so the same extents hold the same bytes; other extents may.
        """
        if not stat.S_ISREG(new.mode):
            return new.rdev != old.rdev
        if new.size != old.size:
            return True
        extents = self._live.tree.extents(number), self._baseline.tree.extents(number)
        if all(one == other for one, other in zip_longest(*extents)):
            return False
        if new.mtime != old.mtime and new.size > _LARGE:
            return True
        blocks = self._live.side.content(place), self._baseline.side.content(place)
        return any(one != other for one, other in zip_longest(*blocks))

    def _place(self, number: int) -> bytes | None:
        """Return the path of a directory; None unless the baseline has it there too."""
        return _climb(number, self._places, self._link)

    def _link(self, number: int) -> "_Link | None":
        """Return the name of a directory if it is the same on both sides."""
        if number not in self._links:
            found = read_directory(self._live.tree.inode(number))
            made, written, link = found or (0, 0, None)
            if made > self._since:
                link = None
            elif written > self._since:  # whatever is renamed is written
                old = read_inode(self._baseline.tree.inode(number))
                link = link if old and link in old.names else None
            self._links[number] = link
        return self._links[number]

    def _old_link(self, number: int) -> "_Link | None":
        old = read_inode(self._baseline.tree.inode(number))
        return min(old.names, default=None) if old else None

    def _directory(self, number: int, place: bytes, rows: list[Entry]) -> Iterator[Batch]:
        """Give what lies in a directory that both sides have, and below its new names."""
        directory = absolute(self._top, place)
        below: list[Iterator[Batch]] = []
        for name, new, old in self._names.pop(number, ()):
            path = under(place, name)
            try:
                entry = self._named(name, path, new, old, below)
            except FileNotFoundError:  # it vanished
                continue
            except OSError as error:
                entry = _unreadable(name, error.strerror or str(error))
            if entry is not None:
                rows.append(entry)
        if rows:
            yield Batch(directory, sorted(rows))
        for batches in below:
            yield from batches

    def _named(
        self,
        name: bytes,
        path: bytes,
        new: Child | None,
        old: Child | None,
        below: list[Iterator[Batch]],
    ) -> Entry | None:
        """Return the entry of such a name; what lies below it is put into ``below``."""
        if new is not None and old is not None:
            return self._pair(name, path, below)
        if new is not None:
            entry = self._one(self._live, name, path, new, Change.ADDED)
            if entry is not None and stat.S_ISDIR(entry.mode):
                below.append(self._walk(path))
            return entry
        if old is not None:
            entry = self._one(self._baseline, name, path, old, Change.REMOVED)
            if entry is not None and stat.S_ISDIR(entry.mode):
                below.append(_below(removed(self._baseline.side, self._top, path)))
            return entry
        return None

    def _one(
        self, half: Half, name: bytes, path: bytes, child: Child, change: Change
    ) -> Entry | None:
        """Return the entry of a name that one side alone has."""
        if child.is_root:
            return _seen(name, change, half.side, path)
        inode = read_inode(half.tree.inode(child.number))
        if inode is None:
            return None
        entry = _entry(name, change, inode)
        if change is Change.ADDED and inode.generation <= self._since:
            return entry._replace(old=self._old_path(child.number, inode))
        return entry

    def _old_path(self, number: int, new: Inode) -> bytes:
        """Return a path that the baseline has of an inode, and the volume has not."""
        old = read_inode(self._baseline.tree.inode(number))
        for directory, name in sorted(old.names - new.names if old else ()):
            above = _climb(directory, self._old_places, self._old_link)
            if above is not None:
                return absolute(self._top, under(above, name))
        return b""

    def _pair(self, name: bytes, path: bytes, below: list[Iterator[Batch]]) -> Entry | None:
        """Compare what a name stood for with what it stands for."""
        live, baseline = self._live.side, self._baseline.side
        entry = _seen(name, Change.CHANGED, live, path)
        old = baseline.facts(path)
        if stat.S_ISDIR(entry.mode) and stat.S_ISDIR(old.st_mode):
            below.append(compare(baseline, live, self._top, path))
        elif stat.S_ISDIR(entry.mode):
            below.append(self._walk(path))
        elif stat.S_ISDIR(old.st_mode):
            below.append(_below(removed(baseline, self._top, path)))
        found = aspects(baseline, live, path)
        return entry._replace(aspects=found) if found else None

    def nested(self) -> Iterator[Batch]:
        """Give what lies in nested subvolumes where the baseline has the same ones.

        A snapshot has an empty directory in the place of each.  The names are the same then, and
        their directory may not have changed at all; other names were found with it.
        """
        roots_in = cache(self._roots_in)
        for number, directory, name in self._live.tree.nested():
            try:
                place = self._place(directory)
                if place is None or roots_in(directory).get(name) != number:
                    continue
                below: list[Iterator[Batch]] = []
                entry = self._pair(name, under(place, name), below)
            except OSError as error:
                yield Batch(self._top, [_unreadable(b"", f"subvolume {number}: {error.strerror}")])
                continue
            if entry is not None:
                yield Batch(absolute(self._top, place), [entry])
            for batches in below:
                yield from batches

    def _roots_in(self, directory: int) -> dict[bytes, int]:
        """Return the names and numbers of subvolumes that the baseline has in a directory."""
        entries = chain.from_iterable(self._baseline.tree.entries(directory))
        children = chain.from_iterable(map(read_children, entries))
        return {name: child.number for name, child in children if child.is_root}


def _read(tree: Tree, number: int) -> tuple[Inode | None, Sequence[bytes] | None]:
    """Return an inode and the items of its names; None for too many names."""
    items, entries = tree.node(number)
    return read_inode(items), entries


_Link = tuple[int, bytes]
"""A directory, by inode number, and a name in it."""


def _climb(
    number: int, places: dict[int, bytes | None], link: Callable[[int], _Link | None]
) -> bytes | None:
    """Return the path of a directory by the names of those above it; None where one has none."""
    way: list[tuple[int, _Link]] = []
    at = number
    seen: set[int] = set()
    while at not in places:
        step = None if at in seen else link(at)
        if step is None:  # or a circle, which a tree that changes meanwhile could show
            places[at] = None
            break
        seen.add(at)
        way.append((at, step))
        at = step[0]
    for at, (above, name) in reversed(way):
        place = places[above]
        places[at] = None if place is None else under(place, name)
    return places[number]


def _entry(name: bytes, change: Change, inode: Inode) -> Entry:
    return Entry(name, change, inode.mode, inode.size, inode.uid, inode.mtime[0])


def _seen(name: bytes, change: Change, side: Side, path: bytes) -> Entry:
    """Return an entry by its facts; a nested subvolume's top has the number of all tops."""
    facts = side.facts(path)
    begins = stat.S_ISDIR(facts.st_mode) and facts.st_ino == _TOP
    size, mtime = facts.st_size, facts.st_mtime_ns // 10**9
    return Entry(name, change, facts.st_mode, size, facts.st_uid, mtime, is_root=begins)


def _below(batches: Iterator[Batch]) -> Iterator[Batch]:
    """Leave out the entry itself, which comes first."""
    return islice(batches, 1, None)


def _unreadable(name: bytes, reason: str, mode: int = 0) -> Entry:
    return Entry(name, Change.UNREADABLE, mode, 0, 0, 0, error=reason)
