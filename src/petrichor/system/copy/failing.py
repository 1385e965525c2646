"""What the kernel refuses while trees are copied, compared and removed, as one clear message."""

from errno import (
    EACCES,
    EBUSY,
    EDQUOT,
    EFBIG,
    EIO,
    ELOOP,
    ENAMETOOLONG,
    ENOENT,
    ENOSPC,
    ENOTDIR,
    EPERM,
    EROFS,
    ESTALE,
    EXDEV,
)
from typing import Final

from petrichor.model.errors import MachineError, PetrichorError, PrivilegeError, RefusedError
from petrichor.model.text import show_bytes

_HINTS: Final = {
    ENOSPC: "free some space on the filesystem that is written to, then run it again",
    EDQUOT: "free some space or raise the quota, then run it again",
    EROFS: "mount that filesystem for writing, then run it again",
    EIO: "the filesystem or the disk is damaged: `dmesg` says more",
    ENAMETOOLONG: "the filesystem that is written to has no room for such a name",
    EFBIG: "the filesystem that is written to has no room for such a large file",
}
_MOVED: Final = (ENOENT, ENOTDIR, ELOOP, ESTALE)
BUSY: Final = "stop the programs that change it, then run it again"


def explained(error: OSError, doing: str, path: bytes) -> PetrichorError:
    """Return what to tell of an error; ``doing`` is an infinitive, as in "cannot copy"."""
    what = f"cannot {doing} {show_bytes(path)}: {error.strerror or error}"
    if error.errno in _MOVED:
        return RefusedError(f"{what}: it was moved meanwhile", hint=BUSY)
    if error.errno in (EXDEV, EBUSY):
        return RefusedError(f"cannot {doing} {show_bytes(path)}: it is mounted", hint="unmount it")
    if error.errno in (EPERM, EACCES):
        return PrivilegeError(what, hint="run this as root")
    return MachineError(what, hint=_HINTS.get(error.errno or 0, ""))
