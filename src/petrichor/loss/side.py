"""What the loss asks of one tree: the volume as it is, or its baseline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator, Mapping


class Side(Protocol):
    """One tree, read by relative paths, the empty one for its top.

    Every method may raise OSError: FileNotFoundError for what is not there (any more).
    """

    def entries(self, directory: bytes) -> Mapping[bytes, os.stat_result]:
        """Return what lies in a directory, with its lstat facts, sorted by name."""
        ...

    def facts(self, path: bytes) -> os.stat_result:
        """Return the lstat facts of an entry."""
        ...

    def target(self, path: bytes) -> bytes:
        """Return where a symlink leads."""
        ...

    def xattrs(self, path: bytes) -> Mapping[bytes, bytes]:
        """Return the extended attributes of an entry: access control lists and capabilities too."""
        ...

    def flags(self, path: bytes) -> int:
        """Return the inode flags that chattr(1) sets; 0 for what has none."""
        ...

    def marks(self, directory: bytes, names: Iterable[bytes]) -> list[int]:
        """Return for each entry of a directory whether it is immutable, append-only or not dumped.

        They are flags too, and cost no opening; what vanished has none.
        """
        ...

    def content(self, path: bytes) -> Iterator[tuple[int, bytes]]:
        """Give a regular file's content: offsets and blocks, but those of zeros alone are left out.

        Two files of one size have the same content exactly if these are the same.
        """
        ...
