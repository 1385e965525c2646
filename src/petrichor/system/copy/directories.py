"""Copying a directory with all that is below: the first of two passes."""

import os
import stat
from errno import EXDEV
from typing import final

from petrichor.system.copy import attributes, inodeflags
from petrichor.system.copy.descent import Descent, Opened
from petrichor.system.copy.entry import GONE, Pair, replaced
from petrichor.system.copy.facts import difference
from petrichor.system.copy.job import Job
from petrichor.system.copy.opening import open_directory


@final
class Copying(Descent):
    """Copies entries as they are met, and gives a directory its owner and mode when it is left.

    Until then nobody but this process can enter it, so nobody sees what is in it half-done.
    """

    doing = "copy"

    def __init__(self, job: Job, *, shown: bytes, above: bytes = b"", closed: bool = False) -> None:
        """Begin at the path ``above`` of the copy; a ``closed`` top stays as it was made."""
        super().__init__(shown=shown, above=above)
        self._job = job
        self._closed = closed

    def open(self, above: Opened, name: bytes) -> Opened | None:
        """Open a directory and make its copy."""
        source, target = above
        try:
            opened = open_directory(source, name)
        except OSError as error:
            if error.errno == EXDEV:
                self._stand_in(source, name, target)
            elif error.errno not in GONE:
                raise
            return None
        try:
            os.mkdir(name, 0o700, dir_fd=target)
            return opened, open_directory(target, name)
        except OSError:
            os.close(opened)
            raise

    def _stand_in(self, source: int, name: bytes, target: int) -> None:
        """Make an empty directory where something is mounted, with what can be seen of it."""
        facts = os.stat(name, dir_fd=source, follow_symlinks=False)
        os.mkdir(name, 0o700, dir_fd=target)
        made = open_directory(target, name)
        try:
            os.chown(made, facts.st_uid, facts.st_gid)
            os.chmod(made, stat.S_IMODE(facts.st_mode))
        finally:
            os.close(made)
        self._job.mounts.add(Pair(self._job, source, target, self.where).path(name))

    def enter(self, opened: Opened) -> list[bytes]:
        """Copy all that is no directory."""
        source, target = opened
        pair = Pair(self._job, source, target, self.where)
        below = []
        with os.scandir(source) as entries:
            for entry in entries:
                self.at = name = os.fsencode(entry.name)
                if entry.is_dir(follow_symlinks=False):
                    below.append(name)
                elif entry.is_file(follow_symlinks=False):
                    pair.copy_file(name, name)
                else:
                    pair.copy_other(name, name)
        return below

    def leave(self, opened: Opened) -> None:
        """Finish a directory."""
        self._job.directories += 1
        self._job.tell()
        if self.depth > 1 or not self._closed:
            finish(self._job, opened, self.where())


def finish(job: Job, opened: Opened, where: bytes) -> str:
    """Give the copy of a directory what the directory has; return in what it differs even so.

    Raises:
        OSError: as the calls tell it.
    """
    source, target = opened
    if flags := inodeflags.read(source):
        Pair(job, source, target, lambda: where).flag(target, flags, b"")
    facts = os.fstat(source)
    attributes.give(source, target, facts, job.lost)
    return difference(facts, os.fstat(target), job.lost)


def make_top(directory: int, name: bytes) -> int:
    """Make a directory that is this process's alone, and open it.

    Raises:
        FileExistsError: there is something of that name.
        RefusedError: someone put something else in its place.
        OSError: as mkdir(2) tells it.
    """
    os.mkdir(name, 0o700, dir_fd=directory)
    made = open_directory(directory, name)
    facts = os.fstat(made)
    if facts.st_uid != os.geteuid() or stat.S_IMODE(facts.st_mode) & 0o077 or os.listdir(made):
        os.close(made)
        raise replaced(name)
    attributes.strip(made)
    inodeflags.clear(made)
    return made


def copy_entry(pair: Pair, name: bytes, new: bytes, *, shown: bytes) -> bool:
    """Copy an entry of whatever kind; tell whether it was there.

    Raises:
        PetrichorError: as ``Copying`` tells it.
        OSError: as the calls tell it.
    """
    try:
        kind = stat.S_IFMT(os.stat(name, dir_fd=pair.source, follow_symlinks=False).st_mode)
    except FileNotFoundError:
        return False
    if kind == stat.S_IFREG:
        return pair.copy_file(name, new)
    if kind != stat.S_IFDIR:
        return pair.copy_other(name, new)
    try:
        opened = open_directory(pair.source, name)
    except OSError as error:
        if error.errno not in GONE:
            raise
        return False
    try:
        made = make_top(pair.target, new)
    except BaseException:
        os.close(opened)
        raise
    Copying(pair.job, shown=shown, above=pair.path(new)).go((opened, made))
    return True
