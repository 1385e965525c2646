"""Paths in a tree by name or pattern: glob(7), and ``**`` for any number of directories."""

import re
from collections.abc import Callable, Iterator
from errno import ELOOP, ENOENT, ENOTDIR
from fnmatch import translate
from functools import cache
from operator import itemgetter
from os import stat_result
from typing import Final, Protocol

_MAGIC: Final = frozenset(b"*?[")
_ANY: Final = b"**"
_ABSENT: Final = (ENOENT, ENOTDIR, ELOOP)
_NONE: Final[frozenset[tuple[bytes, ...]]] = frozenset()
_END: Final[frozenset[tuple[bytes, ...]]] = frozenset({()})
Found = tuple[bytes, stat_result]
"""A relative path, and its lstat facts."""
_Pattern = tuple[bytes, ...]


class Searched(Protocol):
    """What is asked of a tree, by relative paths; both may raise OSError."""

    def names(self, directory: bytes) -> list[tuple[bytes, bool]]:
        """Return what lies in a directory and whether it is one, in any order."""
        ...

    def facts(self, path: bytes) -> stat_result:
        """Return the lstat facts of an entry."""
        ...


def has_magic(path: bytes) -> bool:
    """Tell whether a path can be a pattern."""
    return not _MAGIC.isdisjoint(path)


def inside(top: bytes, pattern: bytes, *, literal: bool) -> tuple[bytes, ...] | None:
    """Return what of an absolute pattern is left below the top of a tree; None if it leads past it.

    What is left of ``/v*/log`` below ``/var`` is ``log``.
    """
    parts = _parts(pattern)
    for name in _parts(top):
        if parts and parts[0] == _ANY and not literal:
            return parts
        if not parts or not _matches(name, parts[0], literal=literal):
            return None
        parts = parts[1:]
    return parts


def find(tree: Searched, parts: _Pattern, *, literal: bool) -> Iterator[Found]:
    """Give what a tree has at a path, or at all that match a pattern, in the order of names.

    Links are not followed.  As in a shell, ``*`` does not match a leading dot.

    Raises:
        OSError: something could not be read.
    """
    if literal or not any(map(has_magic, parts)):
        yield from _met(tree, b"/".join(parts))
        return
    waiting = [(b"", True, _opened({parts}))]
    while waiting:
        path, is_directory, left = waiting.pop()
        if () in left:
            yield from _met(tree, path)
        if is_directory and left != _END:
            waiting += sorted(_below(tree, path, left), key=itemgetter(0), reverse=True)


def _below(
    tree: Searched, where: bytes, left: frozenset[_Pattern]
) -> Iterator[tuple[bytes, bool, frozenset[_Pattern]]]:
    """Give what of a directory matches as far as it goes, with what has to match from there on."""
    above = where + b"/" if where else b""
    is_end = _any_of(*(parts[0] for parts in left if len(parts) == 1))
    for name, is_directory in _names(tree, where):
        if is_directory:
            rest = _after(name, left)
            if rest:
                yield above + name, True, rest
        elif is_end(name):
            yield above + name, False, _END


def _after(name: bytes, left: frozenset[_Pattern]) -> frozenset[_Pattern]:
    """Return what is left of patterns behind a name that they begin with."""
    found: set[_Pattern] = set()
    for parts in left:
        if not parts:
            continue
        first, rest = parts[0], parts[1:]
        if first != _ANY:
            if _matches(name, first, literal=False):
                found.add(rest)
        elif not name.startswith(b"."):
            found.update({parts} if rest else {parts, ()})
    return _opened(found) if found else _NONE


def _opened(left: set[_Pattern]) -> frozenset[_Pattern]:
    """Add what is left where ``**`` stands for no directory."""
    found = set(left)
    for parts in left:
        for begin in range(1, len(parts)):
            if parts[begin - 1] != _ANY:
                break
            found.add(parts[begin:])
    return frozenset(found)


def _met(tree: Searched, path: bytes) -> Iterator[Found]:
    """Give an entry, if it is there."""
    try:
        yield path, tree.facts(path)
    except OSError as error:
        if error.errno not in _ABSENT:
            raise


def _names(tree: Searched, where: bytes) -> list[tuple[bytes, bool]]:
    try:
        return tree.names(where)
    except OSError as error:
        if error.errno in _ABSENT:
            return []
        raise


def _matches(name: bytes, pattern: bytes, *, literal: bool) -> bool:
    return name == pattern if literal else bool(_any_of(pattern)(name))


@cache
def _any_of(*patterns: bytes) -> Callable[[bytes], object]:
    """Return what tells whether a name matches one of them: most files are only asked this."""
    return re.compile(b"|".join(map(_expression, patterns)) or rb"(?!)").match


def _expression(pattern: bytes) -> bytes:
    """Return a pattern for one name as a regular expression."""
    dot = b"" if pattern.startswith(b".") else rb"(?!\.)"
    return dot + translate(pattern.decode("latin-1")).encode("latin-1")


def _parts(path: bytes) -> tuple[bytes, ...]:
    return tuple(part for part in path.split(b"/") if part)
