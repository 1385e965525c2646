"""Which paths of a store a declaration names: the rest of its content is stale."""

from collections.abc import Iterable
from enum import Enum


class Cover(Enum):
    """How a path of a store stands to the paths that are kept there."""

    KEPT = "kept"
    """Kept itself, or below a path that is."""
    PARENT = "parent"
    """Only leads to kept paths: it has to be descended."""
    STALE = "stale"
    """Neither: nobody declares it, nor anything below it."""


class Coverage:
    """The kept paths of one store, relative to its top; exact for nested ones."""

    def __init__(self, kept: Iterable[bytes]) -> None:
        """Take paths without a leading slash; an empty one keeps the whole store."""
        self._kept = frozenset(kept)
        self._parents = frozenset(above for path in self._kept for above in _above(path))

    def cover(self, path: bytes) -> Cover:
        """Return how the relative ``path`` is covered; the top of the store is empty."""
        if path in self._kept or any(above in self._kept for above in _above(path)):
            return Cover.KEPT
        return Cover.PARENT if not path or path in self._parents else Cover.STALE


def _above(path: bytes) -> list[bytes]:
    """Return all directories above ``path``, the top of the store among them."""
    if not path:
        return []
    parts = path.split(b"/")
    return [b"/".join(parts[:count]) for count in range(len(parts))]
