"""A path that an earlier boot had is to be kept: what stands there now makes way for the mount."""

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import PurePosixPath

from petrichor.act.placing import Standing, Target, look, set_aside
from petrichor.model.mounttable import MountTable
from petrichor.model.text import show_bytes
from petrichor.model.version import Version
from petrichor.plan.places import require_part, require_unmounted
from petrichor.plan.restore import guard_name
from petrichor.system.beneath import DIRECTORY
from petrichor.system.mounts import read_mounts


def by_path(versions: Iterable[Version]) -> dict[PurePosixPath, Version]:
    """Return versions by where they were.

    Raises:
        RefusedError: one is a whole volume.
    """
    found = {}
    for version in versions:
        require_part(version)
        found[PurePosixPath(os.fsdecode(version.path))] = version
    return found


def survey(stack: ExitStack, versions: Mapping[PurePosixPath, Version]) -> list[Standing]:
    """Look at what is in the way on the volumes, which ``stack`` holds open; nothing is changed.

    Raises:
        RefusedError: something is mounted below, or a link stands on the way.
    """
    table = MountTable(read_mounts())
    base = os.open("/", DIRECTORY)
    stack.callback(os.close, base)
    found = []
    for path, version in versions.items():
        if table.at(path) is None:  # else it shows its store, and nothing is to make way
            require_unmounted(path, table)
            target = Target(origin=version, base=base, path=version.path.lstrip(b"/"))
            found.append(look(target))
    return [item for item in found if item.is_taken and not item.is_same]


def lines(standing: Iterable[Standing], stamp: str) -> Iterator[str]:
    """Yield what is to be done, to read."""
    for item in standing:
        name = guard_name(os.path.basename(item.target.path), stamp)
        yield f"aside    {show_bytes(item.target.place)}: kept beside it as {show_bytes(name)}"


def make_way(standing: Iterable[Standing], stamp: str) -> Iterator[str]:
    """Rename it; what is empty stays, to be mounted over.  Yield what there is to say.

    Raises:
        PetrichorError: it stands there still.
    """
    for item in standing:
        guard = set_aside(item.target, stamp)
        if guard:
            yield f"what stood at {show_bytes(item.target.place)} is {show_bytes(guard)}"
