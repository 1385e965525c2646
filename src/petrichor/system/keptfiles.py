"""Kept files are looked at one by one: which are databases, and what lies beside them."""

import os
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Final

from petrichor.model.declaration import KeptPath, Kind

_SQLITE: Final = b"SQLite format 3\0"
"""How every database of SQLite 3 begins: https://www.sqlite.org/fileformat.html, 1.3."""
_READ: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


def databases(root: Path, kept: Iterable[KeptPath]) -> frozenset[PurePosixPath]:
    """Return those of the kept files and their places in the store that SQLite made."""
    paths = [path for item in _files(kept) for path in (item.path, item.source)]
    return frozenset(path for path in paths if _is_database(root / path.relative_to("/")))


def beside(root: Path, kept: Iterable[KeptPath]) -> Mapping[PurePosixPath, tuple[str, ...]]:
    """Return what lies beside each kept file under a name that begins with its own."""
    return {item.path: _beside(root / item.path.relative_to("/")) for item in _files(kept)}


def _files(kept: Iterable[KeptPath]) -> list[KeptPath]:
    return [item for item in kept if item.kind is Kind.FILE]


def _is_database(path: Path) -> bool:
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return False
        descriptor = os.open(path, _READ)
        try:
            return os.read(descriptor, len(_SQLITE)) == _SQLITE
        finally:
            os.close(descriptor)
    except OSError:
        return False


def _beside(path: Path) -> tuple[str, ...]:
    starts = (path.name, f".{path.name}")
    try:
        names = os.listdir(path.parent)
    except OSError:
        return ()
    return tuple(sorted(name for name in names if name.startswith(starts) and name != path.name))
