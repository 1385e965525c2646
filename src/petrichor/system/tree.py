"""Walking a tree by descriptors: every entry once, in the order of names, with its lstat facts.

Millions of entries pass here, so a directory is a list of names and a batch, and no more.  Many
directories are read before any of them is told: a processor that is in and out of the kernel all
the time has neither's memory at hand, and one that is emulated takes a third longer.
"""

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from errno import ESTALE
from operator import itemgetter
from typing import Final, NamedTuple

from petrichor.model.loss import Batch, Change, Entry
from petrichor.system.beneath import DIRECTORY, open_beneath, open_volume
from petrichor.system.directory import DirectorySide
from petrichor.system.forks import Pool

__all__ = ["DirectorySide", "open_volume", "walk", "walks"]

_ADDED: Final = Change.ADDED
_ENCODING: Final = sys.getfilesystemencoding()
_KIND: Final = 0o170000
_IS_DIRECTORY: Final = 0o040000
_LEAST_FILE: Final = 0o100000
"""The kinds below it are FIFO, device and directory: inode(7)."""
_MODE, _UID, _SIZE, _MTIME = 0, 4, 6, 8
"""Where a stat result has them; the last one in whole seconds."""
_FIRST_OF: Final = itemgetter(0)
_REST: Final = tuple(Entry._field_defaults.values())
_OPEN: Final = 64
"""How many directories are open at a time, however deep the tree is."""
_MOST: Final = 4096
"""How many entries a batch holds at most."""
_AHEAD: Final = 512
"""How many entries are read before they are told; a large directory may hold more."""
_FIRST: Final = 64
"""The same for the first time, twice as many the next, and so on: others wait for something."""


class _Seen(NamedTuple):
    """What was read of a directory: names as listdir(2) has them, and their facts."""

    path: bytes
    names: list[str]
    facts: list[os.stat_result]
    device: int
    """The directory's own, where it may hold directories; 0 elsewhere."""
    unreadable: list[Entry]

    def _is_root(self, one: os.stat_result) -> bool:
        """Tell a nested subvolume: a directory of another device in one mount."""
        return one.st_dev != self.device and one.st_mode & _KIND == _IS_DIRECTORY

    def directories(self) -> list[bytes]:
        """Return the names of its directories, in order."""
        pairs = zip(self.names, self.facts, strict=True)
        names = [name for name, one in pairs if one.st_mode & _KIND == _IS_DIRECTORY]
        return sorted(map(os.fsencode, names))

    def batch(self) -> Batch:
        """Return it as entries, sorted by name."""
        encoding, new, rest = _ENCODING, tuple.__new__, _REST
        # What Entry(...) does, without a call of Python's own for each of millions.
        entries = [
            new(
                Entry,
                (
                    name.encode(encoding, "surrogateescape"),
                    _ADDED,
                    one[_MODE],
                    one[_SIZE],
                    one[_UID],
                    one[_MTIME],
                    *rest,
                ),
            )
            for name, one in zip(self.names, self.facts, strict=True)
        ]
        if self.device and any(map(self._is_root, self.facts)):
            pairs = zip(entries, self.facts, strict=True)
            entries = [e._replace(is_root=self._is_root(one)) for e, one in pairs]
        entries += self.unreadable
        entries.sort(key=_FIRST_OF)
        return Batch(self.path, entries)


@dataclass(slots=True)
class _Level:
    """A directory on the way down, in which there is something left to do."""

    descriptor: int
    path: bytes
    names: list[str]
    """What is left to read in a large one, the next one last."""
    below: list[bytes]
    """What is left to enter once all is read, the next one last."""
    identity: tuple[int, int] = (0, 0)
    """Device and inode, once it was closed to save descriptors; its descriptor is -1 then."""


