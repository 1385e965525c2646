"""Calls of the kernel that Python has no function for, by their numbers: syscall(2)."""

import ctypes
import os
from typing import Final

LIBRARY: Final = ctypes.CDLL(None, use_errno=True)
"""The C library; what it returns is checked by whoever calls it."""
LIBRARY.syscall.restype = ctypes.c_long


def syscall(number: int, *arguments: int | bytes | None) -> int:
    """Call the kernel and return its answer; a call that a signal cut off is made again.

    Raises:
        OSError: as the kernel tells it.
    """
    words = [ctypes.c_long(a) if isinstance(a, int) else ctypes.c_char_p(a) for a in arguments]
    while (answer := int(LIBRARY.syscall(ctypes.c_long(number), *words))) < 0:
        if not isinstance(error := failure(), InterruptedError):
            raise error
    return answer


def failure() -> OSError:
    """Return what the C library's last call failed with."""
    error = ctypes.get_errno()
    return OSError(error, os.strerror(error))


def sync_filesystem(descriptor: int) -> None:
    """Write all of a filesystem to the disk.

    Raises:
        OSError: as syncfs(2) tells it; since Linux 5.8 also what failed before.
    """
    if LIBRARY.syncfs(descriptor) != 0:
        raise failure()
