"""The items of Btrfs trees, by ioctl, as linux/btrfs.h and linux/btrfs_tree.h define them.

BTRFS_IOC_TREE_SEARCH_V2 and BTRFS_IOC_INO_LOOKUP need root.  A search answers for one range of
whole keys (object, type, offset), so items of other types lie in between, and it can leave out the
leaves of a tree that were not written since a transaction: that is what finds changes fast.
"""

import fcntl
import struct
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Final, NamedTuple, TypeVar, final

from petrichor.system.syscalls import sync_filesystem

SEARCH: Final = 0xC0709411  # _IOWR(0x94, 17, 112 bytes)
LOOKUP: Final = 0xD0009412  # _IOWR(0x94, 18, 4096 bytes)
_SUBVOLUME: Final = 0x81F8943C  # _IOR(0x94, 60, 504 bytes)

ROOT_TREE: Final = 1
FIRST_DIRECTORY: Final = 256
"""The inode number of every subvolume's top."""
LAST: Final = 2**64 - 256
MAX: Final = 2**64 - 1

_INODE: Final = 1
_XATTR: Final = 24
_DIRECTORY_ITEM: Final = 84
_EXTENT: Final = 108
_ROOT_REF: Final = 156

_KEY: Final = struct.Struct("=7Q4I4QQ")
_ASKED: Final = struct.Struct("=7Q3I")
_COUNT: Final = struct.Struct("=I")
_COUNT_AT: Final = 64
_PACK, _COUNTED = _ASKED.pack_into, _COUNT.unpack_from
_HEADER: Final = struct.Struct("=QQQII")
_KIND_AND_LENGTH: Final = struct.Struct("=II")
_LENGTH: Final = struct.Struct("=I")
_GENERATION_AND_TRANSID: Final = struct.Struct("=QQ")
_NAMED: Final = struct.Struct("=QQH")
_ANSWER: Final = 1 << 18
"""Bytes of an answer: it is read again while the processor's cache still holds it."""
_LONGEST: Final = 1 << 16
"""No item is longer than the largest node, in bytes."""
_FEW: Final = _ANSWER // _LONGEST - 1
"""So many items are always a whole answer."""


_Unpacked = TypeVar("_Unpacked")
Key = tuple[int, int, int]
"""Object, type, offset: items are sorted by it."""


Item = tuple[int, int, int, bytes]
"""Object, type, offset, and the item itself: a plain tuple, for there are many."""


class History(NamedTuple):
    """Where a subvolume comes from; uuids of 16 bytes, zero where there is none."""

    number: int
    uuid: bytes
    parent_uuid: bytes
    """That of the subvolume it was a snapshot of."""
    altered: int
    """The transaction in which an inode of it was written last."""
    made: int
    """The transaction in which it was made: a snapshot equalled its source then."""


def search(descriptor: int, tree: int, low: Key, high: Key) -> Iterator[Item]:
    """Yield the items of a tree from ``low`` to ``high``; tree 0 is that of the descriptor.

    Raises:
        OSError: this is no Btrfs, or the caller is not root.
    """
    for page in _pages(descriptor, _new_buffer(), tree, low, high, _unpack):
        yield from page


def _new_buffer() -> memoryview:
    """Return a place for questions and their answers."""
    buffer = memoryview(bytearray(_KEY.size + _ANSWER))
    _KEY.pack_into(buffer, 0, *[0] * 15, _ANSWER)
    return buffer


def _pages(
    descriptor: int,
    buffer: memoryview,
    tree: int,
    low: Key,
    high: Key,
    unpack: Callable[[memoryview, int], tuple[list[_Unpacked], int, int]],
) -> Iterator[list[_Unpacked]]:
    """Yield the same, as many at a time as the buffer holds; between two it may serve others."""
    while low <= high and (count := _ask(descriptor, buffer, tree, low, high)):
        page, last, end = unpack(buffer, count)
        low = _behind(buffer, last)
        yield page
        if end + _LONGEST <= len(buffer):  # the next one would have had its place
            return


