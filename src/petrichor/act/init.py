"""Creating what a declaration names: look, and carry out the layout step by step.

Killed anywhere, the next run sees what is there and does the rest.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path, PurePosixPath
from typing import assert_never

from petrichor.model.declaration import Declaration, DirectoryVolume, Filesystem, ZfsVolume
from petrichor.model.errors import MachineError, RefusedError
from petrichor.model.machine import Baseline, ZfsDataset
from petrichor.model.mounttable import MountTable
from petrichor.model.names import CANARY
from petrichor.plan.layout import (
    HOLD,
    CopySubvolume,
    CreateDataset,
    CreateSubvolume,
    HoldSnapshot,
    LayoutFacts,
    LayoutPlan,
    LayoutStep,
    MakeDirectory,
    OpenRoot,
    Spot,
    TakeSnapshot,
    dataset_names,
    spots,
)
from petrichor.system.btrfs import list_subvolumes, top_level
from petrichor.system.command import Runner
from petrichor.system.files import write_atomic
from petrichor.system.mounts import mounted, read_mounts
from petrichor.system.peek import look_into
from petrichor.system.zfs import find_dataset, find_pool


def layout_facts(declaration: Declaration, runner: Runner, root: Path = Path("/")) -> LayoutFacts:
    """Look at what a declaration names, and only at that.

    Raises:
        MachineError: a pool is not imported, or a device holds no Btrfs.
        CommandError: a tool did not answer.
    """
    contents: dict[Spot, Baseline] = {}
    subvolumes: set[Spot] = set()
    asked = spots(declaration)
    for device in sorted({spot.device for spot in asked}):
        here = [spot for spot in asked if spot.device == device]
        if device:
            with top_level(runner, device, read_only=True) as top:
                contents |= _contents(here, top)
                found = {item.path for item in list_subvolumes(top)}
                subvolumes |= {spot for spot in here if spot.path in found}
        else:
            contents |= _contents(here, root)
    datasets = _datasets(declaration, runner)
    return LayoutFacts(
        datasets=datasets,
        dataset_contents=_dataset_contents(declaration, datasets, runner),
        contents=contents,
        subvolumes=frozenset(subvolumes),
        unmounted=_unmounted(declaration, root),
    )


def _contents(asked: Iterable[Spot], top: Path) -> dict[Spot, Baseline]:
    found = ((spot, look_into(_below(top, spot.path))) for spot in asked)
    return {spot: content for spot, content in found if content is not None}


def _below(top: Path, path: PurePosixPath) -> Path:
    return top / (path.relative_to("/") if path.is_absolute() else path)


def _datasets(declaration: Declaration, runner: Runner) -> dict[str, ZfsDataset]:
    names = dataset_names(declaration)
    for pool in sorted({name.partition("/")[0] for name in names}):
        if find_pool(runner, pool) is None:
            hint = f"import it with zpool import {pool}, or create it with zpool create"
            raise MachineError(f"there is no pool {pool}", hint=hint)
    found = ((name, find_dataset(runner, name)) for name in names)
    return {name: dataset for name, dataset in found if dataset is not None}


def _dataset_contents(
    declaration: Declaration, datasets: dict[str, ZfsDataset], runner: Runner
) -> dict[str, Baseline]:
    """Look into the datasets that have no baseline yet."""
    found: dict[str, Baseline] = {}
    for volume in declaration.volumes:
        if not isinstance(volume, ZfsVolume) or volume.dataset not in datasets:
            continue
        dataset = datasets[volume.dataset]
        if volume.baseline in {item.name for item in dataset.snapshots if not item.bookmark}:
            continue
        options = "ro" if dataset.mountpoint == "legacy" else "ro,zfsutil"
        with _zfs_mounted(runner, volume.dataset, options) as place:
            content = look_into(place)
        if content is not None:
            found[volume.dataset] = content
    return found


@contextmanager
def _zfs_mounted(runner: Runner, dataset: str, options: str) -> Iterator[Path]:
    """Show a dataset: where it is mounted, or else where nobody looks."""
    mounts = [item for item in read_mounts() if (item.type, item.source) == ("zfs", dataset)]
    whole = [item for item in mounts if item.root == PurePosixPath("/")]
    if whole:
        yield Path(whole[-1].mountpoint)
        return
    with mounted(runner, "zfs", dataset, options) as place:
        yield place


def _unmounted(declaration: Declaration, root: Path) -> frozenset[PurePosixPath]:
    table = MountTable(read_mounts())
    needed = [
        declaration.filesystem_of(volume.directory)
        for volume in declaration.volumes
        if isinstance(volume, DirectoryVolume)
    ]
    points = {item.mountpoint for item in needed if item is not None}
    return frozenset(
        point
        for point in points
        if not table.is_mountpoint(PurePosixPath(root) / point.relative_to("/"))
    )


def refuse_if_told(plan: LayoutPlan) -> None:
    """Raise RefusedError with every reason that the plan has."""
    if plan.refusals:
        message = "; ".join(item.message for item in plan.refusals)
        hints = list(dict.fromkeys(item.hint for item in plan.refusals))
        raise RefusedError(message, hint="; ".join(hints))


def carry_out(
    steps: Iterable[LayoutStep],
    runner: Runner,
    root: Path = Path("/"),
    progress: Callable[[LayoutStep], None] = lambda _: None,
) -> None:
    """Carry out the steps of a layout in order.

    Raises:
        CommandError: a tool failed; running it all again does the rest.
    """
    with ExitStack() as stack, _usual_umask():
        tops: dict[str, Path] = {"": root}
        for step in steps:
            for device in _devices(step) - tops.keys():
                tops[device] = stack.enter_context(top_level(runner, device))
            _carry_out(step, runner, tops)
            progress(step)


@contextmanager
def _usual_umask() -> Iterator[None]:
    """Let new directories get mode 0755, whatever the caller's shell says."""
    before = os.umask(0o022)
    try:
        yield
    finally:
        os.umask(before)


