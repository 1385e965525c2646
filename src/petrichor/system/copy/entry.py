"""Copying one entry that is no directory, from one open directory to another.

The new entry belongs to this process alone, mode 0600, until it has its owner.  A file with several
names is copied once and linked; who else has a name for it elsewhere does not matter: the copy has
the same owner and mode, so nobody can read it who could not read the file.
"""

import os
import stat
import time
from collections.abc import Callable
from contextlib import suppress
from errno import ELOOP, EMLINK, ENOENT, ENOTDIR, ENXIO, EXDEV
from typing import Final

from petrichor.model.errors import RefusedError
from petrichor.model.text import show_bytes
from petrichor.system.beneath import open_beneath
from petrichor.system.copy import attributes, content, inodeflags
from petrichor.system.copy.failing import BUSY
from petrichor.system.copy.job import Job
from petrichor.system.copy.opening import open_file, pin, place

Where = Callable[[], bytes]
"""The path of the directory at hand in the copy."""

LINKS: Final = "hard links"
GONE: Final = {ENOENT, ENOTDIR, ELOOP, ENXIO}
"""What opening says when a name means something else than it did, or nothing any more."""
_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_TRIES: Final = 6
_FIRST_PAUSE: Final = 0.001
"""Seconds before a file that changed is copied again; four times as long each time after."""


