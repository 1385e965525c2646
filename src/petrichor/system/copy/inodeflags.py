"""The flags of inodes that chattr(1) sets: FS_IOC_GETFLAGS and FS_IOC_SETFLAGS of linux/fs.h."""

import fcntl
import os
import struct
import sys
from collections.abc import Iterator
from errno import EINVAL, ENOTTY, EOPNOTSUPP, EPERM
from typing import Final

from petrichor.system.directory import GETFLAGS, NO_FLAGS, VISIBLE

_SETFLAGS: Final = 0x40006602 | struct.calcsize("l") << 16
_SUBVOL_GETFLAGS: Final = 0x80089419
_SUBVOL_SETFLAGS: Final = 0x4008941A
"""BTRFS_IOC_SUBVOL_GETFLAGS and ..._SETFLAGS of linux/btrfs.h."""
_SUBVOL_READ_ONLY: Final = 0x02
_SUBVOL_INODE: Final = 256
"""The inode number of the top of every subvolume: BTRFS_FIRST_FREE_OBJECTID."""
_NOTHING: Final = bytes(struct.calcsize("l"))
_LETTERS: Final = {
    1 << bit: letter
    for bit, letter in {0: "s", 1: "u", 2: "c", 3: "S", 4: "i", 5: "a", 6: "d", 7: "A", 10: "m",
    14: "j", 15: "t", 16: "D", 17: "T", 23: "C", 25: "x", 29: "P"}.items()
}  # fmt: skip
HARD: Final = 0x10 | 0x20
"""Immutable and append-only: they forbid everything that comes after them."""


def read(descriptor: int) -> int:
    """Return the flags of a file or directory; 0 where the filesystem has none."""
    return _read(descriptor) & VISIBLE


def _read(descriptor: int) -> int:
    try:
        answer = fcntl.ioctl(descriptor, GETFLAGS, _NOTHING)
    except OSError as error:
        if error.errno in NO_FLAGS:
            return 0
        raise
    return int.from_bytes(answer[:4], sys.byteorder)


def add(descriptor: int, wanted: int) -> Iterator[str]:
    """Add flags, and give the letters of those that this filesystem cannot hold."""
    try:
        _write(descriptor, _read(descriptor) | wanted)
        return
    except OSError as error:
        if error.errno not in (ENOTTY, EOPNOTSUPP, EINVAL, EPERM):
            raise
    for flag, letter in _LETTERS.items():
        if wanted & flag:
            try:
                _write(descriptor, _read(descriptor) | flag)
            except OSError:
                yield letter


def clear(descriptor: int) -> None:
    """Take away what a new entry got from its directory: no compression and the like."""
    if inherited := read(descriptor):
        _try_without(descriptor, inherited)


def soften(descriptor: int) -> None:
    """Make a file or directory changeable again."""
    _try_without(descriptor, HARD)


def unseal(directory: int) -> None:
    """Make a directory changeable that is a read-only subvolume of Btrfs."""
    if os.fstat(directory).st_ino != _SUBVOL_INODE:
        return
    try:
        found = int.from_bytes(fcntl.ioctl(directory, _SUBVOL_GETFLAGS, bytes(8)), sys.byteorder)
    except OSError as error:
        if error.errno in NO_FLAGS or error.errno == EINVAL:  # another filesystem's 256th inode
            return
        raise
    if found & _SUBVOL_READ_ONLY:
        changed = struct.pack("=Q", found & ~_SUBVOL_READ_ONLY)
        fcntl.ioctl(directory, _SUBVOL_SETFLAGS, changed)


def _try_without(descriptor: int, flags: int) -> None:
    found = _read(descriptor)
    if found & flags:
        try:
            _write(descriptor, found & ~flags)
        except OSError as error:
            if error.errno not in (EOPNOTSUPP, EINVAL):
                raise


def _write(descriptor: int, flags: int) -> None:
    fcntl.ioctl(descriptor, _SETFLAGS, struct.pack("=I", flags).ljust(len(_NOTHING), b"\0"))
