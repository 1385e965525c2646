"""Renaming that replaces nothing by accident: renameat2(2)."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EINVAL, ENOSYS
from typing import Final

from petrichor.model.errors import MachineError, RefusedError
from petrichor.model.text import show_bytes
from petrichor.system.copy import inodeflags
from petrichor.system.copy.failing import explained
from petrichor.system.copy.opening import open_file
from petrichor.system.syscalls import LIBRARY, failure

_NOREPLACE: Final = 1
_EXCHANGE: Final = 2
_UNKNOWN: Final = (EINVAL, ENOSYS)


def rename_new(directory: int, old: bytes, other: int, new: bytes) -> None:
    """Rename to a name that is not there yet, and sync both directories.

    An immutable entry becomes changeable for this moment.

    Raises:
        RefusedError: the new name is there already.
        PetrichorError: as ``explained`` tells it.
    """
    try:
        with _softened(directory, old):
            _rename_new(directory, old, other, new)
        os.fsync(other)
        os.fsync(directory)
    except FileExistsError:
        raise RefusedError(f"{show_bytes(new)} is there already") from None
    except OSError as error:
        raise explained(error, "rename", old) from error


def exchange(directory: int, old: bytes, other: int, new: bytes) -> None:
    """Let two entries change places at one instant, and sync both directories.

    Raises:
        MachineError: the filesystem cannot do that.
        PetrichorError: as ``explained`` tells it.
    """
    try:
        with _softened(directory, old), _softened(other, new):
            _rename(directory, old, other, new, _EXCHANGE)
        os.fsync(other)
        os.fsync(directory)
    except OSError as error:
        if error.errno in _UNKNOWN:
            what = f"this filesystem cannot exchange {show_bytes(old)} and {show_bytes(new)}"
            raise MachineError(what, hint="ZFS can since 2.2") from error
        raise explained(error, "exchange", old) from error


def rename_over(directory: int, old: bytes, other: int, new: bytes) -> None:
    """Rename to a name that then means this entry alone, at one instant, and sync both directories.

    Raises:
        PetrichorError: as ``explained`` tells it.
    """
    try:
        with _softened(directory, old), _softened(other, new):
            os.rename(old, new, src_dir_fd=directory, dst_dir_fd=other)
        os.fsync(other)
        os.fsync(directory)
    except OSError as error:
        raise explained(error, "rename", old) from error


def _rename_new(directory: int, old: bytes, other: int, new: bytes) -> None:
    try:
        _rename(directory, old, other, new, _NOREPLACE)
    except OSError as error:
        if error.errno not in _UNKNOWN:
            raise
        _rename_without(directory, old, other, new)


def _rename_without(directory: int, old: bytes, other: int, new: bytes) -> None:
    """Do it on a filesystem that has no such flag, as ZFS before 2.2.

    A link replaces nothing, and a directory is never renamed over anything that holds something.
    """
    facts = os.stat(old, dir_fd=directory, follow_symlinks=False)
    if stat.S_ISDIR(facts.st_mode):
        try:
            os.stat(new, dir_fd=other, follow_symlinks=False)
        except FileNotFoundError:
            os.rename(old, new, src_dir_fd=directory, dst_dir_fd=other)
            return
        raise FileExistsError
    os.link(old, new, src_dir_fd=directory, dst_dir_fd=other, follow_symlinks=False)
    os.unlink(old, dir_fd=directory)


def _rename(directory: int, old: bytes, other: int, new: bytes, how: int) -> None:
    if LIBRARY.renameat2(directory, old, other, new, how) != 0:
        raise failure()


@contextmanager
def _softened(directory: int, name: bytes) -> Iterator[None]:
    """Take flags that forbid renaming off an entry for a while."""
    try:
        facts = os.stat(name, dir_fd=directory, follow_symlinks=False)
    except FileNotFoundError:  # whoever needs it will say so
        yield
        return
    if not (stat.S_ISREG(facts.st_mode) or stat.S_ISDIR(facts.st_mode)):
        yield
        return
    opened = open_file(directory, name)
    try:
        hard = inodeflags.read(opened) & inodeflags.HARD
        if hard:
            inodeflags.soften(opened)
        try:
            yield
        finally:
            if hard:
                list(inodeflags.add(opened, hard))
    finally:
        os.close(opened)
