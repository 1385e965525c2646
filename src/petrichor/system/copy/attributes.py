"""Owner, mode, extended attributes and times of an entry, in an order that never opens it too far.

The owner first, since a change of owner takes capabilities and set-id bits away: chown(2).  The
access control list after all other attributes and the mode after that, for they let others in.
Times last, everything else changes them.
"""

import os
import stat
import struct
from collections.abc import Iterable
from errno import E2BIG, EINVAL, ENODATA, ENOSPC, EOPNOTSUPP, EPERM, ERANGE
from typing import Final

Place = int | bytes
"""An open file or directory, or the path that means a pinned entry."""

ACL: Final = "system.posix_acl_access"
_DEFAULT_ACL: Final = "system.posix_acl_default"
_CANNOT_HOLD: Final = {EOPNOTSUPP, EPERM, EINVAL, E2BIG, ERANGE}
_GROUP_AND_MASK: Final = (0x04, 0x10)


def give(source: Place, target: Place, facts: os.stat_result, lost: set[str]) -> None:
    """Give a new entry what another has, and add to ``lost`` what its filesystem cannot hold.

    Raises:
        OSError: as the calls tell it.
    """
    mode = stat.S_IMODE(facts.st_mode)
    made = 0o700 if stat.S_ISDIR(facts.st_mode) else 0o600
    if mode & made != made and not stat.S_ISLNK(facts.st_mode):
        os.chmod(target, mode & made)
    os.chown(target, facts.st_uid, facts.st_gid)
    names = extended(source)
    if names:
        mode = _give_extended(source, target, sorted(names, key=_openness), mode, lost)
    if not stat.S_ISLNK(facts.st_mode):
        os.chmod(target, mode)
    os.utime(target, ns=(facts.st_atime_ns, facts.st_mtime_ns))


def extended(place: Place) -> list[str]:
    """Return the names of an entry's extended attributes; none where there are no such things."""
    try:
        return os.listxattr(place)
    except OSError as error:
        if error.errno == EOPNOTSUPP:
            return []
        raise


def values(place: Place) -> dict[str, bytes]:
    """Return the extended attributes of an entry."""
    found = ((name, _value(place, name)) for name in extended(place))
    return {name: value for name, value in found if value is not None}


def _value(place: Place, name: str) -> bytes | None:
    try:
        return os.getxattr(place, name)
    except OSError as error:
        if error.errno == ENODATA:
            return None
        raise


def _openness(name: str) -> tuple[bool, str]:
    return name == ACL, name


def _give_extended(
    source: Place, target: Place, names: Iterable[str], mode: int, lost: set[str]
) -> int:
    """Set attributes and read them back; return what the mode is to be."""
    for name in names:
        value = _value(source, name)
        if value is None or (_set(target, name, value) and _value(target, name) == value):
            continue
        lost.add(name)
        if name == ACL:
            mode = _narrowed(mode, value)
    return mode


def _set(target: Place, name: str, value: bytes) -> bool:
    try:
        os.setxattr(target, name, value)
    except OSError as error:
        # ext4 has no room for a value of more than a block, and calls that ENOSPC
        if error.errno in _CANNOT_HOLD or (error.errno == ENOSPC and _has_room(target)):
            return False
        raise
    return True


def _has_room(target: Place) -> bool:
    facts = os.statvfs(target)
    return facts.f_bavail > 0 and (facts.f_favail > 0 or not facts.f_files)


def _narrowed(mode: int, acl: bytes) -> int:
    """Return a mode that lets nobody in whom the list kept out: its group bits are the mask's.

    The format is that of linux/posix_acl_xattr.h.
    """
    allowed = 7
    for tag, permissions, _ in struct.iter_unpack("<HHI", acl[4:]):
        if tag in _GROUP_AND_MASK:
            allowed &= permissions
    return mode & ~0o070 | allowed << 3


def strip(new: Place) -> None:
    """Take from a new entry the access control lists that it has from the directory it is in."""
    for name in extended(new):
        if name in (ACL, _DEFAULT_ACL):
            os.removexattr(new, name)