class Pair:
    """Two open directories: entries are copied from the one to the other."""

    __slots__ = ("inherits", "job", "source", "target", "where")

    def __init__(
        self, job: Job, source: int, target: int, where: Where, *, inherits: bool = False
    ) -> None:
        """Copy from ``source`` to ``target``, which is at ``where`` in the copy.

        ``inherits`` says that new entries may get access control lists and flags from it.
        """
        self.job = job
        self.source = source
        self.target = target
        self.where = where
        self.inherits = inherits

    def path(self, name: bytes) -> bytes:
        """Return the path of an entry in the copy."""
        above = self.where()
        return b"%b/%b" % (above, name) if above else name

    def copy_file(self, name: bytes, new: bytes) -> bool:
        """Copy a regular file; tell whether that is what it was.

        Raises:
            RefusedError: it changed each time while it was copied.
            OSError: as the calls tell it.
        """
        pause = _FIRST_PAUSE
        for _ in range(_TRIES):
            opened = self._open(open_file, name)
            if opened < 0:
                return False
            try:
                facts = os.fstat(opened)
                if not stat.S_ISREG(facts.st_mode):
                    return False
                if facts.st_nlink > 1 and self._link(facts, new):
                    return True
                if self._copy_open(opened, facts, new):
                    return True
            finally:
                os.close(opened)
            self.job.again += 1
            time.sleep(pause)
            pause *= 4
        shown = show_bytes(os.path.join(self.job.shown, self.path(name)))
        raise RefusedError(f"{shown} changed each time while it was copied", hint=BUSY)

    def _open(self, how: Callable[[int, bytes], int], name: bytes) -> int:
        """Return a descriptor, or -1 for what is gone, became something else or is a mount."""
        try:
            return how(self.source, name)
        except OSError as error:
            if error.errno == EXDEV:
                self.job.mounts.add(self.path(name))
            elif error.errno not in GONE:
                raise
            return -1

    def _copy_open(self, opened: int, facts: os.stat_result, new: bytes) -> bool:
        """Copy an open file; if it changed meanwhile take the copy away and tell so."""
        job = self.job
        made = os.open(new, _NEW, 0o600, dir_fd=self.target)
        try:
            inode = self._fill(opened, made, facts, new)
        finally:
            os.close(made)
        now = os.fstat(opened)
        if (now.st_ctime_ns, now.st_mtime_ns, now.st_size) != (
            facts.st_ctime_ns,
            facts.st_mtime_ns,
            facts.st_size,
        ):
            job.hard.pop(self.path(new), None)
            os.unlink(new, dir_fd=self.target)
            return False
        if facts.st_nlink > 1:
            job.remember(facts, inode, self.where(), new)
        job.count_file(facts.st_size, inode)
        job.tell()
        return True

    def _fill(self, opened: int, made: int, facts: os.stat_result, new: bytes) -> int:
        """Give a new file flags, content and attributes; return its inode if that matters."""
        job = self.job
        if self.inherits:
            _disinherit(made)
        flags = inodeflags.read(opened)
        if flags:
            self.flag(made, flags, new)
        shared = share(job, opened, made) if facts.st_size else True
        inode = 0
        if not shared or facts.st_nlink > 1:
            inode = os.fstat(made).st_ino
        if not shared:
            job.plain.add(inode)
            content.transfer(opened, made, facts, job.moved)
        attributes.give(opened, made, facts, job.lost)
        return inode

    def flag(self, made: int, flags: int, new: bytes) -> None:
        """Set inode flags, but those that forbid all changes only in the end."""
        job = self.job
        if easy := flags & ~inodeflags.HARD:
            job.lost.update(f"inode flag {letter}" for letter in inodeflags.add(made, easy))
        if hard := flags & inodeflags.HARD:
            job.hard[self.path(new) if new else self.where()] = hard

    def copy_other(self, name: bytes, new: bytes) -> bool:
        """Copy a symlink, FIFO, socket or device; tell whether that is what it was.

        Raises:
            OSError: as the calls tell it.
        """
        pinned = self._open(pin, name)
        if pinned < 0:
            return False
        try:
            facts = os.fstat(pinned)
            if stat.S_ISREG(facts.st_mode) or stat.S_ISDIR(facts.st_mode):
                return False
            if facts.st_nlink > 1 and self._link(facts, new):
                return True
            inode = self._make_other(pinned, facts, new)
        finally:
            os.close(pinned)
        if facts.st_nlink > 1:
            self.job.remember(facts, inode, self.where(), new)
        self.job.others += 1
        self.job.tell()
        return True

    def _make_other(self, pinned: int, facts: os.stat_result, new: bytes) -> int:
        kind = stat.S_IFMT(facts.st_mode)
        if kind == stat.S_IFLNK:
            os.symlink(os.readlink(b"", dir_fd=pinned), new, dir_fd=self.target)
        else:
            os.mknod(new, kind | 0o600, facts.st_rdev, dir_fd=self.target)
        made = pin(self.target, new)
        try:
            found = os.fstat(made)
            own = found.st_uid == os.geteuid() and found.st_nlink == 1
            if not own or stat.S_IFMT(found.st_mode) != kind or found.st_rdev != facts.st_rdev:
                raise replaced(new)
            if self.inherits:
                attributes.strip(place(made))
            attributes.give(place(pinned), place(made), facts, self.job.lost)
        finally:
            os.close(made)
        return found.st_ino

    def _link(self, facts: os.stat_result, new: bytes) -> bool:
        """Link a file that was copied under another name; tell whether it was."""
        first = self.job.meet(facts)
        if first is None:
            return False
        directory = self.target
        if first.directory != self.where():
            directory = open_beneath(self.job.top, first.directory, os.O_PATH | os.O_DIRECTORY)
        try:
            os.link(
                first.name, new,
                src_dir_fd=directory, dst_dir_fd=self.target, follow_symlinks=False,
            )  # fmt: skip
        except OSError as error:
            if error.errno != EMLINK:
                raise
            self.job.lost.add(LINKS)
            return False
        finally:
            if directory != self.target:
                os.close(directory)
        self.job.links += 1
        self.job.tell()
        return True


def share(job: Job, opened: int, made: int) -> bool:
    """Let a new file share its blocks with another, where these filesystems can."""
    if not job.shares:
        return False
    done = content.share(opened, made)
    if done is None:
        job.shares = False
    return bool(done)


def _disinherit(made: int) -> None:
    attributes.strip(made)
    with suppress(PermissionError):
        inodeflags.clear(made)


def replaced(new: bytes) -> RefusedError:
    """Return what to say when a new entry is not what was made."""
    return RefusedError(f"{show_bytes(new)} was replaced while it was made", hint=BUSY)
