"""Btrfs volumes: a subvolume that is replaced by a snapshot of its baseline."""

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Final

from petrichor.model.declaration import BtrfsVolume, Reset
from petrichor.model.names import escape_unit
from petrichor.model.plan import MountPlan, Ordering, device_unit
from petrichor.model.steps import ResetPlan, RetiredPath, Role, Step

NEXT: Final = PurePosixPath(".petrichor")
"""Holds a successor, from the top level, until it takes the subvolume's place."""


def top(volume: BtrfsVolume) -> str:
    """Return where the top level of the filesystem is mounted while the reset runs."""
    return f"/run/petrichor/volume/{escape_unit(volume.mountpoint)}"


def retired(volume: BtrfsVolume) -> PurePosixPath:
    """Return where retired subvolumes are kept, from the top level."""
    return PurePosixPath("retired")


def retired_stem(volume: BtrfsVolume) -> str:
    """Return what a retired subvolume's name begins with: unique on its filesystem."""
    return escape_unit(volume.subvolume)


def reset_plan(volume: BtrfsVolume, properties: Mapping[str, str]) -> ResetPlan:
    """Return how the subvolume comes back to its baseline.

    Renaming and taking a snapshot cost the same for any amount of data.  The snapshot comes
    first: when it fails, the machine still has its old content to boot with.  A cut between the
    two renames leaves no subvolume of the name: the next boot passes over the first one.
    """
    base = top(volume)
    live = f"{base}/{volume.subvolume}"
    old = RetiredPath(f"{base}/{retired(volume)}/{retired_stem(volume)}-")
    successor = RetiredPath(f"{base}/{NEXT}/{retired_stem(volume)}-")
    snapshot = ("subvolume", "snapshot", f"{base}/{volume.baseline}", successor)
    options = "subvolid=5,X-mount.mkdir"
    holders = (f"{base}/{retired(volume)}", f"{base}/{NEXT}")
    steps = [
        Step("mount", ("-t", "btrfs", "-o", options, volume.device, base), "see the top level"),
        Step("mkdir", ("-p", *holders), "where retired subvolumes and successors are kept"),
        Step("btrfs", snapshot, "make a successor from the baseline"),
        Step("mv", ("-T", live, old), "set the subvolume aside", Role.RESUME),
        Step("test", ("!", "-e", live), "its place is free", Role.PROOF),
        Step("mv", ("-T", successor, live), "put the successor in its place"),
    ]
    if volume.reset is Reset.ROLLBACK:
        steps.append(_delete(volume, old))
    steps.append(Step("umount", (base,), "leave nothing mounted"))
    cleanup = (
        Step("mv", ("-n", "-T", old, live), "without a successor the old content is back"),
        Step("rm", ("-d", "-f", successor), "leave no unused successor"),
        Step("umount", ("-q", base), "leave nothing mounted"),
    )
    return ResetPlan(steps=tuple(steps), cleanup=cleanup)


def _delete(volume: BtrfsVolume, old: RetiredPath) -> Step:
    """Nested subvolumes can stop the deletion; they must not stop the boot."""
    return Step(
        "btrfs",
        ("subvolume", "delete", old),
        "the old content is gone",
        Role.RESUME,
        destroys=f"the old content of the subvolume {volume.subvolume}",
    )


def mount_plan(volume: BtrfsVolume) -> MountPlan:
    """Return how the volume is mounted."""
    options = (f"subvol=/{volume.subvolume}", *volume.options)
    return MountPlan(where=volume.mountpoint, what=volume.device, type="btrfs", options=options)


def ordering(volume: BtrfsVolume) -> Ordering:
    """Return what must have happened before the filesystem can be mounted: the device is there."""
    unit = device_unit(volume.device)
    return Ordering(after=(unit,), requires=(unit,))


def assets(volume: BtrfsVolume) -> tuple[str, ...]:
    """Return the tools that must be in the initrd."""
    return ("mount", "umount", "mkdir", "mv", "test", "rm", "btrfs")
