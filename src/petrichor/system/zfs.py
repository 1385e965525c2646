"""What ZFS tells: datasets, snapshots, bookmarks, holds and clones, by zfs-list(8) and its kin.

Output is taken with ``-Hp``: tab separated, exact numbers, in every locale.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Final

from petrichor.model.errors import CommandError
from petrichor.model.machine import ZfsChild, ZfsDataset, ZfsIdentity, ZfsPool, ZfsSnapshot
from petrichor.model.mount import Mount
from petrichor.model.past import Room
from petrichor.system.command import Result, Runner, failure

_COLUMNS: Final = (
    "name",
    "type",
    "guid",
    "createtxg",
    "origin",
    "mounted",
    "canmount",
    "encryptionroot",
    "userrefs",
    "clones",
    "mountpoint",
)
"""The mount point stands last: it alone may hold a tab."""
_PROPERTY: Final = re.compile(r"[a-z0-9_.:+-]+")
_MISSING: Final = (b"does not exist", b"no such pool")
_Row = Mapping[str, str]


def find_dataset(runner: Runner, name: str) -> ZfsDataset | None:
    """Return a dataset with its snapshots, bookmarks and direct children; None if it is missing.

    Raises:
        CommandError: ZFS does not answer, for example because its module is not loaded.
        ToolMissingError: there is no zfs command.
    """
    types = "filesystem,volume,snapshot,bookmark"
    columns = ",".join(_COLUMNS)
    argv = ("zfs", "list", "-H", "-p", "-d", "1", "-t", types, "-o", columns, name)
    listed = _read(runner, argv)
    values = _read(
        runner,
        ("zfs", "get", "-H", "-p", "-s", "local,received", "-o", "property,value", "all", name),
    )
    if listed is None or values is None:
        return None
    rows = parse_list(listed.text)
    held = [row["name"] for row in rows if row["userrefs"].isdecimal() and int(row["userrefs"])]
    return _dataset(name, rows, _holds(runner, held), parse_properties(values.text))


def _dataset(
    name: str,
    rows: Sequence[_Row],
    holds: Mapping[str, tuple[str, ...]],
    properties: Mapping[str, str],
) -> ZfsDataset | None:
    own = next((row for row in rows if row["name"] == name), None)
    if own is None:
        return None
    points = [row for row in rows if row["type"] in ("snapshot", "bookmark")]
    snapshots = [_snapshot(row, holds.get(row["name"], ())) for row in points]
    return ZfsDataset(
        name=name,
        guid=int(own["guid"]),
        createtxg=int(own["createtxg"]),
        origin=_or_empty(own["origin"]),
        mounted=own["mounted"] == "yes",
        mountpoint=own["mountpoint"],
        canmount=own["canmount"],
        encryption_root=_or_empty(own["encryptionroot"]),
        snapshots=tuple(sorted(snapshots, key=lambda item: (item.createtxg, item.name))),
        children=tuple(sorted(row["name"] for row in rows if _is_child(row, name))),
        properties=properties,
    )


def _is_child(row: _Row, name: str) -> bool:
    return row["type"] in ("filesystem", "volume") and row["name"] != name


def _snapshot(row: _Row, holds: tuple[str, ...]) -> ZfsSnapshot:
    clones = _or_empty(row["clones"])
    return ZfsSnapshot(
        name=re.split("[@#]", row["name"], maxsplit=1)[1],
        guid=int(row["guid"]),
        createtxg=int(row["createtxg"]),
        bookmark=row["type"] == "bookmark",
        holds=holds,
        clones=tuple(sorted(clones.split(","))) if clones else (),
    )


def _or_empty(value: str) -> str:
    return "" if value == "-" else value


def parse_list(text: str) -> list[_Row]:
    """Return the rows of ``zfs list`` with the columns that find_dataset asks for."""
    lines = [line for line in text.split("\n") if line.count("\t") >= len(_COLUMNS) - 1]
    width = len(_COLUMNS) - 1
    return [dict(zip(_COLUMNS, line.split("\t", width), strict=True)) for line in lines]


def parse_properties(text: str) -> dict[str, str]:
    """Return property names and values; a user property's value may go over several lines."""
    found: dict[str, str] = {}
    last = ""
    for line in text.removesuffix("\n").split("\n"):
        name, tab, value = line.partition("\t")
        if tab and _PROPERTY.fullmatch(name):
            found[name] = value
            last = name
        elif last:
            found[last] += f"\n{line}"
    return found


def _holds(runner: Runner, snapshots: Sequence[str]) -> dict[str, tuple[str, ...]]:
    if not snapshots:
        return {}
    result = _read(runner, ("zfs", "holds", "-H", *snapshots))
    return parse_holds(result.text) if result else {}


