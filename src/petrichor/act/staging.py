"""A directory that only root can enter, beside the place where something is to appear.

What is made in it is out of every user's reach until one rename shows it, complete.  It never
holds the only copy of anything, so what a killed run left is removed by the next one.
"""

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from errno import ENOTDIR, ENOTSUP, EPERM
from typing import Final

from petrichor.model.errors import MachineError, PetrichorError, RefusedError
from petrichor.system.beneath import DIRECTORY, open_beneath
from petrichor.system.copy.failing import BUSY, explained
from petrichor.system.copy.remove import remove_tree

PREFIX: Final = b".petrichor-stage-"
_MARK: Final = "trusted.petrichor"
"""Only root can set it: a user cannot pass anything off as a stage of ours."""
_PRIVATE: Final = stat.S_IFDIR | 0o700


@contextmanager
def stage(above: int) -> Iterator[int]:
    """Make one in an open directory, and remove it at the end with what is left in it.

    Raises:
        MachineError: it cannot be made: no space, no writing.
        RefusedError: the directory is changed by others at this very moment.
    """
    sweep(above)
    name = PREFIX + os.urandom(6).hex().encode()
    try:
        os.mkdir(name, 0o700, dir_fd=above)
        opened = open_beneath(above, name, DIRECTORY)
    except OSError as error:
        raise explained(error, "make a directory", name) from error
    try:
        if not _is_private(opened) or os.listdir(opened):
            raise RefusedError("what was just made was exchanged by someone", hint=BUSY)
        _mark(opened)
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield opened
        _remove(above, name, opened)
    except BaseException:
        with suppress(PetrichorError, OSError):  # what went wrong first is what matters
            _remove(above, name, opened)
        raise
    finally:
        os.close(opened)


def sweep(above: int) -> None:
    """Remove stages that killed runs left in a directory."""
    for name in map(os.fsencode, os.listdir(above)):
        if not name.startswith(PREFIX):
            continue
        try:
            opened = open_beneath(above, name, DIRECTORY)
        except OSError:
            continue
        try:
            if _is_private(opened) and (_is_marked(opened) or not os.listdir(opened)):
                fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
                _remove(above, name, opened)
        except BlockingIOError:  # a run that goes on
            continue
        finally:
            os.close(opened)


def _is_private(opened: int) -> bool:
    facts = os.fstat(opened)
    return facts.st_uid == os.geteuid() and facts.st_mode == _PRIVATE


def _mark(opened: int) -> None:
    try:
        os.setxattr(opened, _MARK, b"1")
    except OSError as error:
        if error.errno not in (ENOTSUP, EPERM):
            raise MachineError(f"a directory cannot be marked: {error.strerror}") from error


def _is_marked(opened: int) -> bool:
    try:
        os.getxattr(opened, _MARK)
    except OSError:
        return False
    return True


def _remove(above: int, name: bytes, opened: int) -> None:
    """Empty a stage by its descriptor; by its name only what is empty can be removed.

    It is opened anew: on Btrfs one that was read before does not show what came since (Linux 6.5).
    """
    again = os.open(".", DIRECTORY, dir_fd=opened)
    try:
        for inner in map(os.fsencode, os.listdir(again)):
            remove_tree(opened, inner)
    finally:
        os.close(again)
    with suppress(FileNotFoundError):
        try:
            os.rmdir(name, dir_fd=above)
        except OSError as error:
            if error.errno != ENOTDIR:
                raise explained(error, "remove", name) from error
