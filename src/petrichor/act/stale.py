"""Stores are looked through for what no declaration names."""

import os
from collections.abc import Sequence
from pathlib import PurePosixPath

from petrichor.act.record import read_record
from petrichor.loss.coverage import Coverage
from petrichor.loss.stale import Leftover, StoreContent, find_leftovers
from petrichor.model.declaration import Declaration
from petrichor.model.errors import MachineError, PrivilegeError
from petrichor.model.mount import Mount
from petrichor.model.mounttable import MountTable
from petrichor.model.names import OWN, is_within
from petrichor.model.text import show
from petrichor.system.beneath import DIRECTORY
from petrichor.system.mounts import read_mounts
from petrichor.system.tree import walk


def find_stale(declaration: Declaration) -> list[StoreContent]:
    """Look through all stores; mounts in them, and what is kept, are not entered.

    Raises:
        MachineError: a store is not there, or its filesystem is not mounted.
        PrivilegeError: it may not be read.
    """
    mounts = read_mounts()
    table = MountTable(mounts)
    return [
        StoreContent(store, _look_through(declaration, store, table, mounts), read_record(store))
        for store in declaration.stores
    ]


def _look_through(
    declaration: Declaration, store: PurePosixPath, table: MountTable, mounts: Sequence[Mount]
) -> list[Leftover]:
    check_mounted(declaration, store, table)
    known = known_paths(declaration, store)
    skip = {os.fsencode(path) for path in (*known, *(item.mountpoint for item in mounts))}
    top = os.fsencode(store)
    try:
        descriptor = os.open(store, DIRECTORY)
    except PermissionError as error:
        raise PrivilegeError(f"{show(store)} may not be read", hint="run it as root") from error
    except OSError as error:
        what = f"the store {show(store)} cannot be opened: {error.strerror}"
        raise MachineError(what, hint="petrichor apply makes it") from error
    try:
        batches = walk(descriptor, top, skip=frozenset(skip - {top}))
        return find_leftovers(batches, top, coverage(declaration, store))
    finally:
        os.close(descriptor)


def check_mounted(declaration: Declaration, store: PurePosixPath, table: MountTable) -> None:
    """Refuse to look at the directory that a store is mounted over.

    Raises:
        MachineError: the filesystem that carries the store is not mounted.
    """
    carrier = declaration.filesystem_of(store)
    if carrier is not None and not table.is_mountpoint(carrier.mountpoint):
        what = f"{show(store)}: nothing is mounted at {show(carrier.mountpoint)}"
        raise MachineError(what, hint="mount it; petrichor status tells more")


def known_paths(declaration: Declaration, store: PurePosixPath) -> list[PurePosixPath]:
    """Return what of a store is declared, or ours; the store itself where all of it is.

    Stores may lie in one another: what an outer one keeps may lie in this one, or hold it.
    """
    inner = [item for item in declaration.stores if store in item.parents]
    sources = [item.source for item in declaration.kept]
    kept = [path for path in sources if is_within(path, store)]
    whole = [store] if any(is_within(store, path) for path in sources) else []
    previous = [item.previous for item in declaration.kept if item.is_copied]
    return [*whole, *kept, *(p for p in previous if is_within(p, store)), *inner, store / OWN]


def coverage(declaration: Declaration, store: PurePosixPath) -> Coverage:
    """Return which paths of a store are declared, or ours."""
    top = os.fsencode(store)
    known = map(os.fsencode, known_paths(declaration, store))
    return Coverage(path[len(top) :].lstrip(b"/") for path in known)