def _devices(step: LayoutStep) -> set[str]:
    match step:
        case CreateSubvolume() | MakeDirectory() | OpenRoot():
            return {step.spot.device}
        case CopySubvolume():
            return {step.target.device}
        case _:
            return set()


def _carry_out(step: LayoutStep, runner: Runner, tops: dict[str, Path]) -> None:
    def place(spot: Spot) -> str:
        return str(_below(tops[spot.device], spot.path))

    match step:
        case CreateDataset(name, mountable):
            kind = (
                ("mountpoint=legacy",) if mountable else ("mountpoint=none", "-o", "canmount=off")
            )
            argv: tuple[str, ...] = ("zfs", "create", "-o", *kind, name)
        case TakeSnapshot(snapshot):
            _drop_canaries(snapshot.partition("@")[0])
            argv = ("zfs", "snapshot", snapshot)
        case HoldSnapshot(snapshot):
            argv = ("zfs", "hold", HOLD, snapshot)
        case CreateSubvolume(spot):
            argv = ("btrfs", "subvolume", "create", place(spot))
        case CopySubvolume(source, target, read_only):
            flag = ("-r",) if read_only else ()
            if read_only:
                (Path(place(source)) / CANARY).unlink(missing_ok=True)
            argv = ("btrfs", "subvolume", "snapshot", *flag, place(source), place(target))
        case MakeDirectory(spot):
            argv = ("mkdir", "-p", "--", place(spot))
        case OpenRoot(spot):
            argv = ("chmod", "0755", "--", place(spot))
        case _:
            assert_never(step)
    runner.run(argv, changes=True)


def _drop_canaries(dataset: str) -> None:
    """A canary in a baseline would come back at every boot, and tell of a reset that failed."""
    for item in read_mounts():
        if (item.type, item.source) == ("zfs", dataset):
            (Path(item.mountpoint) / CANARY).unlink(missing_ok=True)


@contextmanager
def directory_of(
    path: PurePosixPath, carrier: Filesystem | None, runner: Runner, root: Path
) -> Iterator[Path]:
    """Give the real path of ``path``, whose filesystem may not be mounted below ``root`` yet."""
    if carrier is None or carrier.mountpoint == PurePosixPath("/"):
        yield root / path.relative_to("/")
        return
    point = PurePosixPath(root) / carrier.mountpoint.relative_to("/")
    if MountTable(read_mounts()).is_mountpoint(point):
        yield root / path.relative_to("/")
        return
    with mounted(runner, carrier.type, carrier.device, ",".join(carrier.options)) as top:
        yield top / path.relative_to(carrier.mountpoint)


def write_declaration(place: Path, text: str) -> None:
    """Write a first declaration; one that is there already is never replaced.

    Raises:
        RefusedError: there is one.
    """
    if os.path.lexists(place):
        raise RefusedError(f"{place} is there already", hint="it stays as it is")
    with _usual_umask():
        place.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(place, text.encode())
