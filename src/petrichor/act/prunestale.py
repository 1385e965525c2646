"""Store data that nobody declares is removed, on request alone."""

import os
from collections.abc import Collection, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

from petrichor.act.stale import find_stale
from petrichor.loss.coverage import Cover, Coverage
from petrichor.loss.stale import Leftover
from petrichor.model.declaration import Declaration
from petrichor.model.errors import MachineError, RefusedError, UsageError
from petrichor.model.mounttable import MountTable
from petrichor.model.names import OWN, is_within
from petrichor.model.text import show
from petrichor.system.beneath import DIRECTORY, open_beneath
from petrichor.system.copy.remove import remove_tree
from petrichor.system.mounts import read_mounts


class Stale(NamedTuple):
    """A path of a store that is to go, with all below it."""

    store: PurePosixPath
    leftover: Leftover

    @property
    def path(self) -> PurePosixPath:
        """Return it as the running system calls it."""
        return PurePosixPath(os.fsdecode(self.leftover.path))


def choose(declaration: Declaration, paths: Collection[PurePosixPath]) -> list[Stale]:
    """Return what no declaration names, or of that what is one of ``paths`` or below one.

    Raises:
        UsageError: there is nothing stale at one of them.
        MachineError: a store is not there, or its filesystem is not mounted.
    """
    found = [Stale(store, item) for store, items in find_stale(declaration) for item in items]
    if not paths:
        return found
    for path in paths:
        if not any(is_within(item.path, path) for item in found):
            what = f"nothing stale begins at {show(path)}"
            raise UsageError(what, hint="petrichor stale lists what is")
    return [item for item in found if any(is_within(item.path, path) for path in paths)]


def remove(item: Stale, declaration: Declaration) -> None:
    """Look once more whether nobody declares or shows it, and remove it.

    Raises:
        RefusedError: it is declared by now, or something shows a part of it.
        PetrichorError: something of it stays.
    """
    kept = [kept.source for kept in declaration.kept if kept.store == item.store]
    inner = [store for store in declaration.stores if item.store in store.parents]
    relative = os.fsencode(item.path.relative_to(item.store))
    known = (*kept, *inner, item.store / OWN)
    cover = Coverage(os.fsencode(path.relative_to(item.store)) for path in known)
    if cover.cover(relative) is not Cover.STALE:
        raise RefusedError(f"{show(item.path)} is declared by now")
    shown = MountTable(read_mounts()).of_directory(item.path)
    if shown:
        what = f"{show(item.path)} is in use: a part of it is mounted at"
        raise RefusedError(f"{what} {show(shown[0].mountpoint)}", hint="unmount that first")
    _remove_beneath(item.store, relative)


def _remove_beneath(store: PurePosixPath, path: bytes) -> None:
    try:
        top = os.open(store, DIRECTORY)
        try:
            above = open_beneath(top, os.path.dirname(path), DIRECTORY)
        finally:
            os.close(top)
    except FileNotFoundError:
        return
    except OSError as error:
        raise MachineError(f"{show(store)}: {error.strerror}") from error
    try:
        remove_tree(above, os.path.basename(path))
        os.fsync(above)
    finally:
        os.close(above)


def lines(items: Sequence[Stale]) -> list[str]:
    """Return what goes, to read; sizes in bytes."""
    return [
        f"{show(item.path)}: {item.leftover.tally.count:,} entries, "
        f"{item.leftover.tally.size:,} bytes"
        for item in items
    ]