def _ask(
    descriptor: int,
    buffer: memoryview,
    tree: int,
    low: Key,
    high: Key,
    newer_than: int = -1,
    most: int = 2**32 - 1,
) -> int:
    """Fill the buffer and return how many items it holds."""
    first, kind, offset = low
    last, end, most_offset = high
    newest = newer_than + 1
    _PACK(buffer, 0, tree, first, last, offset, most_offset, newest, MAX, kind, end, most)
    fcntl.ioctl(descriptor, SEARCH, buffer)
    count: int = _COUNTED(buffer, _COUNT_AT)[0]
    return count


def _behind(buffer: memoryview, at: int) -> Key:
    """Return the key that follows that of the item whose header is at a place."""
    _, objectid, offset, kind, _ = _HEADER.unpack_from(buffer, at)
    return (objectid, kind, offset + 1) if offset < MAX else (objectid, kind + 1, 0)


def _unpack(buffer: memoryview, count: int) -> tuple[list[Item], int, int]:
    """Return the items of an answer, where the last one's header is, and where all of it ends."""
    items: list[Item] = []
    at = last = _KEY.size
    head = _HEADER.unpack_from
    for _ in range(count):
        last = at
        _, objectid, offset, kind, length = head(buffer, at)
        at += 32
        items.append((objectid, kind, offset, buffer[at : at + length].tobytes()))
        at += length
    return items, last, at


def _unpack_alone(
    buffer: memoryview, count: int, at: int = _KEY.size
) -> tuple[list[bytes], int, int]:
    """Return the same without the keys of the items; ``at`` is where the first one's header is."""
    items: list[bytes] = []
    last = at
    length_of = _LENGTH.unpack_from
    for _ in range(count):
        last = at
        begin = at + 32
        at = begin + length_of(buffer, last + 28)[0]
        items.append(buffer[begin:at].tobytes())
    return items, last, at


def _whole(buffer: memoryview, count: int) -> tuple[list[tuple[bytes, int]], int, int]:
    """Return the same with all items as they stand, and their number."""
    last, end = _bounds(buffer, count)
    return [(buffer[_KEY.size : end].tobytes(), count)], last, end


def _bounds(buffer: memoryview, count: int) -> tuple[int, int]:
    """Return where the last item's header is, and where the answer ends."""
    at = last = _KEY.size
    length_of = _LENGTH.unpack_from
    for _ in range(count):
        last = at
        at += 32 + length_of(buffer, at + 28)[0]
    return last, at


def lookup(descriptor: int, tree: int, directory: int) -> bytes | None:
    """Return a directory's path inside its subvolume; None if it is gone."""
    if directory == FIRST_DIRECTORY:
        return b""
    buffer = bytearray(4096)
    struct.pack_into("=QQ", buffer, 0, tree, directory)
    try:
        fcntl.ioctl(descriptor, LOOKUP, buffer)
    except FileNotFoundError:
        return None
    return bytes(buffer[16:]).partition(b"\0")[0].rstrip(b"/")


