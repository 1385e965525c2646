"""Paths in a tree by name or pattern: glob(7), and ``**`` for any number of directories."""

import stat
from collections.abc import Iterator
from errno import ELOOP, ENOENT, ENOTDIR
from fnmatch import fnmatchcase
from os import stat_result
from typing import Final

from petrichor.loss.side import Side

_MAGIC: Final = frozenset(b"*?[")
_ANY: Final = b"**"
_ABSENT: Final = (ENOENT, ENOTDIR, ELOOP)
Found = tuple[bytes, stat_result]
"""A relative path, and its lstat facts."""


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


def find(side: Side, parts: tuple[bytes, ...], *, literal: bool) -> Iterator[Found]:
    """Give what a tree has at a path, or at all that match a pattern, in the order of names.

    Links are not followed.  As in a shell, ``*`` does not match a leading dot.

    Raises:
        OSError: something could not be read.
    """
    if literal or not any(map(has_magic, parts)):
        path = b"/".join(parts)
        facts = _facts(side, path)
        return iter([(path, facts)] if facts is not None else [])
    return _expand(side, b"", parts)


def _expand(side: Side, where: bytes, parts: tuple[bytes, ...]) -> Iterator[Found]:
    """Give all that match below a directory."""
    first, rest = parts[0], parts[1:]
    if first == _ANY and rest:
        yield from _expand(side, where, rest)
    for name, facts in _entries(side, where):
        path = where + b"/" + name if where else name
        is_directory = stat.S_ISDIR(facts.st_mode)
        if first == _ANY and not name.startswith(b"."):
            if not rest:
                yield path, facts
            if is_directory:
                yield from _expand(side, path, parts)
        elif first != _ANY and _matches(name, first, literal=False):
            if not rest:
                yield path, facts
            elif is_directory:
                yield from _expand(side, path, rest)


def _entries(side: Side, where: bytes) -> list[Found]:
    try:
        return list(side.entries(where).items())
    except OSError as error:
        if error.errno in _ABSENT:
            return []
        raise


def _facts(side: Side, path: bytes) -> stat_result | None:
    try:
        return side.facts(path)
    except OSError as error:
        if error.errno in _ABSENT:
            return None
        raise


def _matches(name: bytes, pattern: bytes, *, literal: bool) -> bool:
    if literal or not has_magic(pattern):
        return name == pattern
    return fnmatchcase(name, pattern) and not (
        name.startswith(b".") and not pattern.startswith(b".")
    )


def _parts(path: bytes) -> tuple[bytes, ...]:
    return tuple(part for part in path.split(b"/") if part)
