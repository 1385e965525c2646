"""The content of a file: shared where the filesystem can, copied with its holes where it cannot."""

import fcntl
import os
from collections.abc import Callable, Iterator
from errno import EAGAIN, EINVAL, ENOSYS, ENOTTY, ENXIO, EOPNOTSUPP, EPERM, ETXTBSY, EXDEV
from itertools import zip_longest
from typing import Final

from petrichor.system.directory import blocks

_FICLONE: Final = 0x40049409  # _IOW(0x94, 9, int) of linux/fs.h
_NOWHERE: Final = {EXDEV, EOPNOTSUPP, ENOTTY, ENOSYS}
"""These two filesystems share nothing."""
_NOT_THIS: Final = {EINVAL, EPERM, ETXTBSY, EAGAIN}
"""Not this file: one has checksums and the other has none, it is a swap file, or (ZFS) too new."""
_AT_ONCE: Final = 1 << 26
_BLOCK: Final = 1 << 20


def share(source: int, target: int) -> bool | None:
    """Let an empty file share all blocks of another: FICLONE; tell whether that was done.

    None means that nothing can be shared between these two filesystems.

    Raises:
        OSError: as ioctl_ficlone(2) tells it.
    """
    try:
        fcntl.ioctl(target, _FICLONE, source)
    except OSError as error:
        if error.errno in _NOWHERE:
            return None
        if error.errno in _NOT_THIS:
            return False
        raise
    return True


def transfer(source: int, target: int, facts: os.stat_result, told: Callable[[int], None]) -> None:
    """Copy what is in a file to an empty one, and leave its holes out.

    ``told`` hears of each part, in bytes.

    Raises:
        OSError: as copy_file_range(2), pread(2) and pwrite(2) tell it.
    """
    move = _in_kernel
    for start, end in _data(source, facts):
        offset = start
        while offset < end:
            try:
                moved = move(source, target, offset, min(end - offset, _AT_ONCE))
            except OSError as error:
                if move is _by_hand or error.errno not in _NOWHERE | _NOT_THIS:
                    raise
                move = _by_hand
                continue
            if not moved:  # it became shorter, which the caller finds out
                return
            offset += moved
            told(moved)
    os.ftruncate(target, facts.st_size)


def _data(source: int, facts: os.stat_result) -> Iterator[tuple[int, int]]:
    """Give where the parts of a file begin and end that are no holes: lseek(2)."""
    size = facts.st_size
    if facts.st_blocks * 512 >= size:
        yield 0, size
        return
    end = 0
    while end < size:
        try:
            start = os.lseek(source, end, os.SEEK_DATA)
        except OSError as error:
            if error.errno == ENXIO:  # nothing but a hole up to the end
                return
            raise
        end = min(os.lseek(source, start, os.SEEK_HOLE), size)
        yield start, end


def _in_kernel(source: int, target: int, start: int, count: int) -> int:
    return os.copy_file_range(source, target, count, start, start)


def _by_hand(source: int, target: int, start: int, count: int) -> int:
    data = memoryview(os.pread(source, min(count, _BLOCK), start))
    written = 0
    while written < len(data):
        written += os.pwrite(target, data[written:], start + written)
    return written


def same(one: int, other: int) -> bool:
    """Tell whether two open files have the same content.

    Raises:
        OSError: as pread(2) tells it.
    """
    if os.fstat(one).st_size != os.fstat(other).st_size:
        return False
    return all(left == right for left, right in zip_longest(blocks(one), blocks(other)))


def same_on_disk(source: int, target: int) -> bool:
    """Tell whether a file that was written and synced reads back from the disk as its source.

    Raises:
        OSError: as pread(2) tells it.
    """
    os.posix_fadvise(target, 0, 0, os.POSIX_FADV_DONTNEED)
    return same(source, target)