def parse_holds(text: str) -> dict[str, tuple[str, ...]]:
    """Return the tags that hold each snapshot, from ``zfs holds -H``: name, tag, time."""
    found: dict[str, tuple[str, ...]] = {}
    for line in text.split("\n"):
        fields = line.split("\t")
        if len(fields) >= 3:
            found[fields[0]] = (*found.get(fields[0], ()), "\t".join(fields[1:-1]))
    return found


def find_pool(runner: Runner, name: str) -> ZfsPool | None:
    """Return an imported pool, or None."""
    result = _read(runner, ("zpool", "get", "-H", "-p", "-o", "value", "bootfs", name))
    if result is None:
        return None
    return ZfsPool(name=name, bootfs=_or_empty(result.text.removesuffix("\n")))


def list_children(runner: Runner, name: str, mounts: Iterable[Mount]) -> list[ZfsChild]:
    """Return the filesystems below a dataset that have a place in the tree of directories.

    Raises:
        CommandError: ZFS does not answer.
    """
    columns = "name,mounted,canmount,mountpoint"
    argv = ("zfs", "list", "-H", "-p", "-r", "-t", "filesystem", "-o", columns, name)
    listed = runner.run(argv, changes=False)
    places = {mount.source: mount.mountpoint for mount in mounts if mount.type == "zfs"}
    children = []
    for line in listed.text.split("\n"):
        if line.count("\t") < 3:
            continue
        child, _, canmount, mountpoint = line.split("\t", 3)
        place = places.get(child)
        if child == name or not (place or (canmount != "off" and mountpoint.startswith("/"))):
            continue
        path = place or PurePosixPath(mountpoint)
        children.append(ZfsChild(name=child, path=path, mounted=place is not None))
    return sorted(children, key=lambda child: child.path)


def list_retired_children(runner: Runner, name: str, top: PurePosixPath) -> list[ZfsChild]:
    """Return the filesystems below a retired dataset at the paths where they were.

    One that tells no mount point lay where its name says.  None is taken for mounted.

    Raises:
        CommandError: ZFS does not answer.
    """
    columns = ("-o", "name,canmount,mountpoint")
    argv = ("zfs", "list", "-H", "-p", "-r", "-t", "filesystem", *columns, name)
    children = []
    for line in runner.run(argv, changes=False).text.split("\n"):
        if line.count("\t") < 2:
            continue
        child, canmount, mountpoint = line.split("\t", 2)
        if child == name or canmount == "off":
            continue
        told = mountpoint.startswith("/")
        place = PurePosixPath(mountpoint) if told else top / child[len(name) + 1 :]
        children.append(ZfsChild(name=child, path=place, mounted=False))
    return sorted(children, key=lambda child: child.path)


def list_identities(runner: Runner, name: str) -> list[ZfsIdentity]:
    """Return the filesystems directly below a dataset; none if there is no such dataset.

    Raises:
        CommandError: ZFS does not answer.
    """
    columns = ("-o", "name,guid,createtxg")
    argv = ("zfs", "list", "-H", "-p", "-d", "1", "-t", "filesystem", *columns, name)
    listed = _read(runner, argv)
    rows = [line.split("\t") for line in listed.text.split("\n")] if listed else []
    return [
        ZfsIdentity(row[0], int(row[1]), int(row[2]))
        for row in rows
        if len(row) == len(ZfsIdentity._fields) and row[0] != name
    ]


def read_room(runner: Runner, pool: str) -> Room:
    """Return the space of a pool as its top dataset has it, without what parity takes.

    Raises:
        CommandError: ZFS does not answer.
    """
    argv = ("zfs", "get", "-H", "-p", "-o", "value", "available,used", pool)
    free, used = runner.run(argv, changes=False).text.split()
    return Room(int(free), int(free) + int(used))


def has_changed(runner: Runner, snapshot: str) -> bool:
    """Tell whether anything was written to a dataset since its snapshot, to the last byte.

    What is still in memory does not count, so the pool is synced first: zpool-sync(8).
    """
    dataset, _, name = snapshot.partition("@")
    runner.run(("zpool", "sync", dataset.partition("/")[0]), changes=False)
    argv = ("zfs", "get", "-H", "-p", "-o", "value", f"written@{name}", dataset)
    return runner.run(argv, changes=False).text.strip() != "0"


def diff(runner: Runner, snapshot: str, *, seconds: float) -> bytes | None:
    """Return what ``zfs diff`` prints; None if it is not done in time, or not content.

    The exit code does not tell of single rows that could not be made: its messages do.
    """
    dataset = snapshot.partition("@")[0]
    argv = ("zfs", "diff", "-FHt", snapshot, dataset)
    try:
        result = runner.run(argv, changes=False, timeout=seconds)
    except CommandError:
        return None
    return None if result.stderr else result.stdout


def _read(runner: Runner, argv: tuple[str, ...]) -> Result | None:
    """Run a command that reads; "it does not exist" is None."""
    result = runner.run(argv, changes=False, ok=(0, 1))
    if result.code == 0:
        return result
    if any(words in result.stderr for words in _MISSING):
        return None
    raise failure(result)
