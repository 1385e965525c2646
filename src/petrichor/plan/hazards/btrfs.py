"""Hazards of Btrfs volumes: btrfs-subvolume(8)."""

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Final

from petrichor.model.declaration import ROOT, BtrfsVolume, Declaration, Reset
from petrichor.model.finding import Finding, error, info, warning
from petrichor.model.machine import BtrfsSubvolume, Kernel, Machine
from petrichor.model.names import is_within
from petrichor.model.text import show

SYSTEMD_MAKES: Final = frozenset(
    PurePosixPath(name)
    for name in ("srv", "tmp", "var/tmp", "var/lib/machines", "var/lib/portables")
)
"""Subvolumes that systemd-tmpfiles makes anew at every boot: tmpfiles.d(5), types v and q."""


def btrfs_hazards(declaration: Declaration, machine: Machine) -> Iterator[Finding]:
    """Yield what is wrong with each Btrfs volume."""
    for volume in declaration.volumes:
        if isinstance(volume, BtrfsVolume):
            yield from _volume(volume, machine)


def _volume(volume: BtrfsVolume, machine: Machine) -> Iterator[Finding]:
    reason = machine.unreadable.get(volume.device)
    found = machine.subvolumes.get(volume.device)
    if reason is not None or found is None:
        why = "nothing can be said about the volumes on it, and their resets will fail"
        todo = "correct the device in the declaration; run this as root"
        what = reason or "is not there"
        yield error("btrfs-unreadable", volume.device, what, why, todo)
        return
    by_path = {item.path: item for item in found}
    yield from _subvolume(volume, by_path)
    yield from _baseline(volume, by_path)
    if volume.mountpoint == ROOT and machine.kernel is not None:
        yield from _root_flags(volume, machine.kernel)


_ByPath = dict[PurePosixPath, BtrfsSubvolume]


def _subvolume(volume: BtrfsVolume, by_path: _ByPath) -> Iterator[Finding]:
    subject = show(volume.subvolume)
    if volume.subvolume not in by_path:
        why = "the machine boots without this volume"
        yield error("volume-missing", subject, "does not exist", why, "run petrichor init")
        return
    nested = _nested(volume.subvolume, by_path)
    if not nested:
        return
    what = f"holds nested subvolumes: {_list(nested)}"
    if volume.reset is Reset.RETIRE:
        why = "they go with the retired volume; a snapshot of the baseline does not bring them back"
    else:
        why = "they keep what was set aside from being deleted"
    todo = "move real data to a subvolume beside this one and mount that"
    level = info if set(nested) <= SYSTEMD_MAKES else warning
    yield level("btrfs-nested", subject, what, why, todo)


def _baseline(volume: BtrfsVolume, by_path: _ByPath) -> Iterator[Finding]:
    subject = show(volume.baseline)
    baseline = by_path.get(volume.baseline)
    if baseline is None:
        why = "there is nothing to return to: the reset fails"
        todo = "run petrichor init, or name an existing subvolume as baseline"
        yield error("baseline-missing", subject, "does not exist", why, todo)
        return
    if not baseline.read_only:
        why = "whatever writes to it comes back at every boot"
        todo = f"btrfs property set -ts PATH/{subject} ro true"
        yield warning("btrfs-baseline-writable", subject, "is not read-only", why, todo)
    nested = _nested(volume.baseline, by_path)
    if nested:
        what = f"holds nested subvolumes: {_list(nested)}"
        why = "a snapshot leaves them out: after the reset they are empty directories"
        todo = "make the baseline without nested subvolumes"
        yield warning("btrfs-baseline-nested", subject, what, why, todo)


def _nested(path: PurePosixPath, by_path: _ByPath) -> list[PurePosixPath]:
    return sorted(
        other.relative_to(path) for other in by_path if other != path and is_within(other, path)
    )


def _list(paths: list[PurePosixPath]) -> str:
    names = [show(path) for path in paths]
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def _root_flags(volume: BtrfsVolume, kernel: Kernel) -> Iterator[Finding]:
    """The root file system must be named by path: after a reset its id is another one."""
    if kernel.value("root") is None:
        return
    flags = (kernel.value("rootflags") or "").split(",")
    named = [flag.removeprefix("subvol=") for flag in flags if flag.startswith("subvol=")]
    if named and PurePosixPath("/", named[-1].lstrip("/")) == ROOT / volume.subvolume:
        return
    what = f"rootflags={','.join(flags)}" if any(flags) else "there is no rootflags= word"
    why = "the machine boots another root than the one that is reset, or the retired one"
    todo = f"put rootflags=subvol={show(volume.subvolume)} on the kernel command line"
    yield error("btrfs-root-flags", show(volume.subvolume), what, why, todo)
