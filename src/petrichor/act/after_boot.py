"""After boot: judge, leave canaries, settle what the initrd could not know, note the verdict."""

import re
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Final

from petrichor.model.declaration import Declaration, KeptPath, ZfsVolume
from petrichor.model.errors import PetrichorError
from petrichor.model.names import VERDICT, retired_of
from petrichor.model.status import Canary, Status, VolumeState
from petrichor.model.text import show
from petrichor.plan.keep import MACHINE_ID
from petrichor.plan.settle import SetProperty, settle
from petrichor.plan.verdict import verdict
from petrichor.plan.volumes.zfs import container, retired_stem
from petrichor.system.command import Runner
from petrichor.system.files import read_if_present, write_atomic
from petrichor.system.mounts import is_mountpoint, read_mounts
from petrichor.system.observe import observe, write_canary
from petrichor.system.systemd import failed_units
from petrichor.system.zfs import find_dataset

STATUS_FILE: Final = Path(VERDICT)
_MACHINE_ID: Final = re.compile(rb"[0-9a-f]{32}\n")
_MARKED: Final = (VolumeState.RESET, VolumeState.NOT_RESET, VolumeState.SKIPPED)


def after_boot(declaration: Declaration, runner: Runner) -> tuple[Status, list[str]]:
    """Do all of it and return the verdict, with what went wrong on the way.

    The machine id is saved before the verdict: at a first boot the store has none yet.
    """
    troubles = _save_machine_id(declaration)
    seen = replace(observe(declaration), failed=_failed(runner))
    status = verdict(declaration, seen)
    for volume in declaration.volumes:
        if isinstance(volume, ZfsVolume):
            troubles += _settle(volume, runner)
    troubles += _leave_canaries(status)
    return status, troubles


def record(text: str) -> None:
    """Leave the verdict for other programs, as JSON."""
    STATUS_FILE.parent.mkdir(mode=0o755, exist_ok=True)
    write_atomic(STATUS_FILE, text.encode())


def _failed(runner: Runner) -> frozenset[str]:
    """Return the failed units; none where systemd does not run, as in a container's shell."""
    try:
        return frozenset(failed_units(runner))
    except PetrichorError:
        return frozenset()


def _leave_canaries(status: Status) -> list[str]:
    troubles: list[str] = []
    for volume in status.volumes:
        if volume.state in _MARKED:
            try:
                write_canary(volume.mountpoint, Canary(boot=status.boot, state=volume.state))
            except OSError as error:
                troubles.append(f"{show(volume.mountpoint)}: no canary was left: {error.strerror}")
    return troubles


def _settle(volume: ZfsVolume, runner: Runner) -> list[str]:
    try:
        live = find_dataset(runner, volume.dataset)
        parent = find_dataset(runner, container(volume))
        if live is None:
            return []
        stem = retired_stem(volume)
        names = [
            name
            for name in (parent.children if parent else ())
            if retired_of(stem, PurePosixPath(name).name)
        ]
        found = [find_dataset(runner, name) for name in names]
        for step in settle(live, [item for item in found if item is not None]):
            _set(step, runner)
    except PetrichorError as error:
        return [f"{volume.dataset}: its properties were not carried over: {error.message}"]
    return []


def _set(step: SetProperty, runner: Runner) -> None:
    argv = ("zfs", "set", f"{step.name}={step.value}", step.dataset)
    runner.run(argv, changes=True)


def _save_machine_id(declaration: Declaration) -> list[str]:
    """Put the id of a first boot into the store, whence every later boot copies it."""
    kept = next((item for item in declaration.kept if item.path == MACHINE_ID), None)
    if kept is None:
        return []
    try:
        return _keep_machine_id(declaration, kept)
    except OSError as error:
        return [f"{show(kept.source)}: the machine id was not saved: {error.strerror}"]


def _keep_machine_id(declaration: Declaration, kept: KeptPath) -> list[str]:
    carrier = declaration.filesystem_of(kept.store)
    if carrier is not None and not is_mountpoint(read_mounts(), carrier.mountpoint):
        return [f"{show(kept.source)}: the machine id was not saved: its store is not mounted"]
    known = read_if_present(Path(kept.source))
    if known is not None and _MACHINE_ID.fullmatch(known):
        return []
    data = read_if_present(Path(MACHINE_ID))
    if data is None or not _MACHINE_ID.fullmatch(data):
        return ["/etc/machine-id: there is no id yet that could be kept"]
    write_atomic(Path(kept.source), data, mode=0o444)
    return []
