"""The whole boot path of a declaration, decided: resets, mounts, kept paths of both phases."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from petrichor.model.declaration import (
    ROOT,
    Declaration,
    DirectoryVolume,
    Phase,
    Volume,
    ZfsVolume,
)
from petrichor.model.names import is_within
from petrichor.model.plan import KeepPlan, MountPlan
from petrichor.model.steps import ResetPlan
from petrichor.plan.keep import KeepFacts, keep_plan
from petrichor.plan.volumes.choose import mount_plan, reset_plan


@dataclass(frozen=True, slots=True, kw_only=True)
class BootFacts:
    """What the boot path depends on beside the declaration.

    ``properties`` are, by dataset, the ZFS properties that are set locally on it.
    """

    keep: KeepFacts
    properties: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class BootPlan:
    """All that is rendered: nothing in it depends on the target."""

    declaration: Declaration
    resets: tuple[tuple[Volume, ResetPlan], ...]
    initrd_mounts: tuple[MountPlan, ...]
    system_mounts: tuple[MountPlan, ...]
    initrd_keep: KeepPlan
    system_keep: KeepPlan


def boot_plan(declaration: Declaration, facts: BootFacts) -> BootPlan:
    """Decide the boot path; the same input gives the same plan."""
    volumes = sorted(declaration.volumes, key=lambda volume: volume.mountpoint)
    resets = [(volume, reset_plan(volume, _properties(volume, facts))) for volume in volumes]
    inner = [volume for volume in volumes if volume.mountpoint != ROOT]
    early = [mount_plan(volume) for volume in inner if volume.phase is Phase.INITRD]
    late = [
        replace(mount_plan(volume), carrier=carrier_of(declaration, volume))
        for volume in inner
        if volume.phase is Phase.SYSTEM
    ]
    initrd_keep = keep_plan(declaration, Phase.INITRD, facts.keep)
    survivors = _survivors(declaration, initrd_keep)
    return BootPlan(
        declaration=declaration,
        resets=tuple((volume, plan) for volume, plan in resets if plan.steps),
        initrd_mounts=tuple(sorted([*survivors, *early], key=_where)),
        system_mounts=tuple(late),
        initrd_keep=initrd_keep,
        system_keep=keep_plan(declaration, Phase.SYSTEM, facts.keep),
    )


def carrier_of(declaration: Declaration, volume: Volume) -> PurePosixPath | None:
    """Return the mount point that carries a directory volume, where one is declared.

    systemd makes a missing source of a bind mount, and a reset makes the directory: both would
    happen on the filesystem below when the carrier is not mounted.
    """
    if not isinstance(volume, DirectoryVolume):
        return None
    found = declaration.filesystem_of(volume.directory)
    return found.mountpoint if found is not None and found.mountpoint != ROOT else None


def _where(plan: MountPlan) -> tuple[str, ...]:
    return plan.where.parts


def _properties(volume: Volume, facts: BootFacts) -> Mapping[str, str]:
    return facts.properties.get(volume.dataset, {}) if isinstance(volume, ZfsVolume) else {}


def _survivors(declaration: Declaration, keep: KeepPlan) -> list[MountPlan]:
    """Return the filesystems to mount in the initrd.

    All of them when the root is emptied, for a blank root has no fstab to say the rest.  Otherwise
    those that carry the stores of what the initrd keeps; the machine's own fstab mounts the rest.
    """
    chosen = [
        item
        for item in declaration.filesystems
        if has_blank_root(declaration)
        or any(is_within(store, item.mountpoint) for store in keep.stores_needed)
    ]
    return [
        MountPlan(where=item.mountpoint, what=item.device, type=item.type, options=item.options)
        for item in chosen
        if item.mountpoint != ROOT
    ]


def has_blank_root(declaration: Declaration) -> bool:
    """Tell whether the root is a volume."""
    return any(volume.mountpoint == ROOT for volume in declaration.volumes)


def has_late_reset(plan: BootPlan) -> bool:
    """Tell whether a volume is reset in the real system."""
    return any(isinstance(volume, DirectoryVolume) for volume, _ in plan.resets)
