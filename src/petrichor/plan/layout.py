"""Layout: what ``init`` creates on a machine so that a declaration can be carried out.

Nothing here destroys anything: a step makes what is missing, and what already holds content
without a baseline is refused unless the owner says that this content is the baseline.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Final, assert_never

from petrichor.model.declaration import (
    ROOT,
    BtrfsVolume,
    Declaration,
    DirectoryVolume,
    Filesystem,
    TmpfsVolume,
    ZfsVolume,
)
from petrichor.model.machine import Baseline, ZfsDataset
from petrichor.model.names import is_within
from petrichor.model.text import show
from petrichor.plan.volumes import btrfs, directory, zfs

HOLD: Final = "petrichor"
"""The tag of the hold that protects a ZFS baseline from being destroyed by mistake: zfs-hold(8)."""

ROOT_MODE: Final = 0o755
"""A blank root that others may not enter stops every daemon that is not root's."""

FLAG: Final = "--baseline-from-content"


@dataclass(frozen=True, slots=True, order=True)
class Spot:
    """A directory: named from the top level of a Btrfs ``device``, or a plain one if that is ""."""

    device: str
    path: PurePosixPath

    def __str__(self) -> str:
        """Return it as it stands in messages."""
        return f"{show(self.path)} on {show(self.device)}" if self.device else show(self.path)


@dataclass(frozen=True, slots=True)
class CreateDataset:
    """Create a ZFS dataset: one to mount, or one that only holds others."""

    name: str
    mountable: bool = True

    def describe(self) -> str:
        """Return the step as a line to read."""
        return f"create the dataset {self.name}" + ("" if self.mountable else ", never mounted")


@dataclass(frozen=True, slots=True)
class TakeSnapshot:
    """Take a ZFS baseline."""

    snapshot: str

    def describe(self) -> str:
        """Return the step as a line to read."""
        return f"take the baseline {self.snapshot}"


@dataclass(frozen=True, slots=True)
class HoldSnapshot:
    """Protect a ZFS baseline."""

    snapshot: str

    def describe(self) -> str:
        """Return the step as a line to read."""
        return f"hold {self.snapshot}, so that nobody destroys it by mistake"


@dataclass(frozen=True, slots=True)
class CreateSubvolume:
    """Create an empty Btrfs subvolume whose top directory has mode 0755."""

    spot: Spot

    def describe(self) -> str:
        """Return the step as a line to read."""
        return f"create the subvolume {self.spot}"


@dataclass(frozen=True, slots=True)
class CopySubvolume:
    """Take a snapshot of a Btrfs subvolume: a baseline, read-only, or a volume from one."""

    source: Spot
    target: Spot
    read_only: bool

    def describe(self) -> str:
        """Return the step as a line to read."""
        if self.read_only:
            return f"take the baseline {self.target} of {show(self.source.path)}"
        return f"create the subvolume {self.target} from {show(self.source.path)}"


@dataclass(frozen=True, slots=True)
class MakeDirectory:
    """Make a directory with mode 0755, those above it included."""

    spot: Spot

    def describe(self) -> str:
        """Return the step as a line to read."""
        return f"make the directory {self.spot}"


@dataclass(frozen=True, slots=True)
class OpenRoot:
    """Give the top directory of an empty root volume its mode, before the baseline is taken."""

    spot: Spot

    def describe(self) -> str:
        """Return the step as a line to read."""
        return f"set the mode of the empty {self.spot} to 0755"


