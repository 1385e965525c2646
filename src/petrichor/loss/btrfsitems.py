"""What the items of a Btrfs tree mean: inodes, their names, and directories.

The layouts are those of linux/btrfs_tree.h: struct btrfs_inode_item, btrfs_inode_ref,
btrfs_inode_extref and btrfs_dir_item.
"""

import stat
import struct
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

Item = tuple[int, int, int, bytes]
"""Object, type, offset, and the item itself."""

INODE_ITEM: Final = 1
INODE_REF: Final = 12
INODE_EXTREF: Final = 13
XATTR_ITEM: Final = 24
ROOT_ITEM: Final = 132

_INODE: Final = struct.Struct("=QQQ16xIIIIQQ")
_STAMPS: Final = struct.Struct("=QQ")
_MTIME: Final = struct.Struct("=qI")
_MTIME_AT: Final = 136
_REF: Final = struct.Struct("=QH")
_EXTREF: Final = struct.Struct("=QQH")
_DIR: Final = struct.Struct("=QBQQHHB")

_VISIBLE: Final = 0xFEA
"""SYNC, IMMUTABLE, APPEND, NODUMP, NOATIME, DIRSYNC, COMPRESS, NODATACOW and NOCOMPRESS."""


class Inode(NamedTuple):
    """What one tree holds of a file."""

    generation: int
    """The transaction that made it."""
    transid: int
    """The transaction that wrote it last."""
    size: int
    uid: int
    gid: int
    mode: int
    rdev: int
    flags: int
    """Those that lsattr(1) shows."""
    mtime: tuple[int, int]
    """Seconds and nanoseconds."""
    names: frozenset[tuple[int, bytes]]
    """Directories, by inode number, and the names in them."""
    xattrs: frozenset[tuple[bytes, bytes]]

    @property
    def is_directory(self) -> bool:
        """Return whether it is a directory."""
        return stat.S_ISDIR(self.mode)


class Child(NamedTuple):
    """What a name in a directory stands for."""

    number: int
    is_root: bool
    """Whether the number is that of a subvolume, not of an inode."""


def read_inode(items: Iterable[Item]) -> Inode | None:
    """Return the inode that some items describe; None where its own is not among them."""
    names: list[tuple[int, bytes]] = []
    xattrs: list[tuple[bytes, bytes]] = []
    own = b""
    for _, kind, offset, data in items:
        if kind == INODE_REF:
            if _REF.unpack_from(data)[1] == len(data) - _REF.size:  # hardly ever more than one
                names.append((offset, data[_REF.size :]))
            else:
                names += _read_names(offset, data)
        elif kind == INODE_ITEM:
            own = data
        elif kind == INODE_EXTREF:
            names += _read_far_names(data)
        elif kind == XATTR_ITEM:
            xattrs += _read_xattrs(data)
    if not own:
        return None
    made, written, size, _, uid, gid, mode, rdev, flags = _INODE.unpack_from(own)
    kind = mode & 0o170000
    shown = flags & _VISIBLE if kind in (stat.S_IFREG, stat.S_IFDIR) else 0
    mtime = _MTIME.unpack_from(own, _MTIME_AT)
    links, attributes = frozenset(names), frozenset(xattrs)
    return Inode(made, written, size, uid, gid, mode, rdev, shown, mtime, links, attributes)


def read_directory(items: Sequence[Item]) -> tuple[int, int, tuple[int, bytes]] | None:
    """Return the transactions that made and wrote a directory, and its name.

    Only amid a renaming it has two; the first is given then.  None where that is not what the
    first two items say.
    """
    if len(items) < 2:
        return None
    (_, kind, _, own), (_, named, above, data), *_ = items
    if kind != INODE_ITEM or named != INODE_REF:
        return None
    made, written = _STAMPS.unpack_from(own)
    _, length = _REF.unpack_from(data)
    return made, written, (above, data[_REF.size : _REF.size + length])


def _read_names(directory: int, data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(data):
        _, length = _REF.unpack_from(data, at)
        at += _REF.size
        yield directory, data[at : at + length]
        at += length


def _read_far_names(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Read the names that did not fit into one item."""
    at = 0
    while at < len(data):
        directory, _, length = _EXTREF.unpack_from(data, at)
        at += _EXTREF.size
        yield directory, data[at : at + length]
        at += length


def _read_xattrs(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Read names and values; those whose hashes collide share an item."""
    at = 0
    while at < len(data):
        _, _, _, _, length, name, _ = _DIR.unpack_from(data, at)
        at += _DIR.size
        middle = at + name
        yield data[at:middle], data[middle : middle + length]
        at = middle + length


def read_name(data: bytes) -> tuple[bytes, Child]:
    """Return a name in a directory, and what it stands for."""
    number, kind, _, _, _, length, _ = _DIR.unpack_from(data)
    return data[_DIR.size : _DIR.size + length], Child(number, kind == ROOT_ITEM)
