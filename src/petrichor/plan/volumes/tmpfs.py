"""tmpfs volumes: empty at every boot by nature."""

from collections.abc import Mapping

from petrichor.model.declaration import TmpfsVolume
from petrichor.model.plan import MountPlan, Ordering
from petrichor.model.steps import ResetPlan


def reset_plan(volume: TmpfsVolume, properties: Mapping[str, str]) -> ResetPlan:
    """Return a plan without steps: mounting a tmpfs is its reset."""
    return ResetPlan(steps=())


def mount_plan(volume: TmpfsVolume) -> MountPlan:
    """Return how the volume is mounted; its top gets the mode of an ordinary directory."""
    own = any(option.startswith("mode=") for option in volume.options)
    options = volume.options if own else ("mode=0755", *volume.options)
    return MountPlan(where=volume.mountpoint, what="tmpfs", type="tmpfs", options=options)


def ordering(volume: TmpfsVolume) -> Ordering:
    """Return what must have happened before: nothing."""
    return Ordering()


def assets(volume: TmpfsVolume) -> tuple[str, ...]:
    """Return the tools that must be in the initrd: none."""
    return ()
