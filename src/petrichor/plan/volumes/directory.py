"""Directory volumes: a plain directory on a filesystem that survives, renamed aside.

For ext4 and XFS, and where there is no initrd: the reset runs in the real system, before the
directory is bind-mounted where programs see it.
"""

from collections.abc import Mapping
from pathlib import PurePosixPath

from petrichor.model.declaration import DirectoryVolume, Reset
from petrichor.model.names import escape_unit
from petrichor.model.plan import MountPlan, Ordering
from petrichor.model.steps import ResetPlan, RetiredPath, Role, Step


def retired(volume: DirectoryVolume) -> PurePosixPath:
    """Return where retired directories are kept: beside the volume, for a rename to suffice."""
    return volume.directory.parent / "retired"


def retired_stem(volume: DirectoryVolume) -> str:
    """Return what a retired directory's name begins with."""
    return escape_unit(volume.directory.name)


def reset_plan(volume: DirectoryVolume, properties: Mapping[str, str]) -> ResetPlan:
    """Return how the directory becomes empty; deleting what was in it waits until after boot."""
    live = str(volume.directory)
    old = RetiredPath(f"{retired(volume)}/{retired_stem(volume)}-")
    steps = (
        Step("mkdir", ("-p", str(retired(volume))), "where retired directories are kept"),
        Step("mv", ("-T", live, old), "set the directory aside", Role.RESUME),
        Step("test", ("!", "-e", live), "its place is free", Role.PROOF),
        Step("mkdir", ("-m", "0755", live), "put an empty one in its place"),
    )
    discard = Step(
        "rm",
        ("-rf", "--one-file-system", "--", old),
        "the old content is gone",
        destroys=f"the old content of {live}",
    )
    back = Step("mv", ("-n", "-T", old, live), "without a successor the old content is back")
    drop = (discard,) if volume.reset is Reset.ROLLBACK else ()
    return ResetPlan(steps=steps, cleanup=(back,), discard=drop)


def mount_plan(volume: DirectoryVolume) -> MountPlan:
    """Return how the volume is mounted."""
    return MountPlan(
        where=volume.mountpoint, what=str(volume.directory), type="none", options=("bind",)
    )


def ordering(volume: DirectoryVolume) -> Ordering:
    """Return what must have happened before: nothing beyond the mount of its filesystem."""
    return Ordering()


def assets(volume: DirectoryVolume) -> tuple[str, ...]:
    """Return the tools that must be in the initrd: none, it is reset later."""
    return ()
