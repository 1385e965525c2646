"""The one place that picks the file for a volume's backend; every file has the same verbs."""

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import assert_never

from petrichor.model.declaration import (
    BtrfsVolume,
    DirectoryVolume,
    TmpfsVolume,
    Volume,
    ZfsVolume,
)
from petrichor.model.plan import MountPlan, Ordering
from petrichor.model.steps import ResetPlan
from petrichor.plan.volumes import btrfs, directory, tmpfs, zfs


def reset_plan(volume: Volume, properties: Mapping[str, str] | None = None) -> ResetPlan:
    """Return the steps that bring a volume back to its baseline.

    ``properties`` are the ZFS properties set locally on the dataset; other backends have none.
    """
    known = properties or {}
    match volume:
        case ZfsVolume():
            return zfs.reset_plan(volume, known)
        case BtrfsVolume():
            return btrfs.reset_plan(volume, known)
        case DirectoryVolume():
            return directory.reset_plan(volume, known)
        case TmpfsVolume():
            return tmpfs.reset_plan(volume, known)
        case _:
            assert_never(volume)


def mount_plan(volume: Volume) -> MountPlan:
    """Return how a volume is mounted."""
    match volume:
        case ZfsVolume():
            return zfs.mount_plan(volume)
        case BtrfsVolume():
            return btrfs.mount_plan(volume)
        case DirectoryVolume():
            return directory.mount_plan(volume)
        case TmpfsVolume():
            return tmpfs.mount_plan(volume)
        case _:
            assert_never(volume)


def ordering(volume: Volume) -> Ordering:
    """Return what must have happened before a volume can be reset."""
    match volume:
        case ZfsVolume():
            return zfs.ordering(volume)
        case BtrfsVolume():
            return btrfs.ordering(volume)
        case DirectoryVolume():
            return directory.ordering(volume)
        case TmpfsVolume():
            return tmpfs.ordering(volume)
        case _:
            assert_never(volume)


def assets(volume: Volume) -> tuple[str, ...]:
    """Return the tools that a volume's reset needs in the initrd."""
    match volume:
        case ZfsVolume():
            return zfs.assets(volume)
        case BtrfsVolume():
            return btrfs.assets(volume)
        case DirectoryVolume():
            return directory.assets(volume)
        case TmpfsVolume():
            return tmpfs.assets(volume)
        case _:
            assert_never(volume)


def directory_needed(volume: Volume) -> PurePosixPath | None:
    """Return the directory whose filesystem must be mounted before the reset, if there is one."""
    return volume.directory if isinstance(volume, DirectoryVolume) else None
