"""Items of Btrfs trees made by hand, after linux/btrfs_tree.h."""

import struct
from collections.abc import Iterable, Mapping

from petrichor.loss.btrfsitems import Item, Items

FILE, FOLDER = 0o100644, 0o040755
_ROOT_ITEM, _INODE_ITEM = 132, 1


def inode(
    number: int, *, generation: int = 1, size: int = 0, uid: int = 0, gid: int = 0,
    mode: int = FILE, rdev: int = 0, flags: int = 0, mtime: int = 0, nanoseconds: int = 0,
) -> list[Item]:  # fmt: skip
    transid, nbytes, group, links, sequence = 1, 2, 3, 4, 5
    data = struct.pack("<QQQQQ", generation, transid, size, nbytes, group)
    data += struct.pack("<IIIIQQQ32x", links, uid, gid, mode, rdev, flags, sequence)
    for moment in ((8, 9), (10, 11), (mtime, nanoseconds), (12, 13)):
        data += struct.pack("<qI", *moment)
    assert len(data) == 160
    return [(number, _INODE_ITEM, 0, data)]


def names(number: int, links: Iterable[tuple[int, bytes]]) -> list[Item]:
    """All names in one directory share an item."""
    found: dict[int, bytes] = {}
    for directory, name in sorted(links):
        item = struct.pack("<QH", 2, len(name)) + name
        found[directory] = found.get(directory, b"") + item
    return [(number, 12, directory, data) for directory, data in found.items()]


def far_names(number: int, links: Iterable[tuple[int, bytes]]) -> list[Item]:
    """Names whose hashes collide share an item, whatever their directories."""
    data = b"".join(struct.pack("<QQH", d, 2, len(name)) + name for d, name in sorted(links))
    return [(number, 13, 77, data)] if data else []


def xattrs(number: int, values: Mapping[bytes, bytes]) -> list[Item]:
    """Here all hashes collide."""
    data = b"".join(
        struct.pack("<QBQQHHB", 0, 0, 0, 9, len(value), len(name), 8) + name + value
        for name, value in values.items()
    )
    return [(number, 24, 77, data)] if data else []


def entry(name: bytes, child: int, is_root: bool) -> bytes:
    """One name of a directory's item: several may share it."""
    kind = _ROOT_ITEM if is_root else _INODE_ITEM
    return struct.pack("<QBQQHHB", child, kind, 0, 9, 0, len(name), 1) + name


def answer(items: Iterable[Item]) -> Items:
    """The items as the kernel gives them, after linux/btrfs.h."""
    found = [
        struct.pack("<QQQII", 7, number, offset, kind, len(data)) + data
        for number, kind, offset, data in items
    ]
    return memoryview(b"".join(found)), len(found)
