"""Hazards inside baselines: what they hold, and who may enter their top directory."""

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Final

from petrichor.model.declaration import (
    ROOT,
    BtrfsVolume,
    Declaration,
    DirectoryVolume,
    TmpfsVolume,
    Volume,
    ZfsVolume,
)
from petrichor.model.finding import Finding, error, info, warning
from petrichor.model.machine import Baseline, Machine
from petrichor.model.names import is_within
from petrichor.model.text import show
from petrichor.plan.hazards.survival import survives

SYSTEM: Final = frozenset({"usr", "etc", "nix"})
"""One of these at the top of a root says that a system is installed there."""

_ETC: Final = PurePosixPath("/etc")


def baseline_hazards(declaration: Declaration, machine: Machine) -> Iterator[Finding]:
    """Yield what is wrong inside the baselines that could be looked into."""
    for volume in declaration.volumes:
        baseline = machine.baselines.get(volume.mountpoint)
        name = baseline_name(volume)
        reason = machine.unreadable.get(name)
        if reason is not None:
            why = "whether the volume will be blank is not known"
            yield warning("baseline-unreadable", name, reason, why, "run this as root")
        elif baseline is not None:
            yield from _mode(volume, name, baseline, declaration)
            yield from _entries(volume, name, baseline)
        if volume.mountpoint == ROOT and not _waits_for_init(volume, machine):
            yield from _system(volume, declaration, machine)


def baseline_name(volume: Volume) -> str:
    """Return how messages name a volume's baseline."""
    match volume:
        case ZfsVolume():
            return volume.snapshot
        case BtrfsVolume():
            return show(volume.baseline)
        case TmpfsVolume() | DirectoryVolume():
            return show(volume.mountpoint)


def _waits_for_init(volume: Volume, machine: Machine) -> bool:
    """Tell whether the baseline is missing or unknown, which other findings say."""
    return not isinstance(volume, TmpfsVolume) and volume.mountpoint not in machine.baselines


def _mode(
    volume: Volume, name: str, baseline: Baseline, declaration: Declaration
) -> Iterator[Finding]:
    wrong = baseline.mode != 0o755 or (baseline.uid, baseline.gid) != (0, 0)
    what = f"its top directory is {baseline.uid}:{baseline.gid} with mode {baseline.mode:04o}"
    todo = "make the baseline again: mount the empty volume, chown root:root, chmod 0755, snapshot"
    if volume.mountpoint == ROOT and wrong:
        why = "/ must be root:root and 0755: daemons that are not root cannot enter it otherwise"
        yield error("baseline-mode", name, what, why, todo)
        return
    inside = [home for home in declaration.homes if volume.mountpoint in home.path.parents]
    if inside and not baseline.mode & 0o001:
        why = f"{inside[0].user} and others cannot reach their homes in it"
        yield warning("baseline-mode", name, what, why, todo)


def _entries(volume: Volume, name: str, baseline: Baseline) -> Iterator[Finding]:
    if not baseline.entries:
        return
    names = ", ".join(show(entry) for entry in sorted(baseline.entries)[:5])
    what = f"is not blank, it holds {len(baseline.entries)}: {names}"
    why = "all of it comes back at every boot"
    if volume.mountpoint == ROOT and SYSTEM & set(baseline.entries):
        yield info("baseline-system", name, what, why, "nothing, if it is an installed system")
    else:
        todo = "empty the volume and take the baseline again, unless this is meant"
        yield warning("baseline-not-blank", name, what, why, todo)


def _system(volume: Volume, declaration: Declaration, machine: Machine) -> Iterator[Finding]:
    """A root that is blank needs its programs and configuration from somewhere else."""
    here = f"is on the volume {show(volume.mountpoint)}, and neither kept nor in its baseline"
    programs = PurePosixPath("/nix" if machine.nixos else "/usr")
    todo = f"give {programs} a filesystem of its own, or make it part of the baseline"
    if not _stays(programs, declaration, machine):
        why = "the machine cannot boot from a root without it"
        yield error("system-not-kept", str(programs), here, why, todo)
    if not machine.nixos and not _stays(_ETC, declaration, machine):
        why = "all configuration and all users are gone after the reset"
        yield warning("etc-not-kept", str(_ETC), here, why, f"keep {_ETC}")


def _stays(path: PurePosixPath, declaration: Declaration, machine: Machine) -> bool:
    inside = any(is_within(item.mountpoint, path) for item in declaration.filesystems)
    return inside or survives(declaration, machine, path)