@final
class SubvolumeTree:
    """The tree of one subvolume, by inode numbers.

    All methods raise OSError for what cannot be read; what is not there is an empty answer.
    """

    def __init__(self, descriptor: int) -> None:
        """Read the subvolume whose top is open as ``descriptor``, which stays the caller's."""
        self._top = descriptor
        self._buffer = _new_buffer()
        self._answer = self._buffer[_KEY.size :]

    def settle(self) -> None:
        """Have the filesystem write what waits in memory: inodes are in no tree before."""
        sync_filesystem(self._top)

    def history(self) -> History:
        """Ask BTRFS_IOC_GET_SUBVOL_INFO, of Linux 4.18."""
        answer = fcntl.ioctl(self._top, _SUBVOLUME, bytes(504))
        (number,) = struct.unpack_from("=Q", answer)
        altered, made = struct.unpack_from("=QQ", answer, 344)
        return History(number, answer[296:312], answer[312:328], altered, made)

    def end(self) -> int:
        """Return the number behind that of the last inode."""
        low, high = FIRST_DIRECTORY, 1 << 62
        while low < high:
            middle = (low + high) // 2
            if self._has_item(middle):
                low = middle + 1
            else:
                high = middle
        return low

    def _has_item(self, number: int) -> bool:
        """Tell whether an inode of this or of a higher number is there."""
        first, last = (number, _INODE, 0), (LAST, _INODE, MAX)
        return _ask(self._top, self._buffer, 0, first, last, most=1) > 0

    def changed(self, since: int, first: int, end: int) -> set[int]:
        """Return the inodes that are older than a transaction's end and were written after it.

        They are looked for from number ``first`` up to, but without, ``end``.
        """
        found = set()
        buffer = self._buffer
        head, stamps = _KIND_AND_LENGTH.unpack_from, _GENERATION_AND_TRANSID.unpack_from
        low, high = (first, _INODE, 0), (end - 1, _INODE, MAX)
        while low <= high and (count := _ask(self._top, buffer, 0, low, high, since)):
            at = last = _KEY.size
            for _ in range(count):
                last = at
                kind, length = head(buffer, at + 24)
                if kind == _INODE:
                    # Neighbours in a leaf that was written come along.
                    generation, transid = stamps(buffer, at + 32)
                    if transid > since >= generation:
                        found.add(_HEADER.unpack_from(buffer, at)[1])
                at += 32 + length
            low = _behind(buffer, last)
        return found

    def inode(self, number: int) -> tuple[memoryview, int]:
        """Return an inode's own item, its names and its extended attributes, and how many they are.

        They stand in memory as the kernel gave them, until the tree is asked again.
        """
        low, high = (number, _INODE, 0), (number, _XATTR, MAX)
        count = _ask(self._top, self._buffer, 0, low, high)
        if count > _FEW and _bounds(self._buffer, count)[1] + _LONGEST > len(self._buffer):
            pages = _pages(self._top, self._buffer, 0, low, high, _whole)
            parts = list(chain.from_iterable(pages))  # none, if it vanished just now
            return memoryview(b"".join(part for part, _ in parts)), sum(n for _, n in parts)
        return self._answer, count

    def node(self, number: int) -> tuple[tuple[memoryview, int], list[bytes] | None]:
        """Return what `inode` does, and the items of a directory's names; None for too many names.

        The first part holds until the tree is asked again.
        """
        buffer, at = self._buffer, _KEY.size
        low, high = (number, _INODE, 0), (number, _DIRECTORY_ITEM, MAX)
        count = own = _ask(self._top, buffer, 0, low, high)
        head = _KIND_AND_LENGTH.unpack_from
        for place in range(count):
            kind, length = head(buffer, at + 24)
            if kind == _DIRECTORY_ITEM:
                own = place
                break
            at += 32 + length
        entries, _, end = _unpack_alone(buffer, count - own, at)
        if end + _LONGEST > len(buffer):
            return self.inode(number), None
        return (self._answer, own), entries

    def entries(self, directory: int) -> Iterator[list[bytes]]:
        """Yield the items of a directory's names, not too many at a time."""
        low, high = (directory, _DIRECTORY_ITEM, 0), (directory, _DIRECTORY_ITEM, MAX)
        return _pages(self._top, self._buffer, 0, low, high, _unpack_alone)

    def extents(self, number: int) -> Iterator[Item]:
        """Yield where the content of a file lies, and short content itself."""
        low, high = (number, _EXTENT, 0), (number, _EXTENT, MAX)
        return chain.from_iterable(_pages(self._top, self._buffer, 0, low, high, _unpack))

    def nested(self) -> list[tuple[int, int, bytes]]:
        """Return the subvolumes that begin in this one: number, directory, name."""
        number = self.history().number
        found = []
        low, high = (number, _ROOT_REF, 0), (number, _ROOT_REF, MAX)
        for item in search(self._top, ROOT_TREE, low, high):
            _, _, child, data = item
            directory, _, length = _NAMED.unpack_from(data)
            found.append((child, directory, data[_NAMED.size : _NAMED.size + length]))
        return found
