"""Walking a tree by descriptors: every entry once, in the order of names, with its lstat facts.

Millions of entries pass here, so a directory is a list of names and a batch, and no more.
"""

import os
import sys
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from errno import ESTALE
from typing import Final

from petrichor.model.loss import Batch, Change, Entry
from petrichor.system.beneath import DIRECTORY, open_beneath, open_volume
from petrichor.system.directory import DirectorySide

__all__ = ["DirectorySide", "open_volume", "split", "walk"]

_ADDED: Final = Change.ADDED
_ENCODING: Final = sys.getfilesystemencoding()
_KIND: Final = 0o170000
_IS_DIRECTORY: Final = 0o040000
_MTIME: Final = 8
"""Where a stat result has the modification time in whole seconds."""
_OPEN: Final = 64
"""How many directories are open at a time, however deep the tree is."""
_MOST: Final = 4096
"""How many entries a batch holds at most."""
_EACH: Final = 32
"""How many subtrees are shared out for each process: they are of different sizes."""


@dataclass(slots=True)
class _Level:
    """A directory on the way down; ``below`` is what is left to enter, the next one last."""

    descriptor: int
    length: int
    """Of its path."""
    below: list[bytes]
    identity: tuple[int, int] = (0, 0)
    """Device and inode, once it was closed to save descriptors; its descriptor is -1 then."""


def walk(
    descriptor: int,
    directory: bytes,
    *,
    skip: frozenset[bytes] = frozenset(),
    where: bytes = b"",
) -> Iterator[Batch]:
    """Give everything below a directory as added: depth first, sorted by name.

    ``directory`` is what the running system calls the top, an absolute path; ``where`` is the
    relative path at which to begin.  Of the directories in ``skip``, absolute paths, nothing below
    is read.  What vanishes meanwhile is left out.  A directory that cannot be listed comes a
    second time, as unreadable.
    """
    path = joined(directory, where) if where else directory
    walking = _Walk(descriptor, directory)
    levels = walking.levels
    try:
        yield from walking.enter(path, descriptor, where)
        while levels:
            level = levels[-1]
            path = path[: level.length]
            if not level.below:
                walking.leave()
            elif level.descriptor < 0 and (error := walking.reopen(level, path)):
                yield _failed(path, error)
                level.below.clear()
            else:
                name = level.below.pop()
                path = joined(path, name)
                if path not in skip:
                    yield from walking.enter(path, level.descriptor, name)
    finally:
        while levels:
            walking.leave()


class _Walk:
    """The directories from the top to the one at hand, the deepest of them open."""

    def __init__(self, top: int, directory: bytes) -> None:
        self._top = top
        self._above = 1 if directory == b"/" else len(directory) + 1
        self.levels: list[_Level] = []

    def enter(self, path: bytes, parent: int, name: bytes) -> Iterator[Batch]:
        """Read a directory and make it the level at hand."""
        try:
            if parent == self._top:
                opened = open_beneath(parent, name, DIRECTORY)
            else:
                opened = os.open(name, DIRECTORY, dir_fd=parent)
        except FileNotFoundError:
            return
        except OSError as error:
            yield _failed(path, error)
            return
        level = _Level(opened, len(path), [])
        self.levels.append(level)
        if len(self.levels) > _OPEN:
            _close(self.levels[-_OPEN - 1])
        try:
            for entries in read(opened, level.below):
                yield Batch(path, entries)
        except OSError as error:
            yield _failed(path, error)
        level.below.reverse()

    def leave(self) -> None:
        """Go up one level."""
        level = self.levels.pop()
        if level.descriptor >= 0:
            os.close(level.descriptor)

    def reopen(self, level: _Level, path: bytes) -> OSError | None:
        """Open a directory again that was closed; return why that is not possible."""
        try:
            opened = open_beneath(self._top, path[self._above :], DIRECTORY)
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


def split(
    descriptor: int, directory: bytes, parts: int, *, skip: frozenset[bytes] = frozenset()
) -> tuple[list[Batch], list[bytes]]:
    """Share a walk out: read the top levels until enough subtrees are found for ``parts``.

    Returns what was read on the way, and the relative paths at which walks are to begin for the
    rest: each goes to ``walk`` as ``where``.
    """
    found: list[Batch] = []
    waiting = deque([b""])
    for _ in range(parts * _EACH):
        if not waiting or len(waiting) >= parts * _EACH:
            break
        where = waiting.popleft()
        path = joined(directory, where) if where else directory
        below: list[bytes] = []
        try:
            opened = open_beneath(descriptor, where, DIRECTORY)
            try:
                found += [Batch(path, entries) for entries in read(opened, below)]
            finally:
                os.close(opened)
        except FileNotFoundError:
            continue
        except OSError as error:
            found.append(_failed(path, error))
        waiting.extend(
            joined(where, name) if where else name
            for name in below
            if joined(path, name) not in skip
        )
    return found, list(waiting)


def read(descriptor: int, below: list[bytes]) -> Iterator[list[Entry]]:
    """Give the entries of an open directory, in order and not too many at a time.

    The names of its directories are put into ``below``.
    """
    stat, encoding = os.stat, _ENCODING
    names = [name.encode(encoding, "surrogateescape") for name in os.listdir(descriptor)]
    names.sort()
    own_device = 0
    for first in range(0, len(names), _MOST):
        entries: list[Entry] = []
        for name in names[first : first + _MOST]:
            try:
                facts = stat(name, dir_fd=descriptor, follow_symlinks=False)
            except FileNotFoundError:
                continue
            except OSError as error:
                entries.append(_unreadable(name, error))
                continue
            mode = facts.st_mode
            entry = Entry(name, _ADDED, mode, facts.st_size, facts.st_uid, int(facts[_MTIME]))
            if mode & _KIND == _IS_DIRECTORY:
                below.append(name)
                own_device = own_device or os.fstat(descriptor).st_dev
                if facts.st_dev != own_device:  # in one mount: a nested subvolume
                    entry = entry._replace(is_root=True)
            entries.append(entry)
        yield entries


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
