"""Comparing a volume with its baseline, entry by entry: what differs, and in what.

An entry is changed if it differs in kind, content, mode, owner, modification time, extended
attributes or inode flags.  Access and change times, link counts, and size and modification time of
a directory are no loss: a reset brings no data back with them.
"""

import stat
from collections.abc import Collection, Iterator
from enum import Enum, auto
from errno import ELOOP, ENOENT, ENOTDIR
from itertools import zip_longest
from os import stat_result
from typing import Final, NamedTuple

from petrichor.loss.side import Side
from petrichor.model.loss import Aspect, Batch, Change, Entry


class Trust(Enum):
    """What equal inode numbers and times of both sides prove."""

    NOTHING = auto()
    INODE = auto()
    """The sides are snapshots of one filesystem: it is the same inode, unchanged."""
    ALL_BUT_MARKS = auto()
    """The same, but it may have been made immutable: ZFS does not count that as a change."""


_KIND: Final = 0o170000
_DEVICES: Final = (stat.S_IFBLK, stat.S_IFCHR)


class Pair(NamedTuple):
    """What both sides have at a path; None for a side that has nothing there."""

    path: bytes
    old: stat_result | None
    new: stat_result | None
    marked: bool = False
    """Whether the sides differ in a mark: see Trust."""

    @property
    def name(self) -> bytes:
        """Return the last part of the path."""
        return self.path.rpartition(b"/")[2]

    def directories(self) -> "Pair":
        """Return the pair without what is no directory."""
        return Pair(self.path, _if_directory(self.old), _if_directory(self.new))


def is_same(old: stat_result, new: stat_result) -> bool:
    """Tell whether inode number and change time are equal, and what costs nothing to compare.

    The clock that change times are taken from ticks every few milliseconds only.
    """
    return (
        old.st_ctime_ns == new.st_ctime_ns
        and old.st_ino == new.st_ino
        and old.st_mode == new.st_mode
        and old.st_mtime_ns == new.st_mtime_ns
        and old[4:7] == new[4:7]  # owner, group, size
    )


def _if_directory(facts: stat_result | None) -> stat_result | None:
    return facts if facts is not None and stat.S_ISDIR(facts.st_mode) else None


def compare(
    baseline: Side, live: Side, top: bytes, where: bytes = b"", *, trust: Trust = Trust.NOTHING
) -> Iterator[Batch]:
    """Give all differences below a directory that both sides have; nothing of the directory itself.

    ``top`` is the absolute path of both tops as the running system calls it; ``where`` is relative.
    """
    try:
        start = Pair(where, baseline.facts(where), live.facts(where))
    except OSError as error:
        yield _failed(top, where, error)
        return
    yield from Comparison(baseline, live, top, trust).below(start)


def compare_at(
    baseline: Side, live: Side, top: bytes, where: bytes, *, trust: Trust = Trust.NOTHING
) -> Iterator[Batch]:
    """Give the entry of a path, if it differs, and all differences below it."""
    comparison = Comparison(baseline, live, top, trust)
    directory = where.rpartition(b"/")[0]
    try:
        above = comparison.pair(directory)
        pair = comparison.pair(where)
    except OSError as error:
        yield _failed(top, where, error)
        return
    if pair.old is None and pair.new is None:
        yield _failed(top, where, FileNotFoundError(ENOENT, "it is not there"))
        return
    if entry := comparison.difference(above, pair):
        yield Batch(absolute(top, directory), [entry])
    inner = pair.directories()
    if inner.old or inner.new:
        yield from comparison.below(inner)


def compare_top(baseline: Side, live: Side, top: bytes) -> Iterator[Batch]:
    """Give the top itself if it differs: a reset brings back a volume's own mode and owner."""
    comparison = Comparison(baseline, live, top)
    try:
        pair = comparison.pair(b"")
    except OSError as error:
        yield _failed(top, b"", error)
        return
    if entry := comparison.difference(pair, pair):
        yield Batch(top, [entry])


def _facts(side: Side, path: bytes) -> stat_result | None:
    try:
        return side.facts(path)
    except OSError as error:
        # A file or a symlink stands where the other side has a directory.
        if error.errno in (ENOENT, ENOTDIR, ELOOP):
            return None
        raise


def added(live: Side, top: bytes, where: bytes) -> Iterator[Batch]:
    """Give an entry and all below it as added."""
    return _whole(live, top, where, Change.ADDED)


def removed(baseline: Side, top: bytes, where: bytes) -> Iterator[Batch]:
    """Give an entry and all below it, as the baseline has them, as removed."""
    return _whole(baseline, top, where, Change.REMOVED)


def _whole(side: Side, top: bytes, where: bytes, change: Change) -> Iterator[Batch]:
    directory = where.rpartition(b"/")[0]
    try:
        facts = side.facts(where)
        device = side.facts(directory).st_dev
    except FileNotFoundError:
        return
    except OSError as error:
        yield _failed(top, where, error)
        return
    pair = Pair(where, None, facts) if change is Change.ADDED else Pair(where, facts, None)
    yield Batch(absolute(top, directory), [_entry(pair.name, change, facts, device)])
    if stat.S_ISDIR(facts.st_mode):
        yield from Comparison(side, side, top).below(pair)


