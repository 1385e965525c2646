"""Rules for volumes and filesystems: what lies where, and what a reset would carry along."""

import re
from collections.abc import Iterator
from itertools import combinations
from pathlib import PurePosixPath
from typing import Final

from petrichor.config.keys import key_text
from petrichor.model.declaration import (
    ROOT,
    BtrfsVolume,
    Declaration,
    DirectoryVolume,
    Filesystem,
    Phase,
    TmpfsVolume,
    Volume,
    ZfsVolume,
    nearest_mountpoint,
)
from petrichor.model.names import (
    UNIT_NAME_MAX,
    escape_unit,
    is_dataset,
    is_snapshot,
    is_within,
    reset_unit,
    unit_of,
)
from petrichor.model.text import show

Found = tuple[str, str, str]
"""Key, message, hint."""

KERNEL_PLACES: Final = tuple(PurePosixPath(path) for path in ("/dev", "/proc", "/run", "/sys"))
"""Mounted anew at every boot, over whatever was mounted there: file-hierarchy(7)."""

TOP: Final = PurePosixPath(".")
"""The top level of a Btrfs filesystem."""

RETIRED: Final = "retired"
"""What holds retired volumes, beside the volume; nothing else may have that name."""

RESERVED: Final = frozenset({RETIRED, ".petrichor"})
"""Names at the top level of a Btrfs: retired subvolumes, and successors that are being made."""

_SUFFIX: Final = len("-20260101T000000Z-") + 32
"""What a reset adds to the name of what it sets aside."""

_NAME_MAX: Final = 255
_DEVICE: Final = re.compile(r"/dev/.+|(LABEL|UUID|PARTLABEL|PARTUUID|ID)=.+")
_ON_DEVICES: Final = frozenset({"btrfs", "ext2", "ext3", "ext4", "f2fs", "vfat", "xfs"})


def rules(declaration: Declaration) -> Iterator[Found]:
    """Yield every mistake in the layout."""
    seen: set[PurePosixPath] = set()
    for volume in declaration.volumes:
        if volume.mountpoint in seen:
            yield _key(volume), "is declared twice", "remove one of the two"
        seen.add(volume.mountpoint)
        yield from _place(volume, declaration)
        yield from _names(volume)
        yield from _retention(volume)
        if isinstance(volume, DirectoryVolume):
            yield from _directory(volume, declaration)
    for one, other in combinations(declaration.volumes, 2):
        yield from _overlap(one, other)
    seen.clear()
    for filesystem in declaration.filesystems:
        yield from _filesystem(filesystem, declaration, seen)


def _key(volume: Volume, name: str = "") -> str:
    return key_text(["volumes", str(volume.mountpoint), *([name] if name else [])])


def _place(volume: Volume, declaration: Declaration) -> Iterator[Found]:
    """Rules for the mount point and the moment of mounting."""
    key, point = _key(volume), volume.mountpoint
    if point in {item.mountpoint for item in declaration.filesystems}:
        yield key, "is also declared under filesystems", "it either survives or is a volume"
    if any(is_within(point, place) for place in KERNEL_PLACES):
        yield key, "is mounted anew at every boot", "remove the volume: nothing survives there"
    elif len(reset_unit(point)) > UNIT_NAME_MAX:
        yield key, "is too long for a unit name", "mount the volume at a shorter path"
    if volume.phase is Phase.SYSTEM:
        if point == ROOT and not isinstance(volume, DirectoryVolume):
            yield f"{key}.phase", "the root is mounted in the initrd", "remove the phase"
        return
    outer = nearest_mountpoint(
        point.parent, [item.mountpoint for item in declaration.volumes if item is not volume]
    )
    for above in declaration.volumes:
        if above.mountpoint == outer != point and above.phase is Phase.SYSTEM:
            message = f"is mounted in the initrd, but {show(outer)} above it only later"
            yield key, message, 'set phase = "system" here, or "initrd" there'


