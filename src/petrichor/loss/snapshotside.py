"""A baseline as its snapshot will be: what a reset really brings back."""

import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, final

from petrichor.loss.side import Side

_STUB: Final = stat.S_IFDIR | 0o755
_EMPTY: Final = 2
"""Its inode number in a snapshot: BTRFS_EMPTY_SUBVOL_DIR_OBJECTID of linux/btrfs_tree.h."""


@final
class SnapshotSide:
    """A tree whose nested subvolumes are empty directories, as a snapshot has them."""

    def __init__(self, side: Side) -> None:
        """See the tree of ``side`` that way."""
        self._side = side
        self._device = side.facts(b"").st_dev

    def entries(self, directory: bytes) -> Mapping[bytes, os.stat_result]:
        """Return what lies in a directory, with its lstat facts, sorted by name."""
        if self._is_nested(self._side.facts(directory)):
            return {}
        found = self._side.entries(directory)
        return {name: self._seen(facts) for name, facts in found.items()}

    def facts(self, path: bytes) -> os.stat_result:
        """Return the lstat facts of an entry."""
        return self._seen(self._side.facts(path))

    def target(self, path: bytes) -> bytes:
        """Return where a symlink leads."""
        return self._side.target(path)

    def xattrs(self, path: bytes) -> Mapping[bytes, bytes]:
        """Return the extended attributes of an entry."""
        return {} if self._is_nested(self._side.facts(path)) else self._side.xattrs(path)

    def flags(self, path: bytes) -> int:
        """Return the inode flags that chattr(1) sets."""
        return 0 if self._is_nested(self._side.facts(path)) else self._side.flags(path)

    def marks(self, directory: bytes, names: Iterable[bytes]) -> list[int]:
        """Return the marks of some entries of a directory."""
        return self._side.marks(directory, names)

    def content(self, path: bytes) -> Iterator[tuple[int, bytes]]:
        """Give a regular file's content as ``Side`` does."""
        return self._side.content(path)

    def _is_nested(self, facts: os.stat_result) -> bool:
        return facts.st_dev != self._device

    def _seen(self, facts: os.stat_result) -> os.stat_result:
        """Return the facts that the kernel makes up for what it has no inode of.

        Its modification time is that of the moment, and no loss; its device is its directory's.
        It belongs to root, or since Linux 6.7 to whom its directory belongs.
        """
        if not self._is_nested(facts):
            return facts
        mtime = facts.st_mtime_ns
        owner, group = (facts.st_uid, facts.st_gid) if facts.st_ino == _EMPTY else (0, 0)
        return os.stat_result(
            (_STUB, 2, self._device, 1, owner, group, 0, 0, mtime // 10**9, 0),
            {"st_mtime_ns": mtime, "st_ctime_ns": 0, "st_rdev": 0},
        )
