"""All of a tree, read without any code of ours: what was there, what is there, what differs."""

import fcntl
import os
import stat
import struct
from typing import NamedTuple

from petrichor.model.loss import Aspect, Batch, Change

_GETFLAGS = 0x80086601
_SHOWN = 0x2283C4FF  # what chattr sets
_STUB = 2  # its inode number, BTRFS_EMPTY_SUBVOL_DIR_OBJECTID of linux/btrfs_tree.h


class Facts(NamedTuple):
    """Whatever a reset may change of an entry; a directory's modification time is no loss."""

    mode: int
    owner: tuple[int, int]
    content: bytes
    mtime: int
    xattrs: tuple[tuple[str, bytes], ...]
    flags: int
    is_stub: bool = False
    """An empty directory in the place of a nested subvolume; it belongs to its directory's owner."""


Listing = dict[bytes, Facts]
Difference = dict[bytes, tuple[Change, int, tuple[Aspect, ...]]]
"""By path: how it differs, its mode, and in what."""


def read(top: bytes) -> Listing:
    """Read a tree and all that is nested in it; the top itself has the empty path."""
    found = {b"": _facts(top)}
    waiting = [b""]
    while waiting:
        where = waiting.pop()
        for name in map(os.fsencode, os.listdir(os.path.join(top, where))):
            path = os.path.join(where, name)
            found[path] = _facts(os.path.join(top, path))
            if stat.S_ISDIR(found[path].mode):
                waiting.append(path)
    return found


def _facts(path: bytes) -> Facts:
    facts = os.lstat(path)
    kind = stat.S_IFMT(facts.st_mode)
    content, flags = b"", 0
    if kind == stat.S_IFLNK:
        content = os.readlink(path)
    elif kind in (stat.S_IFCHR, stat.S_IFBLK):
        content = b"%d" % facts.st_rdev
    elif kind == stat.S_IFREG:
        with open(path, "rb") as file:
            content = file.read()
    if kind in (stat.S_IFREG, stat.S_IFDIR):
        flags = _flags(path)
    mtime = 0 if kind == stat.S_IFDIR else facts.st_mtime_ns
    owner = facts.st_uid, facts.st_gid
    # The top of many another filesystem has that number; it has two links at least.
    is_stub = (kind, facts.st_ino, facts.st_nlink) == (stat.S_IFDIR, _STUB, 1)
    return Facts(facts.st_mode, owner, content, mtime, _xattrs(path), flags, is_stub)


def _flags(path: bytes) -> int:
    opened = os.open(path, os.O_RDONLY)
    try:
        answer = fcntl.ioctl(opened, _GETFLAGS, bytes(8))
    except OSError:  # the empty directory in the place of a nested subvolume has none
        return 0
    finally:
        os.close(opened)
    return int(struct.unpack_from("=I", answer)[0]) & _SHOWN


def _xattrs(path: bytes) -> tuple[tuple[str, bytes], ...]:
    try:
        names = os.listxattr(path, follow_symlinks=False)
    except OSError:
        return ()
    return tuple((name, os.getxattr(path, name, follow_symlinks=False)) for name in sorted(names))


def difference(before: Listing, after: Listing) -> Difference:
    """What the step from ``before`` to ``after`` took, brought back and changed back."""
    found: Difference = {}
    for path in before.keys() | after.keys():
        now, then = before.get(path), after.get(path)
        if now is None and then is not None:
            found[path] = (Change.REMOVED, then.mode, ())
        elif then is None and now is not None:
            found[path] = (Change.ADDED, now.mode, ())
        elif now is not None and then is not None and (aspects := _aspects(now, then)):
            found[path] = (Change.CHANGED, now.mode, aspects)
    return found


def _aspects(now: Facts, then: Facts) -> tuple[Aspect, ...]:
    if stat.S_IFMT(now.mode) != stat.S_IFMT(then.mode):
        return (Aspect.KIND,)
    differs = {
        Aspect.CONTENT: now.content != then.content,
        Aspect.MODE: now.mode != then.mode,
        Aspect.OWNER: now.owner != then.owner and not (now.is_stub and then.is_stub),
        Aspect.TIME: now.mtime != then.mtime,
        Aspect.XATTRS: now.xattrs != then.xattrs,
        Aspect.FLAGS: now.flags != then.flags,
    }
    return tuple(aspect for aspect, found in differs.items() if found)


def told(batches: list[Batch], top: bytes) -> Difference:
    """What was predicted; a path that comes twice fails."""
    found: Difference = {}
    for batch in batches:
        assert batch.entries
        for entry in batch.entries:
            where = batch.directory[len(top) :].lstrip(b"/")
            path = os.path.join(where, entry.name) if entry.name else where
            assert path not in found, path
            assert entry.change is not Change.UNREADABLE, (path, entry.error)
            found[path] = (entry.change, entry.mode, entry.aspects)
    return found