def unfit_for_units(text: str) -> bool:
    """Tell whether a path cannot stand in a mount unit.

    Its settings take the rest of a line as it is, without escapes (systemd.syntax(7)), and
    variables are expanded in what it executes: a line end, blanks at the ends, a last backslash
    and a dollar sign would all be read as something else.
    """
    return not text.isprintable() or text != text.strip() or text.endswith("\\") or "$" in text


def _fits(key: str, path: PurePosixPath, also: str = "") -> Iterator[Found]:
    """Report a path that cannot stand in a unit, or holds a character of ``also``."""
    if unfit_for_units(str(path)) or any(char in str(path) for char in also):
        message = f"{show(path)} cannot be written in a mount unit"
        yield key, message, "choose a name without control characters, '$', or blanks at its ends"


def _names(volume: Volume) -> Iterator[Found]:
    yield from _fits(_key(volume), volume.mountpoint)
    match volume:
        case ZfsVolume():
            yield from _zfs_names(volume)
        case BtrfsVolume():
            yield from _fits(_key(volume, "subvolume"), volume.subvolume, also=",")
            yield from _device(volume.device, _key(volume, "device"))
            yield from _btrfs_names(volume)
        case DirectoryVolume():
            yield from _fits(_key(volume, "directory"), volume.directory)
            name, key = volume.directory.name, _key(volume, "directory")
            if name == RETIRED:
                yield key, *_reserved(str(volume.directory))
            elif len(escape_unit(name)) + _SUFFIX > _NAME_MAX:
                yield key, "has a name too long to set it aside", "give it a shorter name"
        case TmpfsVolume():
            pass


def _reserved(name: str) -> tuple[str, str]:
    return f"{name!r} lies where a reset makes and sets aside volumes", "choose another name"


def _zfs_names(volume: ZfsVolume) -> Iterator[Found]:
    dataset, baseline = _key(volume, "dataset"), _key(volume, "baseline")
    longest = len(f"{volume.dataset}/{RETIRED}@{volume.baseline}") + _SUFFIX
    if not is_dataset(volume.dataset):
        hint = "name a dataset below the pool, like rpool/root: a pool cannot be renamed"
        yield dataset, f"{volume.dataset!r} cannot be a volume", hint
    elif RETIRED in volume.dataset.split("/"):
        yield dataset, *_reserved(volume.dataset)
    elif longest > _NAME_MAX:
        yield dataset, "is too long to set it aside", "give dataset and baseline shorter names"
    if not is_snapshot(volume.baseline):
        hint = 'give the part behind the @ alone, like "blank"'
        yield baseline, f"{volume.baseline!r} is no snapshot name", hint


def _btrfs_names(volume: BtrfsVolume) -> Iterator[Found]:
    subvolume, baseline = _key(volume, "subvolume"), _key(volume, "baseline")
    if volume.subvolume == TOP:
        hint = "name a subvolume below the top level, like root"
        yield subvolume, "the top level cannot be a volume", hint
    elif volume.subvolume.parts[0] in RESERVED:
        yield subvolume, *_reserved(str(volume.subvolume))
    elif len(escape_unit(volume.subvolume)) + _SUFFIX > _NAME_MAX:
        yield subvolume, "is too long to set it aside", "give it a shorter name"
    elif _nested(volume.subvolume, volume.baseline):
        hint = "a reset would carry the baseline away; put it beside the subvolume"
        yield baseline, "overlaps the subvolume", hint
    elif volume.baseline.parts[0] in RESERVED:
        yield baseline, *_reserved(str(volume.baseline))


def _device(device: str, key: str) -> Iterator[Found]:
    if _DEVICE.fullmatch(device) is None:
        hint = "write /dev/disk/by-uuid/…, or UUID=… or LABEL=…"
        yield key, f"{device!r} is no block device", hint


def _retention(volume: Volume) -> Iterator[Found]:
    if isinstance(volume, TmpfsVolume):
        return
    amount = volume.retention.min_free
    if amount.endswith("%") and float(amount[:-1]) > 100:
        key = f"{_key(volume, 'retired')}.minFree"
        yield key, f"{amount!r} is more than there can be", 'write it like "10%" or "20G"'


