"""Filesystems in memory, with the rules that a reset depends on, and a machine that runs resets.

The rules are those of zfs-rename(8), zfs-clone(8), zfs-promote(8), btrfs-subvolume(8) and
coreutils; a command that the real tool would refuse raises `RefusedError` and changes nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Protocol

from petrichor.model.steps import ResetPlan, Role, Step


class RefusedError(Exception):
    """What a tool says when it cannot."""


class World(Protocol):
    def run(self, *argv: str) -> None: ...


@dataclass(eq=False)
class Snapshot:
    name: str
    content: frozenset[str]
    made: int


@dataclass(eq=False)
class Dataset:
    content: frozenset[str] = frozenset()
    origin: Snapshot | None = None
    snapshots: list[Snapshot] = field(default_factory=list)
    properties: dict[str, str] = field(default_factory=dict)
    key: "Dataset | None" = None
    """The encryption root; it may be this dataset itself."""


class Pool:
    """Datasets by name."""

    def __init__(self, *names: str) -> None:
        self.datasets = {name: Dataset() for name in names}
        self.clock = 0

    def snapshot(self, dataset: str, name: str) -> None:
        self.clock += 1
        owner = self.datasets[dataset]
        owner.snapshots.append(Snapshot(name, owner.content, self.clock))

    def find(self, full: str) -> tuple[Dataset, Snapshot]:
        dataset, _, name = full.partition("@")
        owner = self.get(dataset)
        found = [item for item in owner.snapshots if item.name == name]
        if not found:
            raise RefusedError(f"no snapshot {full}")
        return owner, found[0]

    def get(self, name: str) -> Dataset:
        if name not in self.datasets:
            raise RefusedError(f"no dataset {name}")
        return self.datasets[name]

    def add(self, name: str, dataset: Dataset) -> None:
        if name in self.datasets:
            raise RefusedError(f"{name} exists")
        self.get(name.rpartition("/")[0])
        self.datasets[name] = dataset

    def run(self, *argv: str) -> None:
        tool, verb, *words = argv
        assert tool == "zfs"
        properties: dict[str, str] = {}
        while "-o" in words and verb != "list":
            at = words.index("-o")
            key, _, value = words[at + 1].partition("=")
            properties[key] = value
            del words[at : at + 2]
        match verb, words:
            case "create", ["-p", name]:
                if name not in self.datasets:
                    above = self.get(name.rpartition("/")[0])
                    self.add(name, Dataset(properties=properties, key=above.key))
            case "list", ["-H", "-o", "name", "-t", "snapshot", name]:
                self.find(name)
            case "list", ["-H", "-o", "name", "-t", "filesystem", name]:
                self.get(name)
            case "clone", [snapshot, name]:
                owner, found = self.find(snapshot)
                clone = Dataset(found.content, found, properties=properties, key=owner.key)
                self.add(name, clone)
            case "promote", [name]:
                self.promote(self.get(name))
            case "rename", ["-u", old, new]:
                self.rename(old, new)
            case "rollback", ["-r", name]:
                self.rollback(name)
            case _:
                raise AssertionError(argv)

    def promote(self, clone: Dataset) -> None:
        if clone.origin is None:
            raise RefusedError("not a cloned filesystem")
        owner = next(item for item in self.datasets.values() if clone.origin in item.snapshots)
        moved = [item for item in owner.snapshots if item.made <= clone.origin.made]
        if {item.name for item in moved} & {item.name for item in clone.snapshots}:
            raise RefusedError("conflicting snapshot")
        owner.snapshots = [item for item in owner.snapshots if item not in moved]
        clone.snapshots = sorted(moved + clone.snapshots, key=lambda item: item.made)
        clone.origin, owner.origin = owner.origin, clone.origin
        if clone.key is owner:  # dsl_dataset_promote_crypt_sync() of OpenZFS
            for item in self.datasets.values():
                item.key = clone if item.key is owner else item.key

    def rename(self, old: str, new: str) -> None:
        moved = self.get(old)
        above = self.get(new.rpartition("/")[0])
        if moved.key not in (None, moved, above.key):
            raise RefusedError("outside of its encryption root")
        self.add(new, moved)
        del self.datasets[old]
        for name in [name for name in self.datasets if name.startswith(f"{old}/")]:
            self.datasets[new + name.removeprefix(old)] = self.datasets.pop(name)

    def rollback(self, full: str) -> None:
        owner, target = self.find(full)
        newer = [item for item in owner.snapshots if item.made > target.made]
        if any(item.origin in newer for item in self.datasets.values()):
            raise RefusedError("a clone depends on a newer snapshot")
        owner.snapshots = [item for item in owner.snapshots if item not in newer]
        owner.content = target.content


@dataclass(eq=False)
class Node:
    content: frozenset[str] = frozenset()
    subvolume: bool = False
    read_only: bool = False


class Tree:
    """Directories and subvolumes by absolute path; with `top` they are seen only when mounted."""

    def __init__(self, nodes: Mapping[str, Node], top: str = "") -> None:
        self.nodes = {PurePosixPath(path): node for path, node in nodes.items()}
        self.top = top
        self.mounted = not top

    def get(self, path: str) -> Node:
        place = PurePosixPath(path)
        if not self.mounted or place not in self.nodes:
            raise RefusedError(f"{path}: no such file or directory")
        return self.nodes[place]

    def add(self, path: str, node: Node) -> None:
        place = PurePosixPath(path)
        self.get(str(place.parent))
        if place in self.nodes:
            raise RefusedError(f"{path} exists")
        self.nodes[place] = node

    def below(self, path: str) -> Iterator[PurePosixPath]:
        yield from [item for item in self.nodes if PurePosixPath(path) in (item, *item.parents)]

    def empty(self, path: str) -> bool:
        return list(self.below(path)) == [PurePosixPath(path)] and not self.get(path).content

    def run(self, *argv: str) -> None:  # noqa: C901 - one case per command
        match argv:
            case ("mount", "-t", "btrfs", "-o", options, _, top) if "subvolid=5" in options:
                assert top == self.top
                self.mounted = True
            case ("umount", *_, top):
                if top != self.top or not self.mounted:
                    raise RefusedError("not mounted")
                self.mounted = False
            case ("mkdir", "-p", *paths):
                for path in map(PurePosixPath, paths):
                    for part in (*reversed(path.parents), path):
                        if part not in self.nodes:
                            self.add(str(part), Node())
            case ("mkdir", "-m", "0755", path):
                self.add(path, Node())
            case ("mv", *options, old, new):
                self.move(old, new, keep="-n" in options)
            case ("test", "!", "-e", path):
                if PurePosixPath(path) in self.nodes:
                    raise RefusedError(f"{path} is there")
            case ("btrfs", "subvolume", "snapshot", source, new):
                found = self.get(source)
                assert PurePosixPath(new) not in self.nodes, "it would be made inside"
                self.add(new, replace(found, read_only=False))
            case ("btrfs", "subvolume", "delete", path):
                self.get(path)
                self.drop(path)
            case ("rm", "-d", "-f", path):
                if self.mounted and PurePosixPath(path) in self.nodes:
                    if not self.empty(path):
                        raise RefusedError("not empty")
                    self.drop(path)
            case ("rm", "-rf", "--one-file-system", "--", path):
                self.drop(path)
            case _:
                raise AssertionError(argv)

    def move(self, old: str, new: str, *, keep: bool) -> None:
        self.get(old)
        if PurePosixPath(new) in self.nodes:
            if keep:
                return
            raise RefusedError(f"{new} exists")
        self.get(str(PurePosixPath(new).parent))
        for path in list(self.below(old)):
            self.nodes[PurePosixPath(new) / path.relative_to(old)] = self.nodes.pop(path)

    def drop(self, path: str) -> None:
        for item in list(self.below(path)):
            del self.nodes[item]


class OutsideError(RefusedError):
    """A step that fails for a reason that no plan can know: EBUSY, ENOSPC."""


def reset(
    plan: ResetPlan,
    world: World,
    boot: int,
    *,
    cut_after: int | None = None,
    fails: int | None = None,
) -> bool:
    """Runs a plan as its unit does; tells whether it succeeded.

    The power fails when `cut_after` steps are done; step number `fails` fails without effect.
    """

    def argv(step: Step) -> tuple[str, ...]:
        return step.argv(f"2026010{boot}T000000Z", f"{boot:032x}")

    for number, step in enumerate(plan.steps):
        if number == cut_after:
            return False
        try:
            if number == fails:
                raise OutsideError(step.describe())
            world.run(*argv(step))
        except RefusedError:
            if step.role is not Role.RESUME:
                clean_up(plan, world, argv)
                return False
    for step in plan.discard:
        world.run(*argv(step))
    return True


def clean_up(plan: ResetPlan, world: World, argv) -> None:
    for step in plan.cleanup:
        try:
            world.run(*argv(step))
        except RefusedError:
            continue
