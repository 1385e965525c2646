"""Trees with everything in them that a copy must keep, and what a copy may never show."""

import fcntl
import os
import socket
import struct
from pathlib import Path
from typing import Final

from tests.root.harness.hostile import NAMES
from tests.root.harness.listing import Listing, read

CAPABILITY: Final = bytes.fromhex("0100000200200000000000000000000000000000")
_SETFLAGS: Final = 0x40086602
IMMUTABLE, APPEND, NO_DUMP, NO_COW = 0x10, 0x20, 0x40, 0x00800000
_BOB: Final = 1001


def acl(user: int, permissions: int, mask: int = 7) -> bytes:
    """An access control list with one more user: linux/posix_acl_xattr.h."""
    nobody = 0xFFFFFFFF
    rows = [(1, 6, nobody), (2, permissions, user), (4, 4, nobody), (16, mask, nobody)]
    return struct.pack("<I", 2) + b"".join(
        struct.pack("<HHI", *row) for row in [*rows, (32, 0, nobody)]
    )


def set_flags(path: Path, flags: int) -> None:
    opened = os.open(path, os.O_RDONLY)
    try:
        fcntl.ioctl(opened, _SETFLAGS, struct.pack("=Q", flags))
    finally:
        os.close(opened)


def furnish(top: Path, *, flags: bool = True, trusted: bool = True) -> None:
    """Make a tree of all kinds at a path that is not there yet."""
    top.mkdir()
    inner = top / "inner"
    inner.mkdir(mode=0o750)
    (inner / "empty directory").mkdir(mode=0o3777)
    (top / "empty").touch(mode=0o600)
    (top / "small").write_bytes(b"small")
    (top / "large").write_bytes(os.urandom(1 << 20))
    with (top / "sparse").open("wb") as file:
        file.seek(8 << 20)
        file.write(b"data in the middle")
        file.truncate(32 << 20)
    os.link(top / "large", inner / "the same")
    (top / "symlink").symlink_to("/nowhere\n")
    os.link(top / "symlink", inner / "the same symlink", follow_symlinks=False)
    os.mkfifo(inner / "fifo", 0o620)
    os.mknod(inner / "null", 0o020666, os.makedev(1, 3))
    os.mknod(inner / "loop", 0o060660, os.makedev(7, 250))
    with socket.socket(socket.AF_UNIX) as bound:
        at = os.open(inner, os.O_RDONLY)
        bound.bind(f"/proc/self/fd/{at}/socket")
        os.close(at)
    for name in NAMES.values():
        (top / os.fsdecode(name)).write_bytes(name)
    _own(top, trusted=trusted)
    if flags:
        (inner / "dull").write_bytes(b"not dumped")
        set_flags(inner / "dull", NO_DUMP)
        (inner / "log").write_bytes(b"a line\n")
        os.link(inner / "log", top / "log")
    for number, path in enumerate(sorted(top.rglob("*"), reverse=True)):
        os.utime(path, ns=(number + 3, 1_600_000_000_000_000_001 + number), follow_symlinks=False)
    os.utime(top, ns=(3, 1_500_000_000_123_456_789))
    if flags:
        set_flags(inner / "log", APPEND)
        set_flags(inner / "empty directory", IMMUTABLE)


def _own(top: Path, *, trusted: bool) -> None:
    """Owners, modes and extended attributes."""
    for number, path in enumerate(sorted(top.rglob("*"))):
        os.chown(path, 1000 + number % 3, 100 + number, follow_symlinks=False)
    (top / "small").chmod(0o4711)
    os.setxattr(top / "small", "security.capability", CAPABILITY)
    os.setxattr(top / "small", "user.note", b"\0\xff" * 50)
    os.setxattr(top / "empty", "user.empty", b"")
    os.setxattr(top / "inner", "system.posix_acl_default", acl(_BOB, 7))
    os.setxattr(top / "inner", "system.posix_acl_access", acl(_BOB, 5))
    os.setxattr(top / "large", "system.posix_acl_access", acl(_BOB, 6, mask=6))
    if trusted:
        os.setxattr(top / "inner", "trusted.overlay.opaque", b"y")
        os.setxattr(top / "symlink", "trusted.note", b"of a symlink", follow_symlinks=False)
        os.setxattr(top / "inner/fifo", "trusted.note", b"of a fifo", follow_symlinks=False)


def seen(path: Path) -> tuple[Listing, dict[bytes, tuple[int, int, int]]]:
    """All of a tree, read by other code than what copied it.

    Beside the listing: the time of each entry, how many names it has, and which of its names comes
    first, so that links are the same if they lie the same.
    """
    listing = read(os.fsencode(path))
    first: dict[tuple[int, int], int] = {}
    more = {}
    for number, name in enumerate(sorted(listing)):
        facts = os.lstat(os.path.join(os.fsencode(path), name))
        place = first.setdefault((facts.st_dev, facts.st_ino), number)
        names = facts.st_nlink if facts.st_mode & 0o170000 != 0o040000 else 0
        more[name] = (facts.st_mtime_ns, names, place)
    return listing, more
