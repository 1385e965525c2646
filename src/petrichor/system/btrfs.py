"""What Btrfs tells: its subvolumes, read from the root tree.

The text that ``btrfs subvolume list`` prints cannot be parsed when a name holds a newline, so the
trees are asked, which needs root.
"""

import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from petrichor.model.errors import MachineError
from petrichor.model.machine import BtrfsSubvolume
from petrichor.model.text import show
from petrichor.system.command import Runner
from petrichor.system.mounts import mounted
from petrichor.system.treesearch import LAST, MAX, ROOT_TREE, Item, lookup, search

TOP_LEVEL: Final = 5
"""The id of the subvolume that every filesystem begins with."""

_ROOT_TREE_DIR: Final = 6
_DIR_ITEM: Final = 84
_ROOT_ITEM: Final = 132
_ROOT_BACKREF: Final = 144
_READ_ONLY: Final = 1

_BACKREF: Final = struct.Struct("=QQH")
_DIR: Final = struct.Struct("=QBQQHHB")


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a subvolume hangs: in which subvolume, below which directory, by which name."""

    parent: int
    directory: int
    name: bytes


@contextmanager
def top_level(runner: Runner, device: str, *, read_only: bool = False) -> Iterator[Path]:
    """Mount the top level of a filesystem where nobody else looks, for as long as this is open.

    ``device`` is what mount(8) takes: a path, ``LABEL=…`` or ``UUID=…``.  Looking is no change of
    the machine, so a dry run mounts as well.
    """
    options = "subvolid=5,ro" if read_only else "subvolid=5"
    with mounted(runner, "btrfs", device, options) as directory:
        yield directory


def list_subvolumes(directory: Path) -> list[BtrfsSubvolume]:
    """Return all subvolumes of the filesystem that ``directory`` lies on, sorted by path.

    The top level itself is among them, as ``.``; one that is being deleted is not.

    Raises:
        MachineError: this is no Btrfs, or the caller is not root.
    """
    with _opened(directory) as descriptor:
        items = list(_search(descriptor, TOP_LEVEL, LAST, _ROOT_ITEM, _ROOT_BACKREF))
        roots = {number: data for number, kind, _, data in items if kind == _ROOT_ITEM}
        places = {item[0]: _place(item) for item in items if item[1] == _ROOT_BACKREF}
        paths = {TOP_LEVEL: b""}
        for number in places:
            _find_path(descriptor, number, places, paths)
    found = [
        _subvolume(number, paths[number], roots[number]) for number in paths if number in roots
    ]
    return sorted(found, key=lambda item: item.path)


def default_subvolume(directory: Path) -> int:
    """Return the id of the subvolume that is mounted when none is named."""
    with _opened(directory) as descriptor:
        for *_, item in _search(descriptor, _ROOT_TREE_DIR, _ROOT_TREE_DIR, _DIR_ITEM, _DIR_ITEM):
            number, _kind, _offset, _transid, data, name, _type = _DIR.unpack_from(item)
            if item[_DIR.size : _DIR.size + name] == b"default" and not data:
                return int(number)
    return TOP_LEVEL


@contextmanager
def _opened(directory: Path) -> Iterator[int]:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield descriptor
    except OSError as error:
        hint = "this needs root, and a directory on Btrfs"
        message = f"{show(str(directory))}: its subvolumes cannot be read: {error.strerror}"
        raise MachineError(message, hint=hint) from error
    finally:
        os.close(descriptor)


def _search(descriptor: int, first: int, last: int, min_type: int, max_type: int) -> Iterator[Item]:
    """Yield items of some types from the root tree."""
    low, high = (first, min_type, 0), (last, max_type, MAX)
    for item in search(descriptor, ROOT_TREE, low, high):
        if min_type <= item[1] <= max_type:
            yield item


def _place(item: Item) -> _Place:
    _, _, parent, data = item
    directory, _sequence, length = _BACKREF.unpack_from(data)
    return _Place(parent, directory, data[_BACKREF.size : _BACKREF.size + length])


def _find_path(
    descriptor: int, number: int, places: dict[int, _Place], paths: dict[int, bytes]
) -> bytes | None:
    """Fill in the path of one subvolume, those above it first; None if it vanished meanwhile."""
    if number in paths:
        return paths[number]
    place = places.get(number)
    above = _find_path(descriptor, place.parent, places, paths) if place else None
    inside = lookup(descriptor, place.parent, place.directory) if place else None
    if place is None or above is None or inside is None:
        return None
    paths[number] = os.path.join(above, inside, place.name)
    return paths[number]


def _subvolume(number: int, path: bytes, item: bytes) -> BtrfsSubvolume:
    """Read struct btrfs_root_item: the inode takes 160 bytes, the uuids begin at 247."""
    (generation,) = struct.unpack_from("=Q", item, 160)
    (flags,) = struct.unpack_from("=Q", item, 208)
    uuids = item[247:279].ljust(32, b"\0")
    return BtrfsSubvolume(
        id=number,
        path=PurePosixPath(os.fsdecode(path)),
        uuid=uuids[:16].hex(),
        parent_uuid=uuids[16:].hex(),
        read_only=bool(flags & _READ_ONLY),
        generation=generation,
    )
