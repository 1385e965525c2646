"""Opening one entry of a directory that a hostile user may change at this very moment.

Nothing here follows a symlink, leaves the directory or enters a mount: openat2(2) with
RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS and RESOLVE_NO_XDEV.  Whatever was opened is asked itself what
it is, for its name may mean something else by now.
"""

import ctypes
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EAGAIN, EINTR, EPERM
from typing import Final

from petrichor.system.syscalls import LIBRARY, failure

_OPENAT2: Final = 437
_RESOLVE: Final = 0x01 | 0x02 | 0x04 | 0x08
"""No other mount, no magic links, no symlinks, nothing above."""
_SHUT: Final = os.O_NOFOLLOW | os.O_CLOEXEC


def _how(flags: int) -> bytes:
    return struct.pack("=QQQ", flags | _SHUT, 0, _RESOLVE)


_READ: Final = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY
_FILE: Final = _how(_READ | os.O_NOATIME)
_FILE_OF_OTHERS: Final = _how(_READ)
_DIRECTORY: Final = _how(os.O_RDONLY | os.O_DIRECTORY | os.O_NOATIME)
_DIRECTORY_OF_OTHERS: Final = _how(os.O_RDONLY | os.O_DIRECTORY)
_PINNED: Final = _how(os.O_PATH)

# Called for every file: declared once, so that arguments need no wrapping.
_long = ctypes.c_long
_prototype = ctypes.CFUNCTYPE(
    _long, _long, _long, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_size_t, use_errno=True
)
_call: Final = _prototype(("syscall", LIBRARY))


def open_file(directory: int, name: bytes) -> int:
    """Open a regular file for reading, and leave no access time.

    A FIFO or a device opens too, without waiting: ask the descriptor.  Only root and a file's
    owner may leave no access time: open(2), O_NOATIME.

    Raises:
        OSError: ELOOP for a symlink, EXDEV for what is mounted there, and as openat2(2) tells.
    """
    return _opened(directory, name, _FILE, _FILE_OF_OTHERS)


@contextmanager
def opened_files(source: int, name: bytes, target: int, other: bytes) -> Iterator[tuple[int, int]]:
    """Hold a regular file of one directory and one of another open for reading.

    Raises:
        OSError: as ``open_file`` tells it.
    """
    one = open_file(source, name)
    try:
        two = open_file(target, other)
        try:
            yield one, two
        finally:
            os.close(two)
    finally:
        os.close(one)


def open_directory(directory: int, name: bytes) -> int:
    """Open a directory for reading, and leave no access time.

    Raises:
        OSError: ENOTDIR or ELOOP for anything else, EXDEV for a mount point.
    """
    return _opened(directory, name, _DIRECTORY, _DIRECTORY_OF_OTHERS)


def pin(directory: int, name: bytes) -> int:
    """Hold an entry of any kind, a symlink too, without opening it.

    Raises:
        OSError: EXDEV for what is mounted there.
    """
    return _opened(directory, name, _PINNED, _PINNED)


def place(pinned: int) -> bytes:
    """Return a path that means what is pinned, for calls that take no such descriptor."""
    return b"/proc/self/fd/%d" % pinned


def _opened(directory: int, name: bytes, how: bytes, otherwise: bytes) -> int:
    while (opened := int(_call(_OPENAT2, directory, name, how, len(how)))) < 0:
        error = failure()
        if error.errno == EPERM and how != otherwise:
            how = otherwise
        elif error.errno not in (EINTR, EAGAIN):
            raise error
    return opened
