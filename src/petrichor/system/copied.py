"""Marks in ``/run``: which kept files this boot copied to their volumes.

The unit that copies a file leaves its mark; so does whoever made store and volume the same later.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath

from petrichor.model.names import COPIED, copy_mark
from petrichor.system.files import locked


def is_marked(path: PurePosixPath) -> bool:
    """Tell whether what stands at a path came from the store, or was saved since."""
    return os.path.isdir(copy_mark(path))


def mark(path: PurePosixPath) -> None:
    """Note that what stands at a path comes from the store."""
    Path(copy_mark(path)).mkdir(parents=True, exist_ok=True)


def unmark(paths: Iterable[PurePosixPath]) -> None:
    """Forget about files that are copied no more."""
    for path in paths:
        with suppress(OSError):
            os.rmdir(copy_mark(path))


@contextmanager
def alone() -> Iterator[None]:
    """Wait until nobody else saves files, and keep it so."""
    place = Path(COPIED)
    place.mkdir(parents=True, exist_ok=True)
    with locked(place, wait=True):
        yield
