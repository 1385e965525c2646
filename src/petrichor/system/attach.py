"""Bind mounts by descriptor: neither side is a path that a user could lead elsewhere meanwhile.

mount(8) resolves its target by name, through any link that stands on the way.  Python has none of
these calls: open_tree(2), move_mount(2).
"""

import os
from collections.abc import Iterable
from errno import ELOOP, ENOTDIR
from typing import Final

from petrichor.model.errors import MachineError, RefusedError
from petrichor.model.text import show_bytes
from petrichor.system.beneath import ACCESS_TIMES, clone_mount, open_beneath
from petrichor.system.syscalls import syscall

_MOVE_MOUNT: Final = 429
_BOTH_EMPTY: Final = 0x04 | 0x40
"""MOVE_MOUNT_F_EMPTY_PATH and MOVE_MOUNT_T_EMPTY_PATH."""
_PIN: Final = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC
_FLAGS: Final = {
    "ro": 0x01,
    "nosuid": 0x02,
    "nodev": 0x04,
    "noexec": 0x08,
    "noatime": 0x10,
    "nodiratime": 0x80,
    "nosymfollow": 0x200000,
}
"""What mount_setattr(2) calls them."""


def attach(source: int, target: int, options: Iterable[str]) -> None:
    """Mount what one descriptor stands for, alone, over what another stands for.

    Raises:
        MachineError: the kernel refuses.
    """
    flags = 0
    for option in options:
        flags |= _FLAGS.get(option, 0)
    clear = ACCESS_TIMES if flags & _FLAGS["noatime"] else 0
    try:
        tree = clone_mount(source, flags, clear)
        try:
            syscall(_MOVE_MOUNT, tree, b"", target, b"", _BOTH_EMPTY)
        finally:
            os.close(tree)
    except OSError as error:
        what = f"the kernel does not mount it: {error.strerror}"
        raise MachineError(what, hint="this needs Linux 5.12 or later") from error


def pin_path(path: bytes, flags: int = 0) -> int:
    """Return a descriptor of an absolute path that leads through no link.

    Raises:
        RefusedError: a link stands on the way, or stands there where O_DIRECTORY is asked for.
        OSError: as openat2(2) tells it.
    """
    root = os.open("/", _PIN | os.O_DIRECTORY)
    try:
        return open_beneath(root, path.lstrip(b"/"), _PIN | flags)
    except OSError as error:
        if error.errno in (ELOOP, ENOTDIR):
            what = f"{show_bytes(path)} leads through a link or a file"
            raise RefusedError(what, hint="name the path that it leads to") from error
        raise
    finally:
        os.close(root)
