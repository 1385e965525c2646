"""Removing a tree by descriptors; no mount is entered.

No immutable flag is in the way, and no read-only subvolume of Btrfs.
"""

import os
import stat
from contextlib import suppress
from errno import EISDIR, ELOOP, ENOENT, ENOTDIR, ENOTEMPTY, EPERM
from typing import Final, final

from petrichor.system.copy import inodeflags
from petrichor.system.copy.descent import Descent, Opened
from petrichor.system.copy.failing import explained
from petrichor.system.copy.opening import open_directory, open_file

_TRIES: Final = 5


def remove_tree(directory: int, name: bytes) -> None:
    """Remove an entry of a directory with all that lies below; nothing there is fine.

    Raises:
        RefusedError: something is mounted in it, or someone keeps adding to it.
        PetrichorError: what stays could not be removed.
    """
    try:
        opened = _open_or_unlink(directory, name)
        if opened is None:
            return
        try:
            remove_open(opened, directory, name)
        finally:
            os.close(opened)
    except OSError as error:
        raise explained(error, "remove", name) from error


def remove_open(opened: int, directory: int, name: bytes) -> None:
    """Remove an open directory with all that lies below, whatever has its name by now.

    Nothing but an empty directory is removed by name.

    Raises:
        PetrichorError: as ``remove_tree`` tells it.
        OSError: the directory itself stays.
    """
    for left in reversed(range(_TRIES)):
        _Removing(shown=name).go((os.dup(opened),))
        try:
            _rmdir(directory, name)
            return
        except OSError as error:
            if error.errno != ENOTEMPTY or not left:
                raise


@final
class _Removing(Descent):
    doing = "remove"

    def open(self, above: Opened, name: bytes) -> Opened | None:
        opened = _open_or_unlink(above[0], name)
        return None if opened is None else (opened,)

    def enter(self, opened: Opened) -> list[bytes]:
        directory = opened[0]
        inodeflags.unseal(directory)
        below = []
        with os.scandir(directory) as entries:
            found = [(os.fsencode(e.name), e.is_dir(follow_symlinks=False)) for e in entries]
        for name, is_directory in found:
            self.at = name
            if is_directory:
                below.append(name)
            else:
                _unlink(directory, name)
        return below

    def leave(self, opened: Opened) -> None:
        pass

    def left(self, above: Opened, name: bytes) -> None:
        try:
            _rmdir(above[0], name)
        except OSError as error:
            if error.errno != ENOTEMPTY:  # nor is the one above then: all is tried again
                raise


def _open_or_unlink(directory: int, name: bytes) -> int | None:
    """Open a directory, and unlink what is none."""
    try:
        return open_directory(directory, name)
    except OSError as error:
        if error.errno == ENOENT:
            return None
        if error.errno not in (ENOTDIR, ELOOP):
            raise
    _unlink(directory, name)
    return None


def _unlink(directory: int, name: bytes) -> None:
    try:
        os.unlink(name, dir_fd=directory)
    except FileNotFoundError:
        return
    except OSError as error:
        if error.errno == EISDIR:
            raise OSError(ENOTEMPTY, os.strerror(ENOTEMPTY)) from None  # one that came meanwhile
        if error.errno != EPERM:
            raise
        _soften(directory, name)
        with suppress(FileNotFoundError):
            os.unlink(name, dir_fd=directory)


def _rmdir(directory: int, name: bytes) -> None:
    try:
        os.rmdir(name, dir_fd=directory)
    except FileNotFoundError:
        return
    except OSError as error:
        if error.errno != EPERM:
            raise
        _soften(directory, name)
        with suppress(FileNotFoundError):
            os.rmdir(name, dir_fd=directory)


def _soften(directory: int, name: bytes) -> None:
    """Take the flags off that forbid removing: of the entry, and of the directory it is in."""
    inodeflags.soften(directory)
    facts = os.stat(name, dir_fd=directory, follow_symlinks=False)
    if not (stat.S_ISREG(facts.st_mode) or stat.S_ISDIR(facts.st_mode)):
        return
    opened = open_file(directory, name)
    try:
        inodeflags.soften(opened)
    finally:
        os.close(opened)
