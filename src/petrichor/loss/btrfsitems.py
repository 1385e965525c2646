"""What the items of a Btrfs tree mean: inodes, their names, and directories.

The layouts are those of linux/btrfs_tree.h: struct btrfs_inode_item, btrfs_inode_ref,
btrfs_inode_extref and btrfs_dir_item.
"""

import stat
import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

Item = tuple[int, int, int, bytes]
"""Object, type, offset, and the item itself."""
Items = tuple[memoryview, int]
"""Items that stand behind each other in memory, each with its header, and how many they are."""

INODE_ITEM: Final = 1
INODE_REF: Final = 12
INODE_EXTREF: Final = 13
XATTR_ITEM: Final = 24
ROOT_ITEM: Final = 132

_HEADER: Final = struct.Struct("=16xQII")
"""Offset, kind and length of an item that follows: btrfs_ioctl_search_header of linux/btrfs.h."""
_FACTS: Final = "QQQ20xIIIQQ64xqI12x"
_INODE: Final = struct.Struct(f"={_FACTS}")
_PLAIN: Final = struct.Struct(f"=24xI4x {_FACTS} 16xQII 8xH")
"""An inode's own item and the first name in the item behind it, with their headers."""
_PLACED: Final = struct.Struct("=24xI4x QQ144x 16xQI4x 8xH")
"""The same with nothing of the inode but its transactions."""
_REF: Final = struct.Struct("=QH")
_EXTREF: Final = struct.Struct("=QQH")
_DIR: Final = struct.Struct("=QBQQHHB")

_INODE_AND_NAME: Final = 2
_NOTHING: Final[frozenset[tuple[bytes, bytes]]] = frozenset()
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


def read_inode(items: Items) -> Inode | None:
    """Return the inode that some items describe; None where its own is not among them."""
    memory, count = items
    if count == _INODE_AND_NAME and len(memory) >= _PLAIN.size:
        (
            own, made, written, size, uid, gid, mode, rdev, flags, seconds, nanoseconds,
            above, kind, length, named,
        ) = _PLAIN.unpack_from(memory)  # fmt: skip
        if own == INODE_ITEM and kind == INODE_REF and length == _REF.size + named:
            name = memory[_PLAIN.size : _PLAIN.size + named].tobytes()
            return Inode(
                made, written, size, uid, gid, mode, rdev, _shown(mode, flags),
                (seconds, nanoseconds), frozenset(((above, name),)), _NOTHING,
            )  # fmt: skip
    return _read_all(memory, count)


def _read_all(memory: memoryview, count: int) -> Inode | None:
    """Return the same of any items."""
    names: list[tuple[int, bytes]] = []
    xattrs: list[tuple[bytes, bytes]] = []
    own = b""
    at = 0
    for _ in range(count):
        offset, kind, length = _HEADER.unpack_from(memory, at)
        at += _HEADER.size
        data = memory[at : at + length].tobytes()
        at += length
        if kind == INODE_REF:
            names += _read_names(offset, data)
        elif kind == INODE_ITEM:
            own = data
        elif kind == INODE_EXTREF:
            names += _read_far_names(data)
        elif kind == XATTR_ITEM:
            xattrs += _read_xattrs(data)
    if not own:
        return None
    facts = _INODE.unpack_from(own)
    made, written, size, uid, gid, mode, rdev, flags, seconds, nanoseconds = facts
    return Inode(
        made, written, size, uid, gid, mode, rdev, _shown(mode, flags),
        (seconds, nanoseconds), frozenset(names), frozenset(xattrs),
    )  # fmt: skip


def _shown(mode: int, flags: int) -> int:
    kind = mode & 0o170000
    return flags & _VISIBLE if kind in (stat.S_IFREG, stat.S_IFDIR) else 0


def read_directory(items: Items) -> tuple[int, int, tuple[int, bytes]] | None:
    """Return the transactions that made and wrote a directory, and its name.

    Only amid a renaming it has two; the first is given then.  None where that is not what the
    first two items say.
    """
    memory, count = items
    if count < _INODE_AND_NAME or len(memory) < _PLACED.size:
        return None
    own, made, written, above, kind, named = _PLACED.unpack_from(memory)
    if own != INODE_ITEM or kind != INODE_REF:
        return None
    name = memory[_PLACED.size : _PLACED.size + named].tobytes()
    return made, written, (above, name)


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


def read_children(data: bytes) -> Iterator[tuple[bytes, Child]]:
    """Read names in a directory, and what they stand for; if their hashes collide they share it."""
    at = 0
    while at < len(data):
        number, kind, _, _, more, length, _ = _DIR.unpack_from(data, at)
        at += _DIR.size
        yield data[at : at + length], Child(number, kind == ROOT_ITEM)
        at += length + more
