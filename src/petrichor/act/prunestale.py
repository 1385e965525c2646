"""Store data that nobody declares is removed, on request alone."""

import os
from collections.abc import Collection
from pathlib import PurePosixPath
from typing import Final, NamedTuple

from petrichor.act.stale import check_mounted, coverage, find_stale
from petrichor.loss.coverage import Cover
from petrichor.loss.stale import Leftover
from petrichor.model.declaration import Declaration
from petrichor.model.errors import MachineError, RefusedError, UsageError
from petrichor.model.mount import Mount
from petrichor.model.mounttable import MountTable
from petrichor.model.names import is_within
from petrichor.model.text import show
from petrichor.system.beneath import DIRECTORY, open_beneath
from petrichor.system.copy.remove import remove_tree
from petrichor.system.mounts import read_mounts

_NOT_LISTED: Final = "run it where / is mounted, not in a chroot"


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
    found = [
        Stale(content.store, item)
        for content in find_stale(declaration)
        for item in content.leftovers
    ]
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
        RefusedError: it is declared by now, or something shows it or a part of it.
        PetrichorError: something of it stays.
    """
    relative = os.fsencode(item.path.relative_to(item.store))
    if item.store not in declaration.stores:
        raise RefusedError(f"{show(item.path)}: {show(item.store)} is no store by now")
    if coverage(declaration, item.store).cover(relative) is not Cover.STALE:
        raise RefusedError(f"{show(item.path)} is declared by now")
    table = MountTable(read_mounts())
    check_mounted(declaration, item.store, table)
    if mount := _in_the_way(item, table):
        what = f"{show(item.path)} is in use: it, or a part of it, is mounted at"
        raise RefusedError(f"{what} {show(mount.mountpoint)}", hint="unmount that first")
    _remove_beneath(item.store, relative)


def _in_the_way(item: Stale, table: MountTable) -> Mount | None:
    """Return a mount over a stale path, in it, or of a directory of the store that holds it.

    What was forgotten while it was in use is mounted still, and shows what is stale in it.

    Raises:
        MachineError: mountinfo does not tell what it lies on, so nothing is sure.
    """
    holding = table.holding(item.path)
    if holding is None:
        raise MachineError(f"what {show(item.path)} lies on is not known", hint=_NOT_LISTED)
    if holding != table.holding(item.store):
        return holding
    above = [path for path in item.path.parents if item.store in path.parents]
    shown = {holding.root / path.relative_to(holding.mountpoint) for path in above}
    same = [mount for mount in table.mounts if mount.device == holding.device]
    holders = [mount for mount in same if mount.root in shown]
    return next(iter((*table.of_directory(item.path), *holders)), None)


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
    except OSError as error:
        raise MachineError(f"{show(store)} cannot be synced: {error.strerror}") from error
    finally:
        os.close(above)