class Comparison(NamedTuple):
    """Two sides, and how they are compared."""

    baseline: Side
    live: Side
    top: bytes
    trust: Trust = Trust.NOTHING

    def pair(self, path: bytes) -> Pair:
        """Return what both sides have at a path."""
        return Pair(path, _facts(self.baseline, path), _facts(self.live, path))

    def below(self, start: Pair) -> Iterator[Batch]:
        """Give what differs below a directory of one side or of both."""
        waiting = [start]
        while waiting:
            here = waiting.pop()
            try:
                pairs = self.pairs(here)
            except OSError as error:
                if here.old is not None or not isinstance(error, FileNotFoundError):
                    yield _failed(self.top, here.path, error)
                continue
            found = [entry for pair in pairs if (entry := self.difference(here, pair))]
            if found:
                yield Batch(absolute(self.top, here.path), found)
            inner = (pair.directories() for pair in reversed(pairs))
            waiting.extend(pair for pair in inner if pair.old or pair.new)

    def pairs(self, here: Pair) -> list[Pair]:
        """Return what lies in a directory on either side, but for files known to be the same."""
        before = self.baseline.entries(here.path) if here.old else {}
        now = self.live.entries(here.path) if here.new else {}
        names = sorted(before.keys() | now.keys())
        marked = self._marked(here.path, before.keys() & now.keys())
        trusted = self.trust is not Trust.NOTHING
        found = []
        for name in names:
            old, new = before.get(name), now.get(name)
            if trusted and old and new and name not in marked and is_same(old, new):
                if new.st_mode & _KIND == stat.S_IFDIR:
                    found.append(Pair(under(here.path, name), old, new))
            else:
                found.append(Pair(under(here.path, name), old, new, name in marked))
        return found

    def _marked(self, directory: bytes, names: Collection[bytes]) -> set[bytes]:
        """Return the names that are marked in one way before and in another now."""
        if self.trust is not Trust.ALL_BUT_MARKS or not names:
            return set()
        before = self.baseline.marks(directory, names)
        now = self.live.marks(directory, names)
        return {name for name, a, b in zip(names, before, now, strict=True) if a != b}

    def difference(self, above: Pair, pair: Pair) -> Entry | None:
        """Return the entry of a pair that differs; ``above`` is the pair of its directory."""
        old, new = pair.old, pair.new
        if new is None:
            device = above.old and above.old.st_dev
            return old and _entry(pair.name, Change.REMOVED, old, device)
        device = above.new and above.new.st_dev
        if old is None:
            return _entry(pair.name, Change.ADDED, new, device)
        if self.trust is not Trust.NOTHING and not pair.marked and is_same(old, new):
            return None
        try:
            found = _aspects(self.baseline, self.live, pair.path, old, new)
        except OSError as error:
            return _unreadable(pair.name, error, new.st_mode)
        return _entry(pair.name, Change.CHANGED, new, device, found) if found else None


def aspects(baseline: Side, live: Side, path: bytes) -> tuple[Aspect, ...]:
    """Return in what the entry of a path differs that both sides have; empty if in nothing.

    Raises:
        OSError: one of the sides could not be read.
    """
    return _aspects(baseline, live, path, baseline.facts(path), live.facts(path))


def _aspects(
    baseline: Side, live: Side, path: bytes, old: stat_result, new: stat_result
) -> tuple[Aspect, ...]:
    kind = stat.S_IFMT(new.st_mode)
    if kind != stat.S_IFMT(old.st_mode):
        return (Aspect.KIND,)
    differs = {
        Aspect.CONTENT: _content_differs(baseline, live, path, old, new),
        Aspect.MODE: old.st_mode != new.st_mode,
        Aspect.OWNER: (old.st_uid, old.st_gid) != (new.st_uid, new.st_gid),
        Aspect.TIME: kind != stat.S_IFDIR and old.st_mtime_ns != new.st_mtime_ns,
        Aspect.XATTRS: baseline.xattrs(path) != live.xattrs(path),
        Aspect.FLAGS: baseline.flags(path) != live.flags(path),
    }
    return tuple(aspect for aspect, found in differs.items() if found)


def _content_differs(
    baseline: Side, live: Side, path: bytes, old: stat_result, new: stat_result
) -> bool:
    """Compare what an entry holds.  A modification time can be set back, so it proves nothing."""
    kind = stat.S_IFMT(new.st_mode)
    if kind == stat.S_IFLNK:
        return baseline.target(path) != live.target(path)
    if kind in _DEVICES:
        return old.st_rdev != new.st_rdev
    if kind != stat.S_IFREG:
        return False
    if old.st_size != new.st_size:
        return True
    blocks = zip_longest(baseline.content(path), live.content(path))
    return any(before != now for before, now in blocks)


def _entry(
    name: bytes,
    change: Change,
    facts: stat_result,
    device: int | None,
    found: tuple[Aspect, ...] = (),
) -> Entry:
    """Return the entry of a name; ``device`` is that of its directory."""
    mtime = facts.st_mtime_ns // 10**9
    entry = Entry(name, change, facts.st_mode, facts.st_size, facts.st_uid, mtime, found)
    begins = stat.S_ISDIR(facts.st_mode) and device != facts.st_dev
    return entry._replace(is_root=True) if begins else entry


def under(where: bytes, name: bytes) -> bytes:
    """Return the relative path of a name in a relative directory."""
    return b"%b/%b" % (where, name) if where else name


def absolute(top: bytes, where: bytes) -> bytes:
    """Return what the running system calls a relative path."""
    return b"%b/%b" % (top.rstrip(b"/"), where) if where else top


def _failed(top: bytes, where: bytes, error: OSError) -> Batch:
    """Return the entry of a path that could not be read."""
    above, _, name = where.rpartition(b"/")
    return Batch(absolute(top, above), [_unreadable(name, error)])


def _unreadable(name: bytes, error: OSError, mode: int = 0) -> Entry:
    reason = error.strerror or str(error)
    return Entry(name, Change.UNREADABLE, mode, 0, 0, 0, error=reason)
