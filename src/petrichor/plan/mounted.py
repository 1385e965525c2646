"""Is what is mounted at a volume's mount point that volume?"""

from pathlib import PurePosixPath

from petrichor.model.declaration import (
    BtrfsVolume,
    DirectoryVolume,
    TmpfsVolume,
    Volume,
    ZfsVolume,
)
from petrichor.model.mount import Mount
from petrichor.model.mounttable import MountTable
from petrichor.model.text import show


def mismatch(volume: Volume, mount: Mount, table: MountTable) -> str:
    """Return what is mounted in the volume's stead; empty when it is the volume."""
    match volume:
        case ZfsVolume():
            right = mount.type == "zfs" and mount.source == volume.dataset
        case BtrfsVolume():
            root = PurePosixPath("/") / volume.subvolume
            right = mount.type == "btrfs" and mount.root == root
        case TmpfsVolume():
            right = mount.type == "tmpfs"
        case DirectoryVolume():
            right = _is_directory(volume, mount, table)
    what = f"{show(mount.source)} ({mount.type}, {show(mount.root)})"
    return "" if right else f"{what} is mounted instead"


def _is_directory(volume: DirectoryVolume, mount: Mount, table: MountTable) -> bool:
    """Tell whether a mount shows the directory, wherever its own filesystem begins.

    The store may be a subvolume or a bind mount itself: what a mount shows is named from the top
    of the filesystem.
    """
    carrier = table.holding(volume.directory)
    if carrier is None:
        return False
    shown = carrier.root / volume.directory.relative_to(carrier.mountpoint)
    return (mount.device, mount.root) == (carrier.device, shown)