def walk(
    descriptor: int,
    directory: bytes,
    *,
    skip: frozenset[bytes] = frozenset(),
    where: bytes = b"",
    ahead: int = _AHEAD,
) -> Iterator[Batch]:
    """Give everything below a directory as added: depth first, sorted by name.

    ``directory`` is what the running system calls the top, an absolute path; ``where`` is the
    relative path at which to begin.  Of the directories in ``skip``, absolute paths, nothing below
    is read.  What vanishes meanwhile is left out.  A directory that cannot be listed comes a
    second time, as unreadable.  Some ``ahead`` entries are read before the first is given.
    """
    return walks(descriptor, directory, [where], skip=skip, ahead=ahead)


def walks(
    descriptor: int,
    directory: bytes,
    places: Sequence[bytes],
    *,
    skip: frozenset[bytes] = frozenset(),
    ahead: int = _AHEAD,
    pool: Pool | None = None,
) -> Iterator[Batch]:
    """Walk from one relative path after the other.

    With ``pool`` others may take a part of it over, and this goes on with what they hand on.
    """
    walking = _Walk(descriptor, directory, skip, ahead)
    try:
        while places:
            walking.begin(places)
            while walking.levels:
                walking.read_ahead()
                if pool is not None and pool.is_hungry():
                    walking.hand_on(pool)
                yield from walking.told()
            yield from walking.told()
            places = pool.take() if pool is not None else ()
    finally:
        while walking.levels:
            walking.leave()


