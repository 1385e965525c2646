"""Copying a tree that hostile users own, as root: two passes, synced and verified.

The first pass copies; what it makes lies below a directory that only this process can enter.  Then
all is synced, and a second pass holds source and copy side by side and copies again what changed,
until it finds nothing.  The top gets its owner and mode last.
"""

import os
import stat
from contextlib import suppress
from typing import Final

from petrichor.model.copying import Copied, Watch, silent
from petrichor.model.errors import MachineError, PetrichorError, RefusedError
from petrichor.model.text import show_bytes
from petrichor.system.beneath import open_beneath
from petrichor.system.copy import inodeflags
from petrichor.system.copy.directories import Copying, copy_entry, finish, make_top
from petrichor.system.copy.entry import GONE, Pair
from petrichor.system.copy.facts import OTHER_TIME, TIMES, changed_since, difference
from petrichor.system.copy.failing import BUSY, explained
from petrichor.system.copy.job import Job
from petrichor.system.copy.opening import open_directory
from petrichor.system.copy.remove import remove_open
from petrichor.system.copy.settle import Settling, doubt_times, same_content
from petrichor.system.syscalls import sync_filesystem

ROUNDS: Final = 5
"""How often the copy is held against the source before it is given up."""
_FLAGGED: Final = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_NOFOLLOW | os.O_CLOEXEC


def copy_tree(
    source: int, name: bytes, target: int, new: bytes, *, watch: Watch = silent
) -> Copied:
    """Copy an entry of one open directory, with all below it, to a new name in another.

    Kept are content, owner, mode, extended attributes, times, holes, hard links inside the tree
    and inode flags.  Where the filesystem can, blocks are shared.  Mounts are not entered: of a
    directory an empty one is made, of a file nothing.  What ``open_volume`` gives shows what lies
    beneath them.  When this returns, all is on the disk and was compared with the source; when it
    raises, nothing is left.  A killed one leaves a directory that only root can enter, to remove
    by ``remove_tree``.

    Raises:
        RefusedError: ``new`` is there already, or the source changes all the time.
        MachineError: no space, no writing, an error of the disk: the message names the file.
        PrivilegeError: this needs root.
    """
    pair = Pair(Job(watch), source, target, bytes, inherits=True)
    try:
        kind = os.stat(name, dir_fd=source, follow_symlinks=False).st_mode
        if stat.S_ISDIR(kind):
            _copy_directory(pair, name, new)
        else:
            _copy_alone(pair, name, new)
    except FileExistsError:
        raise RefusedError(f"{show_bytes(new)} is there already") from None
    except OSError as error:
        raise explained(error, "copy", name) from error
    return pair.job.summary()


def _copy_directory(pair: Pair, name: bytes, new: bytes) -> None:
    job = pair.job
    opened = open_directory(pair.source, name)
    try:
        job.top, job.shown = make_top(pair.target, new), name
        try:
            _copy_below(job, opened, name)
        except BaseException:
            # By descriptor: a user may have put what is not theirs to remove in its place.
            with suppress(PetrichorError, OSError):
                remove_open(job.top, pair.target, new)
            raise
        finally:
            os.close(job.top)
    finally:
        os.close(opened)


def _copy_below(job: Job, opened: int, name: bytes) -> None:
    Copying(job, shown=name, closed=True).go((os.dup(opened), os.dup(job.top)))
    job.copied_once()
    _settle(job, opened, name)
    _open_up(job, opened, name)
    sync_filesystem(job.top)
    facts = os.fstat(job.top)
    job.identity = facts.st_dev, facts.st_ino


def _settle(job: Job, opened: int, name: bytes) -> None:
    for _ in range(ROUNDS):
        sync_filesystem(job.top)
        settling = Settling(job, shown=name)
        settling.go((os.dup(opened), os.dup(job.top)))
        if not settling.why:
            return
    shown = show_bytes(settling.differing)
    raise RefusedError(f"{shown} does not stay as it was copied: {settling.why}", hint=BUSY)


def _open_up(job: Job, opened: int, name: bytes) -> None:
    """Give the top what it has, now that all below is as it should be."""
    why = finish(job, (opened, job.top), b"")
    if why == OTHER_TIME:
        job.lost.add(TIMES)
    elif why:
        raise MachineError(f"the copy of {show_bytes(name)} does not stay as it was made: {why}")
    _seal(job)


def _seal(job: Job) -> None:
    """Set the flags that forbid all changes, the deepest first."""
    for path, flags in sorted(job.hard.items(), reverse=True):
        try:
            opened = open_beneath(job.top, path, _FLAGGED)
        except OSError as error:
            if error.errno not in GONE:
                raise
            continue
        try:
            job.lost.update(f"inode flag {letter}" for letter in inodeflags.add(opened, flags))
        finally:
            os.close(opened)


def _copy_alone(pair: Pair, name: bytes, new: bytes) -> None:
    """Copy what is no directory."""
    try:
        _copy_alone_at_last(pair, name, new)
    except FileExistsError:
        raise
    except BaseException:
        with suppress(OSError):
            os.unlink(new, dir_fd=pair.target)
        raise


def _copy_alone_at_last(pair: Pair, name: bytes, new: bytes) -> None:
    why = "it went away"
    for attempt in range(ROUNDS):
        pair.job.begin()
        if attempt:
            pair.job.again += 1
            with suppress(FileNotFoundError):
                os.unlink(new, dir_fd=pair.target)
        try:
            facts = os.stat(name, dir_fd=pair.source, follow_symlinks=False)
        except FileNotFoundError:
            continue
        if not copy_entry(pair, name, new, shown=name):
            continue
        pair.job.watch(pair.job.entries, pair.job.size)
        sync_filesystem(pair.target)
        why = _difference_alone(pair, name, new)
        if not why:
            return
        if why == OTHER_TIME:
            doubt_times(pair, name, new, facts)
    raise RefusedError(f"{show_bytes(name)} does not stay as it was copied: {why}", hint=BUSY)


def _difference_alone(pair: Pair, name: bytes, new: bytes) -> str:
    try:
        facts = os.stat(name, dir_fd=pair.source, follow_symlinks=False)
    except FileNotFoundError:
        return "it went away"
    copy = os.stat(new, dir_fd=pair.target, follow_symlinks=False)
    pair.job.identity = copy.st_dev, copy.st_ino
    if why := difference(facts, copy, pair.job.lost):
        return why
    if changed_since(facts, copy, pair.job.lost):
        return "it changed"
    if stat.S_ISREG(facts.st_mode) and not pair.job.is_shared(copy.st_ino):
        return "" if same_content(pair, name, new) else "its content differs"
    return ""
