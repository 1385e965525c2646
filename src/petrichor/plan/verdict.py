"""The verdict after boot: did every volume forget, does every kept path show its store?"""

from pathlib import PurePosixPath

from petrichor.model.declaration import (
    BtrfsVolume,
    Declaration,
    DirectoryVolume,
    KeptPath,
    TmpfsVolume,
    Volume,
    ZfsVolume,
)
from petrichor.model.mounttable import MountTable
from petrichor.model.names import copy_unit, reset_unit
from petrichor.model.status import (
    KeptState,
    KeptStatus,
    Observation,
    SeenPath,
    Status,
    VolumeState,
    VolumeStatus,
)
from petrichor.model.text import show
from petrichor.plan.keep import MACHINE_ID
from petrichor.plan.mounted import mismatch

BACKENDS = {
    ZfsVolume: "zfs",
    BtrfsVolume: "btrfs",
    TmpfsVolume: "tmpfs",
    DirectoryVolume: "directory",
}


def verdict(declaration: Declaration, seen: Observation) -> Status:
    """Judge what was seen against what was declared."""
    volumes = sorted(declaration.volumes, key=lambda volume: volume.mountpoint)
    kept = sorted(declaration.kept, key=lambda item: item.path)
    table = MountTable(seen.mounts)
    return Status(
        boot=seen.boot,
        time=seen.time,
        volumes=tuple(_volume(volume, seen, table) for volume in volumes),
        kept=tuple(_kept(item, declaration, seen, table) for item in kept),
    )


def _volume(volume: Volume, seen: Observation, table: MountTable) -> VolumeStatus:
    state, detail = _volume_state(volume, seen, table)
    return VolumeStatus(
        mountpoint=volume.mountpoint, backend=BACKENDS[type(volume)], state=state, detail=detail
    )


def _volume_state(volume: Volume, seen: Observation, table: MountTable) -> tuple[VolumeState, str]:
    mount = table.at(volume.mountpoint)
    if mount is None:
        return VolumeState.NOT_MOUNTED, "nothing is mounted there"
    other = mismatch(volume, mount, table)
    if other:
        return VolumeState.NOT_MOUNTED, other
    if volume.mountpoint in seen.unreadable:
        return VolumeState.UNKNOWN, "its canary cannot be read"
    canary = seen.canaries.get(volume.mountpoint)
    if canary is not None and canary.boot == seen.boot:
        return canary.state, ""
    if canary is None and isinstance(volume, TmpfsVolume):
        return VolumeState.RESET, ""
    unit = reset_unit(volume.mountpoint)
    if unit in seen.failed:
        return VolumeState.NOT_RESET, f"{unit} failed"
    if seen.reset_skipped:
        return VolumeState.SKIPPED, "petrichor.reset=no stands on the kernel command line"
    if canary is not None:
        return VolumeState.NOT_RESET, f"what boot {canary.boot} left is still there"
    if not seen.reset_begun:
        return VolumeState.NOT_RESET, "no reset was begun at this boot"
    return VolumeState.RESET, ""


def _kept(
    kept: KeptPath, declaration: Declaration, seen: Observation, table: MountTable
) -> KeptStatus:
    carrier = declaration.filesystem_of(kept.store)
    store = None if carrier is None else carrier.mountpoint
    state, detail = _kept_state(kept, store, seen, table)
    return KeptStatus(path=kept.path, source=kept.source, state=state, detail=detail)


def _kept_state(
    kept: KeptPath, store: PurePosixPath | None, seen: Observation, table: MountTable
) -> tuple[KeptState, str]:
    """Judge one kept path; the first that is wrong decides.

    A link may lead to a file that its store does not hold yet, but not into a missing store.
    """
    here = seen.paths.get(kept.path, SeenPath())
    source = seen.paths.get(kept.source, SeenPath())
    if store is not None and not table.is_mountpoint(store):
        return KeptState.NO_SOURCE, f"nothing is mounted at {show(store)}, which carries its store"
    if seen.unreadable.intersection((kept.path, kept.source)):
        return KeptState.UNKNOWN, "it cannot be looked at without root"
    if kept.is_copied:
        return _copied_state(kept, here, source, seen)
    return _shown_state(kept, here, source, seen, table)


def _shown_state(
    kept: KeptPath, here: SeenPath, source: SeenPath, seen: Observation, table: MountTable
) -> tuple[KeptState, str]:
    if here.link is not None:
        if here.link == str(kept.source):
            return KeptState.PRESENT, ""
        return KeptState.REPLACED, f"a link to {show(here.link)} stands there"
    if kept.path == MACHINE_ID and kept.path in seen.equal:
        return KeptState.PRESENT, ""
    if here.identity is not None and here.identity == source.identity:
        return KeptState.PRESENT, ""
    mount = table.at(kept.path)
    if mount is not None and mount.deleted:
        return KeptState.DELETED, "its source was replaced or removed; what is written is lost"
    if source.identity is None:
        return KeptState.NO_SOURCE, f"{show(kept.source)} does not exist"
    if mount is not None:
        return KeptState.REPLACED, f"{show(mount.source)} is mounted there"
    return KeptState.NOT_MOUNTED, "what is written there is lost at the next reset"


def _copied_state(
    kept: KeptPath, here: SeenPath, source: SeenPath, seen: Observation
) -> tuple[KeptState, str]:
    """Judge a file that is copied; what the store has not got yet will be saved."""
    if kept.path in seen.equal:
        return KeptState.PRESENT, ""
    if source.identity is not None and kept.path not in seen.copied:
        return KeptState.NOT_COPIED, f"{copy_unit(kept.path)} did not copy it; it is not saved"
    if here.link is not None:
        return KeptState.REPLACED, f"a link to {show(here.link)} stands there; it is not saved"
    if here.identity is None:
        gone = source.identity is not None
        detail = "it is gone, and comes back at the next boot"
        return (KeptState.NOT_SAVED, detail) if gone else (KeptState.PRESENT, "")
    return KeptState.NOT_SAVED, "it changed after it was last saved"
