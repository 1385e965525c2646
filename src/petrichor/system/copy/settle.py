"""The second pass: source and copy side by side, and what differs is copied again.

What it looks at was synced before.  It finds what changed, came or went since its directory was
copied, so that a file which was moved meanwhile is not lost between two directories.
"""

import os
import stat
from errno import EXDEV
from typing import final

from petrichor.system.copy import content
from petrichor.system.copy.descent import Descent, Opened
from petrichor.system.copy.directories import copy_entry, finish
from petrichor.system.copy.entry import GONE, LINKS, Pair
from petrichor.system.copy.facts import OTHER_TIME, TIMES, changed_since, difference
from petrichor.system.copy.job import Job
from petrichor.system.copy.opening import open_directory, opened_files
from petrichor.system.copy.remove import remove_tree


@final
class Settling(Descent):
    """Compares, counts, and copies again; the top itself is left alone."""

    doing = "verify"

    def __init__(self, job: Job, *, shown: bytes) -> None:
        """Count from the start."""
        super().__init__(shown=shown)
        self._job = job
        self.why = ""
        """The last difference that was found."""
        self.differing = b""
        """Where it was found."""
        job.begin()

    def open(self, above: Opened, name: bytes) -> Opened | None:
        """Open a directory on both sides."""
        try:
            source = open_directory(above[0], name)
        except OSError as error:
            if error.errno == EXDEV:
                self._job.directories += 1
            elif error.errno in GONE:
                self._note("it went away")
            else:
                raise
            return None
        try:
            return source, open_directory(above[1], name)
        except OSError:
            os.close(source)
            raise

    def enter(self, opened: Opened) -> list[bytes]:
        """Compare what is in a directory."""
        source, target = opened
        pair = Pair(self._job, source, target, self.where, inherits=True)
        below = []
        names = os.listdir(source)
        for more in set(os.listdir(target)).difference(names):
            self.at = os.fsencode(more)
            self._note("it went away")
            remove_tree(target, self.at)
        for text in names:
            self.at = name = os.fsencode(text)
            if self._settle(pair, name):
                below.append(name)
        return below

    def _settle(self, pair: Pair, name: bytes) -> bool:
        """Copy an entry again if it differs; tell whether it is a directory to enter."""
        try:
            facts = os.stat(name, dir_fd=pair.source, follow_symlinks=False)
        except FileNotFoundError:
            self._note("it went away")
            return False
        try:
            copy = os.stat(name, dir_fd=pair.target, follow_symlinks=False)
        except FileNotFoundError:
            if self._job.mounts and pair.path(name) in self._job.mounts:
                return False
            why = "it was missing"
        else:
            why = self._difference(pair, name, facts, copy)
        if why:
            self._mend(pair, name, facts, why)
            return False
        if stat.S_ISDIR(facts.st_mode):
            return True
        self._count(pair, name, facts, copy)
        return False

    def _difference(
        self, pair: Pair, name: bytes, facts: os.stat_result, copy: os.stat_result
    ) -> str:
        job = self._job
        if stat.S_ISDIR(facts.st_mode) and stat.S_ISDIR(copy.st_mode):
            return ""  # the rest is looked at when it is left
        if why := difference(facts, copy, job.lost):
            return why
        if changed_since(facts, copy, job.lost):
            return "it changed"
        if facts.st_nlink > 1 and LINKS not in job.lost:
            first = job.known(facts)
            if first and first.inode != copy.st_ino:
                return "it is a link to another file"
        if stat.S_ISREG(facts.st_mode) and not job.is_shared(copy.st_ino):
            return "" if same_content(pair, name, name) else "its content differs"
        return ""

    def _mend(self, pair: Pair, name: bytes, facts: os.stat_result, why: str) -> None:
        self._note(why)
        self._job.again += 1
        remove_tree(pair.target, name)
        if copy_entry(pair, name, name, shown=self.shown()) and why == OTHER_TIME:
            doubt_times(pair, name, name, facts)

    def _count(self, pair: Pair, name: bytes, facts: os.stat_result, copy: os.stat_result) -> None:
        job = self._job
        if facts.st_nlink > 1:
            if job.meet(facts):
                job.links += 1
                return
            job.remember(facts, copy.st_ino, pair.where(), name)
        if stat.S_ISREG(facts.st_mode):
            job.count_file(facts.st_size, copy.st_ino)
        else:
            job.others += 1

    def leave(self, opened: Opened) -> None:
        """Compare a directory itself: its time may have changed by what was copied again."""
        self._job.directories += 1
        if self.depth == 1:
            return
        facts, copy = map(os.fstat, opened)
        lost = self._job.lost
        if difference(facts, copy, lost) or changed_since(facts, copy, lost):
            why = finish(self._job, opened, self.where())
            if why == OTHER_TIME:
                lost.add(TIMES)
            elif why:
                self._note(why)

    def _note(self, why: str) -> None:
        self.why, self.differing = why, self.shown()


def doubt_times(pair: Pair, name: bytes, new: bytes, facts: os.stat_result) -> None:
    """Find out whether a copy has another time because its filesystem has no such times.

    That is so if its source still has the one that it had before.
    """
    try:
        now = os.stat(name, dir_fd=pair.source, follow_symlinks=False)
    except FileNotFoundError:
        return
    copy = os.stat(new, dir_fd=pair.target, follow_symlinks=False)
    if facts.st_mtime_ns == now.st_mtime_ns != copy.st_mtime_ns:
        pair.job.lost.add(TIMES)


def same_content(pair: Pair, name: bytes, new: bytes) -> bool:
    """Compare two files on the disk; one that cannot be found any more differs.

    Raises:
        OSError: as pread(2) tells it.
    """
    try:
        with opened_files(pair.source, name, pair.target, new) as (source, copy):
            return content.same_on_disk(source, copy)
    except OSError as error:
        if error.errno in GONE:
            return False
        raise
