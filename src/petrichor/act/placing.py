"""A copy appears at a place; what stands in the way makes way, and is kept.

It is made and verified where only root can enter, and appears by one rename.  If something stands
at the place, the copy first gets the name that this is to have, and then both change places: at
every instant there is something at the path.  Nothing but what is empty is ever removed.
"""

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from petrichor.act.staging import stage, sweep
from petrichor.model.copying import Copied, Watch, silent
from petrichor.model.errors import MachineError, PetrichorError, RefusedError
from petrichor.model.origin import Origin
from petrichor.model.text import show_bytes
from petrichor.plan.restore import guard_name
from petrichor.system.beneath import DIRECTORY, open_beneath
from petrichor.system.copy.compare import first_difference, same_file_content
from petrichor.system.copy.failing import explained
from petrichor.system.copy.renaming import exchange, rename_new, rename_over
from petrichor.system.copy.tree import copy_tree
from petrichor.system.directory import DirectorySide

_TRIES: Final = 5
_DROPPED: Final = b".dropped"
_PLAIN: Final = (0o755, 0, 0)
"""Mode and owner of a directory of which the origin does not tell them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where a copy goes: ``path`` below the open directory ``base``, known as ``shown``."""

    origin: Origin
    base: int
    path: bytes
    shown: bytes = b"/"

    @property
    def place(self) -> bytes:
        """Return the whole path, for messages."""
        return os.path.join(self.shown, self.path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What stands at a target before anything is done."""

    target: Target
    is_taken: bool
    is_same: bool = False
    """It is just what would be copied."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """What was copied, and what became of what stood there."""

    target: Target
    copied: Copied
    guard: bytes = b""
    """Where that is now; empty if nothing stood there."""


def look(target: Target) -> Standing:
    """See what stands where a copy is to go.

    Raises:
        RefusedError: a link or a file is in the way.
        MachineError: it cannot be looked at.
    """
    anchor, missing = _reach(target)
    try:
        name = os.path.basename(target.path)
        if missing or not _exists(anchor, name):
            return Standing(target=target, is_taken=False)
        source = _source(target.origin)
        try:
            other = first_difference(source, os.path.basename(target.origin.where), anchor, name)
        except RefusedError:  # something is mounted in it, or it is in use
            other = "unknown"
        finally:
            os.close(source)
        return Standing(target=target, is_taken=True, is_same=other is None)
    finally:
        os.close(anchor)


def tidy(target: Target) -> None:
    """Remove what a killed run left beside a place, where all was done before it died."""
    anchor, _ = _reach(target)
    try:
        sweep(anchor)
    finally:
        os.close(anchor)


def put(target: Target, stamp: str, *, drop_empty: bool = False, watch: Watch = silent) -> Placed:
    """Copy to a target; ``stamp`` is UTC time, for the name of what makes way.

    With ``drop_empty`` an empty file or directory makes way for good.

    Raises:
        PetrichorError: it was not copied, and what stood there stands there.
    """
    anchor, missing = _reach(target)
    name = os.path.basename(target.path)
    try:
        with stage(anchor) as staged:
            copied = _copy(target, staged, missing, watch)
            if missing:
                _appear(staged, anchor, missing[0], target)
            elif not _exists(anchor, name) or (drop_empty and _drop(staged, anchor, name)):
                _appear(staged, anchor, name, target)
            else:
                guard = _change_places(staged, anchor, name, stamp)
                there = os.path.join(os.path.dirname(target.place), guard)
                return Placed(target=target, copied=copied, guard=there)
        return Placed(target=target, copied=copied)
    finally:
        os.close(anchor)


def renew(target: Target, previous: bytes) -> Copied:
    """Copy to a target, and let what stood there take another name beside it.

    At every instant there is a whole version at the place.  What holds nothing, or just what is
    copied, is no version that anybody would want back: the one before stays.

    Raises:
        PetrichorError: it was not copied, and what stood there stands there.
    """
    anchor, missing = _reach(target)
    name = os.path.basename(target.path)
    try:
        with stage(anchor) as staged:
            copied = _copy(target, staged, missing, silent)
            if missing or not _exists(anchor, name):
                _appear(staged, anchor, missing[0] if missing else name, target)
                return copied
            if not is_empty(anchor, name) and not same_file_content(staged, name, anchor, name):
                os.link(name, previous, src_dir_fd=anchor, dst_dir_fd=staged, follow_symlinks=False)
                rename_over(staged, previous, anchor, previous)
            rename_over(staged, name, anchor, name)
        return copied
    except OSError as error:
        raise explained(error, "save", target.path) from error
    finally:
        os.close(anchor)


def _reach(target: Target) -> tuple[int, list[bytes]]:
    """Open the deepest directory on the way that is there; return the names that are missing."""
    names = target.path.split(b"/")[:-1]
    opened = os.dup(target.base)
    for index, name in enumerate(names):
        try:
            below = open_beneath(opened, name, DIRECTORY)
        except FileNotFoundError:
            return opened, names[index:]
        except OSError as error:
            os.close(opened)
            shown = show_bytes(os.path.join(target.shown, *names[: index + 1]))
            what = f"{shown} is no directory here: {error.strerror}"
            raise RefusedError(what, hint="name a path that leads through no link") from error
        os.close(opened)
        opened = below
    return opened, []


def _exists(directory: int, name: bytes) -> bool:
    try:
        os.stat(name, dir_fd=directory, follow_symlinks=False)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise explained(error, "look at", name) from error
    return True


def _source(origin: Origin) -> int:
    """Open the directory that it lies in."""
    try:
        return open_beneath(origin.tree, os.path.dirname(origin.where), DIRECTORY)
    except OSError as error:
        raise MachineError(f"{show_bytes(origin.path)}: {error.strerror}") from error


def _copy(target: Target, staged: int, missing: Sequence[bytes], watch: Watch) -> Copied:
    """Copy below the stage, in directories like those that are missing."""
    opened, source = [staged], _source(target.origin)
    try:
        for name in missing:
            os.mkdir(name, 0o700, dir_fd=opened[-1])
            opened.append(open_beneath(opened[-1], name, DIRECTORY))
        for depth, directory in enumerate(opened[1:]):
            mode, uid, gid = _facts_of_parent(target, len(missing) - depth)
            os.fchown(directory, uid, gid)
            os.fchmod(directory, mode)
        old, new = os.path.basename(target.origin.where), os.path.basename(target.path)
        return copy_tree(source, old, opened[-1], new, watch=watch)
    except OSError as error:
        raise explained(error, "make the directories of", target.path) from error
    finally:
        os.close(source)
        for directory in opened[1:]:
            os.close(directory)


def _facts_of_parent(target: Target, above: int) -> tuple[int, int, int]:
    """Return mode and owner of the directory so many names above, as the origin has them."""
    names = target.origin.where.split(b"/")
    if above >= len(names) + bool(target.origin.top.strip(b"/")):
        return _PLAIN
    facts = DirectorySide(target.origin.tree).facts(b"/".join(names[:-above]))
    return facts.st_mode & 0o7777, facts.st_uid, facts.st_gid


def _appear(staged: int, anchor: int, name: bytes, target: Target) -> None:
    try:
        rename_new(staged, name, anchor, name)
    except RefusedError as error:
        what = f"{show_bytes(target.place)} was not made: {error.message}"
        raise RefusedError(what, hint="run it again") from error


def set_aside(target: Target, stamp: str) -> bytes:
    """Give what stands at a place another name; return that path, empty if it holds nothing.

    Raises:
        PetrichorError: it stands there still.
    """
    anchor, missing = _reach(target)
    try:
        name = os.path.basename(target.path)
        if missing or not _exists(anchor, name) or is_empty(anchor, name):
            return b""
        guard = _name_guard(anchor, anchor, name, stamp)
        return os.path.join(os.path.dirname(target.place), guard)
    finally:
        os.close(anchor)


def put_link(anchor: int, name: bytes, leads: bytes, owner: tuple[int, int], stamp: str) -> bytes:
    """Put a link where something may stand; return the name that this has afterwards, if any.

    Raises:
        PetrichorError: there is no link, and what stood there stands there.
    """
    with stage(anchor) as staged:
        os.symlink(leads, name, dir_fd=staged)
        os.chown(name, *owner, dir_fd=staged, follow_symlinks=False)
        if not _exists(anchor, name):
            rename_new(staged, name, anchor, name)
            return b""
        return _change_places(staged, anchor, name, stamp)


def _drop(staged: int, anchor: int, name: bytes) -> bool:
    """Move what is empty to where it is removed; what is not, or not any more, stays."""
    if not is_empty(anchor, name):
        return False
    rename_new(anchor, name, staged, _DROPPED)
    if is_empty(staged, _DROPPED):
        return True
    rename_new(staged, _DROPPED, anchor, name)
    return False


def is_empty(directory: int, name: bytes) -> bool:
    """Tell whether an entry is a file or directory with nothing in it.

    Raises:
        OSError: it cannot be looked into.
    """
    facts = os.stat(name, dir_fd=directory, follow_symlinks=False)
    if stat.S_ISDIR(facts.st_mode):
        opened = open_beneath(directory, name, DIRECTORY)
        try:
            return not os.listdir(opened)
        finally:
            os.close(opened)
    return stat.S_ISREG(facts.st_mode) and facts.st_size == 0


def _change_places(staged: int, anchor: int, name: bytes, stamp: str) -> bytes:
    """Put the copy where something stands; return the name that this has afterwards."""
    guard = _name_guard(staged, anchor, name, stamp)
    try:
        exchange(anchor, guard, anchor, name)
    except PetrichorError:
        rename_new(anchor, guard, staged, name)
        raise
    return guard


def _name_guard(staged: int, anchor: int, name: bytes, stamp: str) -> bytes:
    taken: list[bytes] = []
    while True:
        guard = guard_name(name, stamp, taken)
        try:
            rename_new(staged, name, anchor, guard)
        except RefusedError:
            taken.append(guard)
            if len(taken) >= _TRIES:
                raise
            continue
        return guard