LayoutStep = (
    CreateDataset
    | TakeSnapshot
    | HoldSnapshot
    | CreateSubvolume
    | CopySubvolume
    | MakeDirectory
    | OpenRoot
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LayoutFacts:
    """What was found: only what the declaration names is looked at.

    ``contents`` are the directories that exist, with what they hold; ``dataset_contents`` the
    same for datasets that have no baseline yet; ``subvolumes`` those of ``contents`` that are.
    """

    datasets: Mapping[str, ZfsDataset] = field(default_factory=dict)
    dataset_contents: Mapping[str, Baseline] = field(default_factory=dict)
    contents: Mapping[Spot, Baseline] = field(default_factory=dict)
    subvolumes: frozenset[Spot] = frozenset()
    unmounted: frozenset[PurePosixPath] = frozenset()
    """Mount points of declared filesystems where nothing is mounted."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A reason to do nothing: what was found, and what to do about it."""

    message: str
    hint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LayoutPlan:
    """Steps in order; with a refusal none of them may be carried out."""

    steps: tuple[LayoutStep, ...]
    refusals: tuple[Refusal, ...] = ()


def subvolume_of(item: Filesystem) -> PurePosixPath | None:
    """Return the subvolume that a declared Btrfs filesystem mounts, or None."""
    if item.type != "btrfs":
        return None
    named = [option for option in item.options if option.startswith("subvol=")]
    path = named[-1].removeprefix("subvol=").strip("/") if named else ""
    return PurePosixPath(path) if path else None


def dataset_names(declaration: Declaration) -> list[str]:
    """Return the datasets to look at, sorted: those named, those above them, and half-done ones."""
    volumes = [item for item in declaration.volumes if isinstance(item, ZfsVolume)]
    named = {item.device for item in declaration.filesystems if item.type == "zfs"}
    for volume in volumes:
        named |= {volume.dataset, zfs.container(volume), zfs.under_way(volume)}
    above = {str(up) for name in named for up in PurePosixPath(name).parents}
    return sorted(name for name in named | above if "/" in name)


def spots(declaration: Declaration) -> list[Spot]:
    """Return the directories to look at, sorted, those above them included."""
    found: set[Spot] = set()
    for item in declaration.filesystems:
        path = subvolume_of(item)
        if path is not None:
            found.add(Spot(item.device, path))
    for volume in declaration.volumes:
        if isinstance(volume, BtrfsVolume):
            named = (volume.subvolume, volume.baseline, btrfs.retired(volume))
            found |= {Spot(volume.device, path) for path in named}
        elif isinstance(volume, DirectoryVolume):
            found |= {Spot("", volume.directory), Spot("", directory.retired(volume))}
    above = {Spot(spot.device, up) for spot in found for up in spot.path.parents}
    return sorted(found | {spot for spot in above if spot.path.name})


def layout_plan(
    declaration: Declaration, facts: LayoutFacts, *, baseline_from_content: bool = False
) -> LayoutPlan:
    """Return what is missing, as steps, and every reason to refuse."""
    planner = _Planner(facts, baseline_from_content)
    for item in sorted(declaration.filesystems, key=lambda item: item.mountpoint):
        planner.filesystem(item)
    for volume in sorted(declaration.volumes, key=lambda item: item.mountpoint):
        match volume:
            case ZfsVolume():
                planner.zfs(volume)
            case BtrfsVolume():
                planner.btrfs(volume)
            case DirectoryVolume():
                carrier = declaration.filesystem_of(volume.directory)
                planner.directory(volume, carrier)
            case TmpfsVolume():
                pass
            case _:
                assert_never(volume)
    return LayoutPlan(steps=tuple(planner.steps), refusals=tuple(planner.refusals))


class _Planner:
    """Collects steps; what an earlier step makes counts as there."""

    def __init__(self, facts: LayoutFacts, baseline_from_content: bool) -> None:
        self.facts = facts
        self.baseline_from_content = baseline_from_content
        self.steps: list[LayoutStep] = []
        self.refusals: list[Refusal] = []
        self.datasets = set(facts.datasets)
        self.directories = set(facts.contents)

    def refuse(self, message: str, hint: str) -> None:
        self.refusals.append(Refusal(message, hint))

    def filesystem(self, item: Filesystem) -> None:
        """Create the dataset or subvolume of a filesystem that survives."""
        path = subvolume_of(item)
        if item.type == "zfs":
            self.dataset(item.device)
        elif path is not None:
            self.subvolume(Spot(item.device, path))

    def dataset(self, name: str, *, mountable: bool = True) -> None:
        """Create a dataset; those above it that are missing are never mounted."""
        above = [str(up) for up in reversed(PurePosixPath(name).parents) if up.name]
        for up in above[1:]:  # the first is the pool
            self.one_dataset(up, mountable=False)
        self.one_dataset(name, mountable=mountable)

    def one_dataset(self, name: str, *, mountable: bool) -> None:
        if name not in self.datasets and "/" in name:
            self.datasets.add(name)
            self.steps.append(CreateDataset(name, mountable))

    def zfs(self, volume: ZfsVolume) -> None:
        live, aside = volume.dataset, zfs.under_way(volume)
        found = self.facts.datasets.get(live)
        if aside in self.facts.datasets:
            hint = f"finish it: boot, or run petrichor reset {show(volume.mountpoint)}"
            self.refuse(f"a reset of {live} was cut off: {aside} is still there", hint)
            return
        points = found.snapshots if found else ()
        baseline = next(
            (item for item in points if item.name == volume.baseline and not item.bookmark), None
        )
        if baseline is None and not self.may_take(live, self.facts.dataset_contents.get(live)):
            return
        self.dataset(live)
        if baseline is None:
            self.steps.append(TakeSnapshot(volume.snapshot))
        if baseline is None or HOLD not in baseline.holds:
            self.steps.append(HoldSnapshot(volume.snapshot))
        self.dataset(zfs.container(volume), mountable=False)

    def may_take(self, name: str, content: Baseline | None) -> bool:
        """Tell whether the content of a volume without baseline may become one."""
        if content is None or not content.entries or self.baseline_from_content:
            return True
        held = ", ".join(show(entry) for entry in sorted(content.entries)[:3])
        more = len(content.entries) - 3
        held += f" and {more} more" if more > 0 else ""
        hint = f"{FLAG} takes what it holds now as the baseline; otherwise empty it first"
        self.refuse(f"{name} holds {held}, and has no baseline", hint)
        return False

    def btrfs(self, volume: BtrfsVolume) -> None:
        live, base = Spot(volume.device, volume.subvolume), Spot(volume.device, volume.baseline)
        retired = Spot(volume.device, btrfs.retired(volume))
        content = self.facts.contents.get(live)
        if not self.is_subvolume(base) or not self.is_subvolume(live):
            return
        if base in self.facts.contents:
            if content is None:
                self.directory_above(live)
                self.steps.append(CopySubvolume(base, live, read_only=False))
        elif self.may_take(str(live), content):
            self.subvolume(live)
            if volume.mountpoint == ROOT and content is not None and not content.entries:
                self.open_root(live, content)
            self.directory_above(base)
            self.steps.append(CopySubvolume(live, base, read_only=True))
        else:
            return
        self.make(retired)

    def open_root(self, spot: Spot, content: Baseline) -> None:
        if content.mode != ROOT_MODE:
            self.steps.append(OpenRoot(spot))

    def is_subvolume(self, spot: Spot) -> bool:
        """Refuse a plain directory or file where a subvolume should be."""
        if spot not in self.facts.contents or spot in self.facts.subvolumes:
            return True
        self.refuse(f"{spot} is not a subvolume", "move it away, or name another one")
        return False

    def subvolume(self, spot: Spot) -> None:
        if not self.is_subvolume(spot) or spot in self.directories:
            return
        self.directory_above(spot)
        self.directories.add(spot)
        self.steps.append(CreateSubvolume(spot))

    def directory_above(self, spot: Spot) -> None:
        above = Spot(spot.device, spot.path.parent)
        if above.path.name:
            self.make(above)

    def make(self, spot: Spot) -> None:
        if spot not in self.directories:
            self.directories |= {spot, *(Spot(spot.device, up) for up in spot.path.parents)}
            self.steps.append(MakeDirectory(spot))

    def directory(self, volume: DirectoryVolume, carrier: Filesystem | None) -> None:
        """A directory volume's baseline is emptiness; the place beside it says it was made."""
        live, retired = Spot("", volume.directory), Spot("", directory.retired(volume))
        content = self.facts.contents.get(live)
        if carrier is not None and carrier.mountpoint in self.facts.unmounted:
            where = show(carrier.mountpoint)
            self.refuse(f"nothing is mounted at {where}, where {live} should be", "mount it first")
        elif content is not None and content.entries and retired not in self.facts.contents:
            held = show(min(content.entries))
            hint = "a directory volume begins empty: name a new directory"
            self.refuse(f"{live} holds {held}, and was never a volume", hint)
        else:
            self.make(live)
            self.make(retired)


def declaration_home(declaration: Declaration, path: PurePosixPath) -> PurePosixPath | None:
    """Return where a first declaration is written so that a reset does not take it.

    That is ``path`` itself where it survives, its place in a store where it is kept, and None
    where it is neither.
    """
    if declaration.volume_of(path) is None:
        return path
    kept = [item for item in declaration.kept if is_within(path, item.path)]
    if not kept:
        return None
    return kept[0].store / path.relative_to("/")
