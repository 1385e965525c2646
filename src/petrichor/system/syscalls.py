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
        error = ctypes.get_errno()
        if not isinstance(failed := OSError(error, os.strerror(error)), InterruptedError):
            raise failed
    return answer
