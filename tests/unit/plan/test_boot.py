"""The whole boot path: which part of the boot does what."""

from dataclasses import replace
from pathlib import PurePosixPath

from petrichor.model.declaration import Declaration, Filesystem, Phase, TmpfsVolume
from petrichor.plan.boot import BootFacts, BootPlan, boot_plan, has_blank_root, has_late_reset
from petrichor.plan.keep import KeepFacts
from tests.unit.plan.test_keep import ACCOUNTS, PERSIST, declare, system, users
from tests.unit.plan.volumes import test_btrfs, test_directory, test_zfs

P = PurePosixPath
NIX = Filesystem(mountpoint=P("/nix"), type="zfs", device="rpool/nix")
FACTS = BootFacts(
    keep=KeepFacts(accounts=ACCOUNTS),
    properties={"rpool/root": {"quota": "1G"}, "rpool/other": {"quota": "2G"}},
)


def plan(declaration: Declaration) -> BootPlan:
    return boot_plan(declaration, FACTS)


def where(mounts) -> list[str]:
    return [str(mount.where) for mount in mounts]


def test_a_blank_root_has_no_fstab_so_everything_is_mounted_for_it() -> None:
    volumes = (test_zfs.volume(), test_btrfs.volume())
    found = plan(declare(volumes=volumes, filesystems=(PERSIST, NIX)))
    assert where(found.initrd_mounts) == ["/nix", "/persist"]
    assert where(found.system_mounts) == ["/home"]
    assert [str(volume.mountpoint) for volume, _ in found.resets] == ["/", "/home"]
    assert has_blank_root(found.declaration) and not has_late_reset(found)


def test_without_a_blank_root_only_what_the_initrd_keeps_needs_its_store() -> None:
    early = TmpfsVolume(mountpoint=P("/var/log"), phase=Phase.INITRD)
    late = test_btrfs.volume()
    found = plan(declare(volumes=(early, late), filesystems=(PERSIST, NIX)))
    assert where(found.initrd_mounts) == ["/var/log"]
    kept = declare(system("/var/log/x"), volumes=(early, late), filesystems=(PERSIST, NIX))
    assert where(plan(kept).initrd_mounts) == ["/persist", "/var/log"]
    only_late = declare(users("x"), volumes=(early, late), filesystems=(PERSIST, NIX))
    assert where(plan(only_late).initrd_mounts) == ["/var/log"]


def test_filesystems_below_which_a_needed_one_is_mounted_come_along() -> None:
    outer = Filesystem(mountpoint=P("/a"), type="ext4", device="LABEL=a")
    store = PERSIST._replace(mountpoint=P("/a/persist"))
    kept = replace(system("/var/log/x"), store=P("/a/persist/root"))
    volume = TmpfsVolume(mountpoint=P("/var/log"), phase=Phase.INITRD)
    found = plan(declare(kept, volumes=(volume,), filesystems=(store, outer, NIX)))
    assert where(found.initrd_mounts) == ["/a", "/a/persist", "/var/log"]


def test_properties_go_to_their_own_dataset() -> None:
    ((_, steps),) = plan(declare(volumes=(test_zfs.volume(),))).resets
    words = [word for step in steps.steps for word in step.arguments]
    assert "quota=1G" in words and "quota=2G" not in words


def test_a_directory_volume_is_late_and_a_tmpfs_has_no_reset() -> None:
    volume = test_directory.volume()
    found = plan(declare(volumes=(volume, TmpfsVolume(mountpoint=P("/x"), phase=Phase.SYSTEM))))
    assert has_late_reset(found) and len(found.resets) == 1
    assert where(found.system_mounts) == ["/home", "/x"] and found.initrd_mounts == ()


def test_the_order_of_volumes_and_filesystems_does_not_matter() -> None:
    volumes = (
        test_zfs.volume(),
        test_btrfs.volume(),
        TmpfsVolume(mountpoint=P("/x"), phase=Phase.SYSTEM),
    )
    one = declare(users("x"), system("/etc/y"), volumes=volumes, filesystems=(PERSIST, NIX))
    other = replace(one, volumes=volumes[::-1], filesystems=(NIX, PERSIST), kept=one.kept[::-1])
    assert replace(plan(one), declaration=one) == replace(plan(other), declaration=one)
