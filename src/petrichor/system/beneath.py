"""Directories by descriptor: a mount as it is beneath all others, and paths that cannot lead out.

Python has none of these calls, so the C library is asked.  Their numbers are the same on every
architecture: open_tree(2), openat2(2), mount_setattr(2).
"""

import ctypes
import os
import struct
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from errno import ENOENT
from pathlib import PurePath
from typing import Final

from petrichor.model.errors import MachineError, PetrichorError, PrivilegeError
from petrichor.model.text import show
from petrichor.system.syscalls import LIBRARY, failure, syscall

DIRECTORY: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC

_OPEN_TREE: Final = 428
_OPENAT2: Final = 437
_MOUNT_SETATTR: Final = 442

_CLONE: Final = 0x1 | os.O_CLOEXEC
_EMPTY_PATH: Final = 0x1000
_NO_FOLLOW: Final = 0x100
_READ_ONLY: Final = 0x01
_NO_ACCESS_TIMES: Final = 0x10
ACCESS_TIMES: Final = 0x70
"""All attributes that say when access times are written."""
_NO_SYMLINKS_BENEATH: Final = 0x04 | 0x08
_IS_MOUNT_ROOT: Final = 0x2000
_FACTS: Final = 256
"""The size of what statx(2) fills, in bytes; the attributes are its second 64 bits."""
_LONGEST: Final = 4095
"""What the kernel takes as one path, in bytes: PATH_MAX without the final NUL."""


@contextmanager
def open_volume(mountpoint: PurePath) -> Iterator[int]:
    """Give a descriptor of the filesystem mounted at a path, as it is without other mounts.

    It is a private clone of that one mount: what other mounts hide is seen, bind mounts are not
    entered, whatever filesystem they show.  It is read-only and leaves no access times, is mounted
    nowhere, and goes away with the descriptor.

    Raises:
        MachineError: nothing is mounted there, or the kernel is older than 5.12.
        PrivilegeError: this needs root.
    """
    try:
        place = os.open(mountpoint, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        message = f"{_named(mountpoint)} cannot be opened: {error.strerror}"
        raise MachineError(message, hint="mount the volume first") from error
    try:
        descriptor = _clone(place, mountpoint)
    finally:
        os.close(place)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _clone(place: int, mountpoint: PurePath) -> int:
    try:
        if not _is_mount_root(place):
            message = f"{_named(mountpoint)} is not a mount point"
            raise MachineError(message, hint="mount the volume there first")
        return clone_mount(place, _READ_ONLY | _NO_ACCESS_TIMES, ACCESS_TIMES)
    except OSError as error:
        raise _refused(error, mountpoint) from error


def clone_mount(descriptor: int, flags: int, clear: int) -> int:
    """Return a clone of one mount from a descriptor on, mounted nowhere.

    ``flags`` and ``clear`` are attributes to set and to clear first: mount_setattr(2).

    Raises:
        OSError: as open_tree(2) and mount_setattr(2) tell it.
    """
    tree = syscall(_OPEN_TREE, descriptor, b"", _CLONE | _EMPTY_PATH)
    try:
        wanted = struct.pack("=QQQQ", flags, clear, 0, 0)
        syscall(_MOUNT_SETATTR, tree, b"", _EMPTY_PATH, wanted, len(wanted))
    except OSError:
        os.close(tree)
        raise
    return tree


def _is_mount_root(place: int) -> bool:
    return bool(attributes(place, [b""])[0] & _IS_MOUNT_ROOT)


def attributes(descriptor: int, names: Iterable[bytes]) -> list[int]:
    """Return what statx(2) calls the attributes of entries of a directory, opening nothing.

    The empty name is the descriptor itself; what is not there has none.

    Raises:
        OSError: as statx(2) tells it.
    """
    facts = ctypes.create_string_buffer(_FACTS)
    field = memoryview(facts).cast("B")[8:16].cast("Q")
    statx, flags, found = LIBRARY.statx, _EMPTY_PATH | _NO_FOLLOW, []
    for name in names:
        field[0] = 0
        if statx(descriptor, name, flags, 0, facts) != 0:
            error = failure()
            if error.errno != ENOENT:
                raise error
        found.append(field[0])
    return found


def _refused(error: OSError, mountpoint: PurePath) -> PetrichorError:
    what = f"the volume at {_named(mountpoint)} cannot be seen on its own: {error.strerror}"
    if isinstance(error, PermissionError):
        return PrivilegeError(what, hint="run this as root")
    return MachineError(what, hint="this needs Linux 5.12 or later")


def _named(mountpoint: PurePath) -> str:
    return show(str(mountpoint))


def open_beneath(descriptor: int, path: bytes, flags: int) -> int:
    """Open a relative path of any length; it never leads through a symlink or out of the top.

    The empty path is the top itself.  With O_PATH and O_NOFOLLOW a symlink at its end is opened.

    Raises:
        OSError: as openat2(2) tells it.
    """
    above, name = descriptor, path or b"."
    try:
        while len(name) > _LONGEST:
            cut = name.rindex(b"/", 0, _LONGEST + 1)
            below = _openat2(above, name[:cut], os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
            if above != descriptor:
                os.close(above)
            above, name = below, name[cut + 1 :]
        return _openat2(above, name, flags)
    finally:
        if above != descriptor:
            os.close(above)


def _openat2(descriptor: int, path: bytes, flags: int) -> int:
    how = struct.pack("=QQQ", flags, 0, _NO_SYMLINKS_BENEATH)
    return syscall(_OPENAT2, descriptor, path, how, len(how))
