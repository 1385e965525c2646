"""Kept files that are copied: to the volume, and back to the store when they changed."""

import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import PurePosixPath
from typing import NamedTuple

from petrichor.act.adopting import stands, target_of
from petrichor.act.placing import Target, look, put, renew, tidy
from petrichor.model.declaration import Declaration, KeptPath
from petrichor.model.errors import MachineError, PetrichorError, RefusedError
from petrichor.model.mounttable import MountTable
from petrichor.model.origin import Origin
from petrichor.model.plan import Copy
from petrichor.model.text import show
from petrichor.plan.adopt import Stands
from petrichor.plan.mounted import mismatch
from petrichor.system.beneath import DIRECTORY
from petrichor.system.copied import alone, is_marked, mark
from petrichor.system.mounts import read_mounts

_FILES = (Stands.FILE, Stands.EMPTY_FILE)


class Saved(NamedTuple):
    """What became of copied files."""

    said: list[str]
    troubles: list[str]


def save(declaration: Declaration, kept: Iterable[KeptPath]) -> Saved:
    """Bring what changed of copied files into their stores; one that cannot be stops no other."""
    saved = Saved([], [])
    copied = [item for item in kept if item.is_copied]
    if not copied:
        return saved
    table = MountTable(read_mounts())
    trees: dict[PurePosixPath, int] = {}
    with alone(), ExitStack() as stack:
        for item in copied:
            try:
                _check(item, declaration, table)
                saved.said.extend(_save(item, target_of(stack, item, table, trees)))
            except PetrichorError as error:
                saved.troubles.append(f"{show(item.path)} was not saved: {error.message}")
            except OSError as error:
                saved.troubles.append(f"{show(item.path)} was not saved: {error.strerror}")
    return saved


def _check(kept: KeptPath, declaration: Declaration, table: MountTable) -> None:
    """Refuse where the volume or the store is not the one that is meant.

    Raises:
        MachineError: what stands there is some other file, or would be saved elsewhere.
    """
    carrier, volume = declaration.filesystem_of(kept.store), declaration.volume_of(kept.path)
    if carrier is not None and not table.is_mountpoint(carrier.mountpoint):
        raise MachineError(f"nothing is mounted at {show(carrier.mountpoint)}")
    mount = None if volume is None else table.at(volume.mountpoint)
    if volume is None or mount is None:
        raise MachineError("its volume is not mounted")
    if other := mismatch(volume, mount, table):
        raise MachineError(f"{show(volume.mountpoint)}: {other}")


def _save(kept: KeptPath, target: Target) -> Iterator[str]:
    """Save one file if it changed.

    What this boot did not copy from the store is not the file that was kept: the volume may just
    have a default there.
    """
    here, there = stands(target.origin.tree, target.origin.where), stands(target.base, target.path)
    if there not in (*_FILES, Stands.ABSENT):
        raise RefusedError(f"{there} is {show(kept.source)} in the store")
    if there in _FILES and not is_marked(kept.path):
        raise RefusedError("it was not copied from the store at this boot")
    if here is Stands.ABSENT:
        return  # the store's comes back at the next boot
    if here not in _FILES:
        raise RefusedError(f"{here} stands there")
    if there in _FILES and look(target).is_same:
        tidy(target)
        return
    copied = renew(target, os.fsencode(kept.previous.name))
    mark(kept.path)
    yield f"saved {show(kept.path)}: {copied.size:,} bytes"


def bring_in(copies: Iterable[Copy], stamp: str) -> None:
    """Copy files to their volumes on the running system, as the boot does.

    Adoption came before: what the volume has that is not in the store is not wanted, and stays
    beside the file.

    Raises:
        PetrichorError: one cannot be copied; it is not marked.
    """
    table = MountTable(read_mounts())
    for copy in copies:
        if not is_marked(copy.target):
            _bring_in(copy, table, stamp)
            mark(copy.target)


def _bring_in(copy: Copy, table: MountTable, stamp: str) -> None:
    with ExitStack() as stack:
        top, tree = _open(stack, copy.source, table)
        base, opened = _open(stack, copy.target, table)
        origin = Origin(path=os.fsencode(copy.source), top=os.fsencode(top), tree=tree)
        path = os.fsencode(copy.target.relative_to(base))
        target = Target(origin=origin, base=opened, path=path, shown=os.fsencode(base))
        if stands(tree, origin.where) is Stands.ABSENT or look(target).is_same:
            return
        put(target, stamp, drop_empty=True)


def _open(stack: ExitStack, path: PurePosixPath, table: MountTable) -> tuple[PurePosixPath, int]:
    """Open the filesystem that a path lies on."""
    mount = table.holding(path.parent)
    if mount is None:
        raise MachineError(f"nothing is mounted at {show(path)}", hint="is /proc mounted?")
    opened = os.open(mount.mountpoint, DIRECTORY)
    stack.callback(os.close, opened)
    return mount.mountpoint, opened