class _Walk:
    """The directories from the top to the one at hand, the deepest of them open."""

    def __init__(self, top: int, directory: bytes, skip: frozenset[bytes], ahead: int) -> None:
        self._top = top
        self._directory = directory
        self._above = 1 if directory == b"/" else len(directory) + 1
        self._skip = skip
        self._ahead = ahead
        self._enough = ahead
        self._read: list[_Seen | Batch] = []
        self._count = 0
        self.levels: list[_Level] = []

    def begin(self, places: Sequence[bytes]) -> None:
        """Make the top the level at hand, of which only some relative paths are to be entered."""
        self._enough = min(_FIRST, self._ahead)
        try:
            top = os.dup(self._top)
        except OSError as error:
            self._fail(self._directory, error)
        else:
            self._push(_Level(top, self._directory, [], list(reversed(places))))

    def hand_on(self, pool: Pool) -> None:
        """Let others have a half of what is left to enter, of the directory nearest to the top."""
        for level in self.levels:
            if level.names:
                return
            if level.below and (len(level.below) > 1 or level is not self.levels[-1]):
                given = level.below[: (len(level.below) + 1) // 2]
                inside = level.path[self._above :]
                paths = [joined(inside, name) if inside else name for name in given]
                del level.below[: pool.give(paths)]
                return

    def told(self) -> Iterator[Batch]:
        """Give what was read, and forget it."""
        read, self._read, self._count = self._read, [], 0
        for seen in read:
            batch = seen.batch() if isinstance(seen, _Seen) else seen
            if batch.entries:
                yield batch

    def read_ahead(self) -> None:
        """Read until it is enough, or nothing is left."""
        while self.levels and self._count < self._enough:
            self._step()
        self._enough = min(2 * self._enough, self._ahead)

    def _step(self) -> None:
        """Read on in the directory at hand, or what lies below it, until enough is read."""
        level = self.levels[-1]
        if level.names:
            self._read_on(level)
            return
        while level.below:
            if level.descriptor < 0 and (error := self._reopen(level)):
                self._fail(level.path, error)
                break
            name = level.below.pop()
            path = joined(level.path, name) if name else level.path
            if path in self._skip:
                continue
            deeper = self._enter(level, name, path)
            if deeper is not None:
                self._push(deeper)
                return
            if self._count >= self._enough:
                return
        self.leave()

    def _enter(self, above: _Level, name: bytes, path: bytes) -> _Level | None:
        """Read a directory; return it if there is more to do in it."""
        try:
            if b"/" in name:
                opened = open_beneath(above.descriptor, name, DIRECTORY)
            else:
                opened = os.open(name or b".", DIRECTORY, dir_fd=above.descriptor)
        except FileNotFoundError:
            return None
        except OSError as error:
            self._fail(path, error)
            return None
        try:
            names = os.listdir(opened)
        except OSError as error:
            self._fail(path, error)
            names = []
        if len(names) > _MOST:
            return _Level(opened, path, sorted(names, key=os.fsencode, reverse=True), [])
        seen = self._look(opened, path, names)
        if seen.device:
            return _Level(opened, path, [], seen.directories()[::-1])
        os.close(opened)
        return None

    def _push(self, level: _Level) -> None:
        """Make it the level at hand."""
        self.levels.append(level)
        if len(self.levels) > _OPEN:
            _close(self.levels[-_OPEN - 1])

    def _read_on(self, level: _Level) -> None:
        """Read the next entries of a large directory."""
        names = level.names[-_MOST:]
        del level.names[-_MOST:]
        level.below += self._look(level.descriptor, level.path, names).directories()
        if not level.names:
            level.below.reverse()

    def _look(self, descriptor: int, path: bytes, names: list[str]) -> _Seen:
        """Read entries of an open directory."""
        stat = os.stat
        self._count += len(names) + 1
        unreadable: list[Entry] = []
        try:
            facts = [stat(name, dir_fd=descriptor, follow_symlinks=False) for name in names]
        except OSError:
            names, facts, unreadable = _one_by_one(descriptor, names)
        device = 0
        if facts and min(map(_FIRST_OF, facts)) < _LEAST_FILE:
            device = os.fstat(descriptor).st_dev
        seen = _Seen(path, names, facts, device, unreadable)
        self._read.append(seen)
        return seen

    def _fail(self, path: bytes, error: OSError) -> None:
        self._read.append(_failed(path, error))
        self._count += 1

    def leave(self) -> None:
        """Go up one level."""
        level = self.levels.pop()
        if level.descriptor >= 0:
            os.close(level.descriptor)

    def _reopen(self, level: _Level) -> OSError | None:
        """Open a directory again that was closed; return why that is not possible."""
        try:
            opened = open_beneath(self._top, level.path[self._above :], DIRECTORY)
        except OSError as error:
            return error
        if _identity(opened) != level.identity:
            os.close(opened)
            return OSError(ESTALE, "it was moved while it was read")
        level.descriptor = opened
        return None


def _close(level: _Level) -> None:
    """Save a descriptor: this directory is far above."""
    if level.descriptor >= 0:
        level.identity = _identity(level.descriptor)
        os.close(level.descriptor)
        level.descriptor = -1


def _identity(descriptor: int) -> tuple[int, int]:
    facts = os.fstat(descriptor)
    return facts.st_dev, facts.st_ino


def _one_by_one(
    descriptor: int, names: list[str]
) -> tuple[list[str], list[os.stat_result], list[Entry]]:
    """Return the names that are still there, their facts, and what cannot be looked at."""
    here: list[str] = []
    facts: list[os.stat_result] = []
    unreadable: list[Entry] = []
    for name in names:
        try:
            facts.append(os.stat(name, dir_fd=descriptor, follow_symlinks=False))
            here.append(name)
        except FileNotFoundError:
            continue
        except OSError as error:
            unreadable.append(_unreadable(os.fsencode(name), error))
    return here, facts, unreadable


def joined(directory: bytes, name: bytes) -> bytes:
    """Return the path of a name in a directory."""
    return directory + name if directory == b"/" else b"%b/%b" % (directory, name)


def _failed(path: bytes, error: OSError) -> Batch:
    """Return the directory at an absolute path as one that could not be read."""
    above, _, name = path.rpartition(b"/")
    if not name:
        above = b"/"
    return Batch(above or b"/", [_unreadable(name, error, _IS_DIRECTORY)])


def _unreadable(name: bytes, error: OSError, mode: int = 0) -> Entry:
    reason = error.strerror or str(error)
    return Entry(name, Change.UNREADABLE, mode, 0, 0, 0, error=reason)
