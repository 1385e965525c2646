"""Where a version of an earlier boot can go in the running system, and where it must not."""

import os
from pathlib import PurePosixPath

from petrichor.model.declaration import Declaration
from petrichor.model.errors import MachineError, RefusedError
from petrichor.model.mount import Mount
from petrichor.model.mounttable import MountTable
from petrichor.model.names import is_within
from petrichor.model.text import show
from petrichor.model.version import Version

_ELSEWHERE = "--to DIR restores it elsewhere"


def written_through(version: Version, declaration: Declaration, table: MountTable) -> str:
    """Return what is written to where a version goes back; nothing if it is its own volume.

    Raises:
        RefusedError: something is mounted there or below, or it is kept.
        MachineError: its volume is not mounted.
    """
    path = PurePosixPath(os.fsdecode(version.path))
    shown = show(path)
    require_unmounted(path, table)
    for kept in declaration.kept:
        if kept.path == path:
            what = f"{shown} is kept: {kept.key} in the declaration"
            raise RefusedError(what, hint=_ELSEWHERE)
    volume, holding = declaration.volume_of(path), table.holding(path.parent)
    if holding is None or volume is None or not table.is_mountpoint(volume.mountpoint):
        raise MachineError(f"the volume of {shown} is not mounted", hint=_ELSEWHERE)
    own = (volume.mountpoint, PurePosixPath(os.fsdecode(version.top)))
    return "" if holding.mountpoint in own else _named(holding)


def require_unmounted(path: PurePosixPath, table: MountTable) -> None:
    """Raise RefusedError where something is mounted at a path, or below it."""
    for mount in table.mounts:
        if is_within(mount.mountpoint, path) and table.at(mount.mountpoint) is not None:
            what = f"{show(path)}: something is mounted at {show(mount.mountpoint)}"
            raise RefusedError(what, hint=_ELSEWHERE)


def require_part(version: Version) -> None:
    """Raise RefusedError for a volume as a whole, which has no directory that it lies in."""
    if not version.where:
        shown = show(os.fsdecode(version.path))
        hint = f"name what is in it: {shown.rstrip('/')}/*"
        raise RefusedError(f"{shown} is a whole volume, which is not restored", hint=hint)


def _named(mount: Mount) -> str:
    inner = "" if mount.root == PurePosixPath("/") else f", {show(mount.root)} of it"
    return f"{show(mount.source)}{inner}, mounted at {show(mount.mountpoint)}"
