"""Whether two trees are the same: what is kept in a store, and what stands on a volume."""

import os
import stat
from typing import final

from petrichor.model.text import show_bytes
from petrichor.system.copy import attributes, content
from petrichor.system.copy.descent import Descent, Opened
from petrichor.system.copy.facts import TIMES, difference
from petrichor.system.copy.failing import explained
from petrichor.system.copy.opening import open_directory, opened_files, pin, place


class _FoundError(Exception):
    """The first difference: the search is over."""


def first_difference(source: int, name: bytes, target: int, other: bytes) -> str | None:
    """Return where and in what an entry differs from another, or None if they are the same.

    Compared are kind, owner, mode, extended attributes, where a link leads, content and time; a
    directory's time is not.  Neither is entered where something is mounted.

    Raises:
        PetrichorError: something could not be read.
    """
    comparing = _Comparing(name)
    try:
        _compare(source, name, target, other)
        if stat.S_ISDIR(os.stat(name, dir_fd=source, follow_symlinks=False).st_mode):
            opened = open_directory(source, name)
            try:
                comparing.go((os.dup(opened), open_directory(target, other)))
            finally:
                os.close(opened)
    except _FoundError as found:
        return f"{show_bytes(comparing.path)}: {found}"
    except OSError as error:
        raise explained(error, "compare", name) from error
    return None


@final
class _Comparing(Descent):
    doing = "compare"

    def __init__(self, name: bytes) -> None:
        super().__init__(shown=name)
        self.path = name
        """Where the difference is, once it is found."""

    def open(self, above: Opened, name: bytes) -> Opened | None:
        source = open_directory(above[0], name)
        try:
            return source, open_directory(above[1], name)
        except OSError:
            os.close(source)
            raise

    def enter(self, opened: Opened) -> list[bytes]:
        try:
            return self._compare_below(opened)
        except _FoundError:
            self.path = self.shown()
            raise

    def _compare_below(self, opened: Opened) -> list[bytes]:
        names, others = (sorted(map(os.fsencode, os.listdir(one))) for one in opened)
        for name in sorted({*names} ^ {*others}):
            self.at = name
            raise _FoundError("only on one side")
        below = []
        for name in names:
            self.at = name
            if _compare(opened[0], name, opened[1], name):
                below.append(name)
        return below

    def leave(self, opened: Opened) -> None:
        pass


def _compare(source: int, name: bytes, target: int, other: bytes) -> bool:
    """Raise the first difference of two entries; tell whether they are directories."""
    one = pin(source, name)
    try:
        two = pin(target, other)
        try:
            facts, its = os.fstat(one), os.fstat(two)
            kind = stat.S_IFMT(facts.st_mode)
            if why := difference(facts, its, {TIMES} if kind == stat.S_IFDIR else set()):
                raise _FoundError(why)
            if kind == stat.S_IFLNK and _target(one) != _target(two):
                raise _FoundError("it leads elsewhere")
            if attributes.values(place(one)) != attributes.values(place(two)):
                raise _FoundError("its extended attributes differ")
        finally:
            os.close(two)
    finally:
        os.close(one)
    if (
        kind == stat.S_IFREG
        and facts.st_size
        and not same_file_content(source, name, target, other)
    ):
        raise _FoundError("its content differs")
    return kind == stat.S_IFDIR


def _target(pinned: int) -> bytes:
    return os.readlink(b"", dir_fd=pinned)


def same_file_content(source: int, name: bytes, target: int, other: bytes) -> bool:
    """Tell whether two files hold the same, whatever else they differ in.

    Raises:
        OSError: one of them cannot be read, or is no file.
    """
    with opened_files(source, name, target, other) as (one, two):
        return content.same(one, two)
