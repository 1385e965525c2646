"""What stands in a volume's stead is named, and the volume itself is known by what it is."""

from pathlib import PurePosixPath as P

import pytest

from petrichor.config.load import load
from petrichor.model.accounts import Accounts
from petrichor.model.mount import Mount
from petrichor.model.mounttable import MountTable
from petrichor.plan.mounted import mismatch

TEXT = b"""
[volumes."/"]
backend = "zfs"
dataset = "rpool/root"
[volumes."/home"]
backend = "btrfs"
device = "/dev/sda2"
subvolume = "deep/home"
[volumes."/tmp"]
backend = "tmpfs"
[volumes."/srv"]
backend = "directory"
directory = "/persist/volumes/srv"
[filesystems."/persist"]
type = "ext4"
device = "/dev/sda3"
"""
VOLUMES = {item.mountpoint: item for item in load(TEXT, "t.toml", Accounts()).volumes}


def mount(at: str, kind: str, source: str, root: str = "/", device: str = "0:1") -> Mount:
    return Mount(
        id=sum(at.encode()), parent=1, device=device, root=P(root), mountpoint=P(at),
        options=("rw",), type=kind, source=source,
    )  # fmt: skip


PERSIST = mount("/persist", "ext4", "/dev/sda3", root="/@", device="8:3")
RIGHT = [
    mount("/", "zfs", "rpool/root"),
    mount("/home", "btrfs", "/dev/sda2", root="/deep/home"),
    mount("/tmp", "tmpfs", "none"),
    mount("/srv", "ext4", "/dev/sda3", root="/@/volumes/srv", device="8:3"),
]
WRONG = [
    mount("/", "zfs", "rpool/root-20260101000000Z-0"),
    mount("/", "tmpfs", "rpool/root"),
    mount("/home", "btrfs", "/dev/sda2", root="/home"),
    mount("/home", "ext4", "/dev/sda2", root="/deep/home"),
    mount("/tmp", "zfs", "rpool/tmp"),
    mount("/srv", "ext4", "/dev/sda3", root="/volumes/srv", device="8:3"),
    mount("/srv", "ext4", "/dev/sda4", root="/@/volumes/srv", device="8:4"),
]


@pytest.mark.parametrize("found", RIGHT, ids=lambda item: str(item.mountpoint))
def test_a_volume_is_known(found: Mount) -> None:
    assert mismatch(VOLUMES[found.mountpoint], found, MountTable([PERSIST, found])) == ""


@pytest.mark.parametrize("found", WRONG, ids=lambda item: f"{item.mountpoint} {item.source}")
def test_what_is_mounted_instead_is_named(found: Mount) -> None:
    said = mismatch(VOLUMES[found.mountpoint], found, MountTable([PERSIST, found]))
    assert found.source in said
    assert said.endswith("is mounted instead")


def test_a_directory_without_its_filesystem_is_not_the_volume() -> None:
    assert mismatch(VOLUMES[P("/srv")], RIGHT[3], MountTable([RIGHT[3]]))
