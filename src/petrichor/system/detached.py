"""Filesystems mounted nowhere: seen through a descriptor alone, and gone with it.

No directory has to be made for them, nobody else sees them, and a process that is killed leaves
nothing behind.  Python has none of these calls: fsopen(2), fsconfig(2), fsmount(2).
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from petrichor.model.errors import MachineError, PrivilegeError
from petrichor.model.text import show
from petrichor.system.syscalls import syscall

_FSOPEN: Final = 430
_FSCONFIG: Final = 431
_FSMOUNT: Final = 432
"""The same on every architecture."""

_CLOSE_ON_EXEC: Final = 1
_SET_FLAG: Final = 0
_SET_STRING: Final = 1
_CREATE: Final = 6
_READ_ONLY: Final = 0x01
_NO_ACCESS_TIMES: Final = 0x10
_DIRECTORY: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


@contextmanager
def open_filesystem(kind: str, source: str, options: Mapping[str, str]) -> Iterator[int]:
    """Give a descriptor of the top of a filesystem, read-only and without access times.

    ``source`` is a device node or a dataset or snapshot; a filesystem that is mounted elsewhere
    already is only looked at.  Options without a value are flags.

    Raises:
        MachineError: it cannot be mounted.
        PrivilegeError: this needs root.
    """
    try:
        mount = _mount(kind, source, options)
    except OSError as error:
        what = f"{show(source)} cannot be looked into: {error.strerror}"
        if isinstance(error, PermissionError):
            raise PrivilegeError(what, hint="run this as root") from error
        raise MachineError(what, hint="is it there, and in the kernel's reach?") from error
    try:
        descriptor = os.open(".", _DIRECTORY, dir_fd=mount)
    finally:
        os.close(mount)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _mount(kind: str, source: str, options: Mapping[str, str]) -> int:
    """Return a detached mount; the kernel calls it O_PATH."""
    context = syscall(_FSOPEN, kind.encode(), _CLOSE_ON_EXEC)
    try:
        syscall(_FSCONFIG, context, _SET_STRING, b"source", os.fsencode(source), 0)
        for key, value in options.items():
            setting = os.fsencode(value) if value else None
            syscall(
                _FSCONFIG, context, _SET_STRING if value else _SET_FLAG, key.encode(), setting, 0
            )
        syscall(_FSCONFIG, context, _CREATE, None, None, 0)
        return syscall(_FSMOUNT, context, _CLOSE_ON_EXEC, _READ_ONLY | _NO_ACCESS_TIMES)
    finally:
        os.close(context)
