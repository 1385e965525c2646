"""``reset`` by hand: what the unit does at boot, on a volume that is mounted nowhere."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import assert_never

from petrichor.act.steps import moment_now, run_plan
from petrichor.model.declaration import (
    BtrfsVolume,
    Declaration,
    DirectoryVolume,
    TmpfsVolume,
    Volume,
    ZfsVolume,
)
from petrichor.model.errors import RefusedError, UsageError
from petrichor.model.mount import Mount
from petrichor.model.mounttable import MountTable
from petrichor.model.steps import ResetPlan, Step
from petrichor.model.text import show
from petrichor.plan.volumes import zfs
from petrichor.plan.volumes.choose import reset_plan
from petrichor.system.btrfs import top_level
from petrichor.system.command import Runner
from petrichor.system.mounts import read_mounts
from petrichor.system.zfs import find_dataset


@dataclass(frozen=True, slots=True)
class Reset:
    """One volume and the steps that bring it back to its baseline."""

    volume: Volume
    plan: ResetPlan

    def describe(self) -> list[str]:
        """Return the steps as lines to read."""
        return [step.describe() for step in (*self.plan.steps, *self.plan.discard)]

    def destroys(self) -> list[str]:
        """Return what is gone afterwards."""
        steps = (*self.plan.steps, *self.plan.discard)
        return [step.destroys for step in steps if step.destroys]


def prepare(declaration: Declaration, mountpoint: PurePosixPath, runner: Runner) -> Reset:
    """Return how the volume of ``mountpoint`` is reset.

    Raises:
        UsageError: there is no such volume, or nothing about it to reset.
        RefusedError: it is mounted.
    """
    volume = next((item for item in declaration.volumes if item.mountpoint == mountpoint), None)
    if volume is None:
        known = ", ".join(show(item.mountpoint) for item in declaration.volumes)
        raise UsageError(f"no volume is declared at {show(mountpoint)}", hint=f"volumes: {known}")
    if isinstance(volume, TmpfsVolume):
        raise UsageError(f"{show(mountpoint)} is a tmpfs", hint="mounting it anew is its reset")
    refuse_mounted(volume, runner)
    return Reset(volume, reset_plan(volume, _properties(volume, runner)))


def carry_out(
    reset: Reset, runner: Runner, progress: Callable[[Step], None] = lambda _: None
) -> None:
    """Reset the volume; whether it is mounted is looked at once more.

    Raises:
        RefusedError: it was mounted meanwhile.
        CommandError: a step failed; the next reset goes on from there.
    """
    refuse_mounted(reset.volume, runner)
    run_plan(reset.plan, runner, moment_now(), progress)


def refuse_mounted(volume: Volume, runner: Runner) -> None:
    """Raise RefusedError if the volume, or a part of it, is mounted anywhere."""
    found = mounts_of(volume, runner)
    if found:
        places = ", ".join(sorted({show(mount.mountpoint) for mount in found}))
        hint = "unmount it first; a volume in use is reset by rebooting"
        where = show(volume.mountpoint)
        raise RefusedError(f"the volume of {where} is mounted at {places}", hint=hint)


def mounts_of(volume: Volume, runner: Runner) -> list[Mount]:
    """Return the mounts that show a volume or a part of it."""
    match volume:
        case ZfsVolume():
            names = {volume.dataset, zfs.under_way(volume)}
            return [
                mount for mount in read_mounts() if mount.type == "zfs" and mount.source in names
            ]
        case BtrfsVolume():
            with top_level(runner, volume.device, read_only=True) as top:
                shown = PurePosixPath("/") / volume.subvolume
                return MountTable(read_mounts()).showing(PurePosixPath(top), shown)
        case DirectoryVolume():
            return MountTable(read_mounts()).of_directory(volume.directory)
        case TmpfsVolume():
            return []
        case _:
            assert_never(volume)


def _properties(volume: Volume, runner: Runner) -> Mapping[str, str]:
    """Return the ZFS properties that its successor gets, also from one that is set aside."""
    if not isinstance(volume, ZfsVolume):
        return {}
    found = [find_dataset(runner, name) for name in (volume.dataset, zfs.under_way(volume))]
    return next((dataset.properties for dataset in found if dataset is not None), {})
