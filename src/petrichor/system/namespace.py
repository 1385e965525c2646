"""A mount namespace of our own: what is mounted in it goes away with the process.

However the process ends, the kernel then takes the mounts down, and with them loop devices that
detach themselves: mount_namespaces(7), user_namespaces(7).  os.unshare came with Python 3.12, so
the C library is called.
"""

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from petrichor.model.errors import MachineError

_CLONE_NEWNS: Final = 0x00020000
_CLONE_NEWUSER: Final = 0x10000000
_MS_REC: Final = 0x4000
_MS_PRIVATE: Final = 0x40000
_PROC: Final = Path("/proc/self")


def enter_own_mounts(*, as_user: bool = False) -> None:
    """Move this process, and all that it starts, into a mount namespace of its own.

    With ``as_user`` a user namespace comes along, in which a user without rights is root.

    Raises:
        MachineError: the kernel does not allow it; the process is where it was.
    """
    uid, gid = os.geteuid(), os.getegid()
    library = ctypes.CDLL(None, use_errno=True)
    if library.unshare(_CLONE_NEWNS | (_CLONE_NEWUSER if as_user else 0)) != 0:
        raise _refused(as_user)
    try:
        if as_user:
            (_PROC / "setgroups").write_text("deny")
            (_PROC / "uid_map").write_text(f"0 {uid} 1")
            (_PROC / "gid_map").write_text(f"0 {gid} 1")
    except OSError as error:
        raise MachineError(f"no user namespace: {error.strerror}", hint=_HINT) from error
    if library.mount(b"none", b"/", None, _MS_REC | _MS_PRIVATE, None) != 0:
        raise _refused(as_user)


@contextmanager
def own_mounts() -> Iterator[None]:
    """Be in a mount namespace of our own for a while, and return to where the process was.

    Raises:
        MachineError: the kernel does not allow it.
    """
    home, place = (os.open(path, os.O_RDONLY | os.O_CLOEXEC) for path in (_PROC / "ns/mnt", "."))
    try:
        enter_own_mounts()
        try:
            yield
        finally:
            if ctypes.CDLL(None, use_errno=True).setns(home, _CLONE_NEWNS) != 0:
                reason = os.strerror(ctypes.get_errno())
                raise MachineError(f"the mount namespace cannot be left: {reason}")
            os.fchdir(place)
    finally:
        os.close(home)
        os.close(place)


_HINT: Final = (
    "run it as a root that may mount, or allow user namespaces: sysctl user.max_user_namespaces, "
    "on Debian kernel.unprivileged_userns_clone, "
    "on Ubuntu kernel.apparmor_restrict_unprivileged_userns"
)


def _refused(as_user: bool) -> MachineError:
    kind = "user and mount namespace" if as_user else "mount namespace"
    reason = os.strerror(ctypes.get_errno())
    return MachineError(f"this machine allows no {kind} of our own here: {reason}", hint=_HINT)