def _directory(volume: DirectoryVolume, declaration: Declaration) -> Iterator[Found]:
    key = _key(volume, "directory")
    points = {item.mountpoint for item in declaration.filesystems} | {ROOT}
    points |= {item.mountpoint for item in declaration.volumes}
    inside = sorted(point for point in points if is_within(point, volume.directory))
    stores = [store for store in declaration.stores if _nested(store, volume.directory)]
    if volume.mountpoint == ROOT:
        hint = "use zfs, btrfs or tmpfs for /"
        yield _key(volume), "a directory cannot be the root volume", hint
    elif is_within(volume.directory, volume.mountpoint):
        yield key, "lies on the volume itself", "name one beside it"
    elif inside:
        hint = "a mount point cannot be set aside: name a directory below it"
        yield key, f"holds the mount point {show(inside[0])}", hint
    elif declaration.volume_of(volume.directory) is not None:
        hint = "a directory volume needs a filesystem that survives; declare it under filesystems"
        yield key, "lies on a volume that is emptied", hint
    elif stores:
        hint = "a reset would carry kept data away: put the two beside each other"
        yield key, f"overlaps the store {show(stores[0])}", hint


def _overlap(one: Volume, other: Volume) -> Iterator[Found]:
    """Two volumes may not share or nest what a reset sets aside."""
    if one.mountpoint == other.mountpoint:
        return  # said already: declared twice
    match one, other:
        case ZfsVolume(), ZfsVolume():
            shared = _nested(PurePosixPath(one.dataset), PurePosixPath(other.dataset))
        case BtrfsVolume(), BtrfsVolume() if one.device == other.device:
            if TOP in (one.subvolume, other.subvolume):
                return
            shared = _nested(one.subvolume, other.subvolume)
            if not shared:
                yield from _carried(one, other)
                yield from _carried(other, one)
        case DirectoryVolume(), DirectoryVolume():
            shared = _nested(one.directory, other.directory)
        case _:
            return
    if shared:
        message = f"shares its data with the volume at {show(one.mountpoint)}"
        yield _key(other), message, "give each volume a place beside the other"


def _carried(volume: BtrfsVolume, other: BtrfsVolume) -> Iterator[Found]:
    """A baseline below another volume goes away with that volume's old content."""
    if _nested(volume.subvolume, other.baseline):
        message = f"overlaps the subvolume of the volume at {show(volume.mountpoint)}"
        yield _key(other, "baseline"), message, "put it beside the subvolumes"


def _nested(one: PurePosixPath, other: PurePosixPath) -> bool:
    return is_within(one, other) or is_within(other, one)


def _filesystem(
    item: Filesystem, declaration: Declaration, seen: set[PurePosixPath]
) -> Iterator[Found]:
    key = key_text(["filesystems", str(item.mountpoint)])
    if item.mountpoint in seen:
        yield key, "is declared twice", "remove one of the two"
    seen.add(item.mountpoint)
    yield from _fits(key, item.mountpoint)
    if len(unit_of(PurePosixPath(f"/sysroot{item.mountpoint}"), "mount")) > UNIT_NAME_MAX:
        yield key, "is too long for a unit name", "mount it at a shorter path"
    if item.type in _ON_DEVICES:
        yield from _device(item.device, f"{key}.device")
    for volume in declaration.volumes:
        if volume.mountpoint != item.mountpoint and _lies_on(item, volume):
            message = f"lies on what the volume at {show(volume.mountpoint)} empties"
            yield f"{key}.device", message, "give it a place beside the volume"


def _lies_on(item: Filesystem, volume: Volume) -> bool:
    """Tell whether a reset of ``volume`` would take a filesystem with it."""
    match volume:
        case ZfsVolume():
            return item.type == "zfs" and is_within(
                PurePosixPath(item.device), PurePosixPath(volume.dataset)
            )
        case BtrfsVolume() if item.type == "btrfs" and item.device == volume.device:
            names = [option for option in item.options if option.startswith("subvol=")]
            path = names[-1].removeprefix("subvol=").strip("/") if names else ""
            return is_within(PurePosixPath(path or "."), volume.subvolume)
        case _:
            return False
