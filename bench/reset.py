"""What a reset costs, by the size of the volume, beside what people use today.

Nothing of the filesystem is mounted when one begins, as at a boot.  Volumes of all sizes take
turns: on filesystems of their own, where the filesystem grows with the volume, and on one that
holds them all, where nothing differs but the volume.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from pathlib import Path
from typing import Final

from bench.compared import KINDS
from bench.disk import Disk, declare, disks, mount, run
from bench.measure import Figures, drop_caches
from bench.peers import program
from bench.table import table
from bench.timing import Action, measure_actions, seconds
from bench.tree import grow
from petrichor.act.steps import moment_now, run_plan
from petrichor.cli.context import Context
from petrichor.model.steps import ResetPlan
from petrichor.plan.volumes.choose import reset_plan
from petrichor.system.command import SystemRunner

SIZES: Final = (2_000, 20_000)
"""Directories: 22,000 and 220,000 entries."""
BIGGEST: Final = 200_000
RESETS: Final = ("retire", "rollback")
OURS: Final = tuple(
    f"{what}, {reset}" for reset in RESETS for what in ("the unit's tools", "petrichor reset")
)
SCRIPT: Final = "delete and snapshot, a script"
CONTROL: Final = "mount, write twice, unmount"
LAYOUTS: Final = ("apart", "together")
"""Each volume on a filesystem of its own, or all on one."""
GOAL: Final = 1.20
SETTLED: Final = 2
"""So often a filesystem is mounted and written after what is reset was put in its place."""
RUNS: Final = 3
"""So many times more runs than of what takes longer: these are milliseconds."""
PER_DIRECTORY: Final = 110_000
SMALLEST_DISK: Final = 4 << 30

_SCRIPT: Final = """\
set -e
mount -t btrfs -o subvolid=5 "$1" "$2"
btrfs subvolume list -o "$2/$3" | cut -d ' ' -f 9- | while read -r inner; do
    btrfs subvolume delete "$2/$inner"
done
btrfs subvolume delete "$2/$3"
btrfs subvolume snapshot "$2/blank" "$2/$3"
umount "$2"
"""
"""What a unit in the initrd does where a wiki's recipe was followed."""

_CONTROL: Final = """\
set -e
mount -t btrfs -o subvolid=5 "$1" "$2"
mkdir "$2/control"
sync -f "$2"
rmdir "$2/control"
umount "$2"
"""
"""What the filesystem takes when nothing is reset: it is mounted, and commits twice."""


@dataclass(frozen=True)
class Grown:
    """A volume, whose tree has another name while it is not being reset."""

    disk: Disk
    name: str
    """Of the volume's subvolume."""
    entries: int

    @property
    def tree(self) -> str:
        return f"{self.name}.tree"


@contextmanager
def opened(disk: Disk) -> Iterator[Path]:
    """The top level, mounted; afterwards nothing of the filesystem is, and all is on the disk."""
    mount(disk, "", disk.top)
    try:
        yield disk.top
        for words in (("filesystem", "sync"), ("subvolume", "sync")):
            run("btrfs", *words, disk.top)  # no deletion goes on while something is measured
    finally:
        run("umount", disk.top)


@contextmanager
def volumes(sizes: Sequence[int], layout: str) -> Iterator[list[Grown]]:
    """Volumes with so many directories in them."""
    apart = layout == "apart"
    with disks([disk_size(size) for size in (sizes if apart else [sum(sizes)])]) as made:
        for place in made:
            run("btrfs", "subvolume", "create", place.blank)
        places = made if apart else [_part(made[0], size) for size in sizes]
        grown = [_grow(place, size) for place, size in zip(places, sizes, strict=True)]
        for place in made:
            run("umount", place.top)
        yield grown


def _part(whole: Disk, directories: int) -> Disk:
    """One of several volumes of a filesystem: declared apart from the others."""
    name = f"volume-{directories}"
    return replace(whole, live=whole.live / name, config=whole.config.with_name(f"{name}.toml"))


def disk_size(directories: int) -> int:
    return max(SMALLEST_DISK, directories * PER_DIRECTORY)


def _grow(disk: Disk, directories: int) -> Grown:
    grown = Grown(disk, f"root_{directories}", 0)
    run("btrfs", "subvolume", "create", disk.top / grown.tree)
    return replace(grown, entries=grow(disk.top / grown.tree, directories).entries)


def clear(grown: Grown, top: Path) -> None:
    """Take away what the last reset made, and have the tree be apart again."""
    if (top / grown.name).exists():
        run("btrfs", "subvolume", "delete", top / grown.name)
    for old in top.glob(f"retired/{grown.name}-*"):
        old.rename(top / grown.tree)


def put_itself(grown: Grown) -> None:
    """The volume is the very subvolume in which the tree was made."""
    with opened(grown.disk) as top:
        clear(grown, top)
        (top / grown.tree).rename(top / grown.name)


def put_snapshot(grown: Grown) -> None:
    """The volume is a snapshot of it, as a deletion takes it away."""
    with opened(grown.disk) as top:
        clear(grown, top)
        run("btrfs", "subvolume", "snapshot", top / grown.tree, top / grown.name)


PUT: Final = {"retire": put_itself, "rollback": put_snapshot}


def put(grown: Grown, reset: str) -> None:
    """The first mount after a large snapshot was deleted takes longer; that is done with here."""
    declare(grown.disk, f'reset = "{reset}"', subvolume=grown.name)
    PUT[reset](grown)
    for _ in range(SETTLED):
        by_script(_CONTROL, grown)


def by_tools(plan: ResetPlan) -> None:
    """The steps of the boot's unit, one process each, started by one that is there already."""
    run_plan(plan, SystemRunner(), moment_now())


def by_command(disk: Disk) -> None:
    run(program(), "--config", disk.config, "--yes", "reset", disk.live)


def by_script(text: str, grown: Grown) -> None:
    run("sh", "-c", text, "sh", grown.disk.device, grown.disk.top, grown.name)


def plan_of(grown: Grown, reset: str) -> ResetPlan:
    declare(grown.disk, f'reset = "{reset}"', subvolume=grown.name)
    (volume,) = Context(config=grown.disk.config).declaration().volumes
    return reset_plan(volume, {})


def actions(grown: Grown) -> Iterator[Action]:
    def action(name: str, act: Callable[[], None], reset: str) -> Action:
        return Action(row(name, grown.entries), act, partial(put, grown, reset))

    for reset in RESETS:
        by_unit = partial(by_tools, plan_of(grown, reset))
        yield action(f"the unit's tools, {reset}", by_unit, reset)
        yield action(f"petrichor reset, {reset}", partial(by_command, grown.disk), reset)
    yield action(SCRIPT, partial(by_script, _SCRIPT, grown), "rollback")
    yield action(CONTROL, partial(by_script, _CONTROL, grown), "rollback")


def row(name: str, entries: int) -> str:
    return f"{name}, {entries:,}"


def rm_seconds(grown: Grown) -> float:
    """`rm -rf` of what is in the volume, cold; the tree is gone afterwards."""
    put_itself(grown)
    drop_caches()
    with opened(grown.disk) as top:
        return seconds(lambda: run("rm", "-rf", *(top / grown.name).iterdir()))


def report(sizes: Sequence[int], cold: int, warm: int, layouts: Sequence[str] = LAYOUTS) -> str:
    """The sizes in directories, the smallest first."""
    text = []
    for layout in layouts:
        with volumes(sizes, layout) as grown:
            turns = [one for same in zip(*map(actions, grown), strict=True) for one in same]
            found = measure_actions(turns, cold, warm)
            removed = [rm_seconds(one) for one in grown] if layout == "apart" else []
        counts = [one.entries for one in grown]
        text.append(f"### Volumes {layout}\n\n{comparison(found, counts, removed)}")
        text.append(goals(found, counts))
    return "\n".join(text)


def comparison(found: dict[str, Figures], counts: Sequence[int], removed: Sequence[float]) -> str:
    """A row per way, a column per size."""
    head = ["ms", *(f"{count:,}, {kind}" for kind in KINDS for count in counts)]
    rows = []
    for name in (*OURS, SCRIPT, CONTROL):
        its = [found[row(name, count)].middle(kind) for kind in KINDS for count in counts]
        rows.append([name, *(f"{1000 * cell:.0f}" for cell in its)])
    if removed:
        gone = [f"{1000 * cell:,.0f}" for cell in removed]
        rows.append(["rm -rf of its content, once", *gone, *("-" for _ in counts)])
    return table(head, rows)


def goals(found: dict[str, Figures], counts: Sequence[int]) -> str:
    """Printed, never asserted."""
    rows = []
    for name, kind in product((*OURS, CONTROL), KINDS):
        small, large = (found[row(name, counts[i])] for i in (0, -1))
        ratio = large.middle(kind) / small.middle(kind)
        least = large.least(kind) / small.least(kind)
        met = "yes" if ratio <= GOAL else "NO"
        rows.append([f"{name}, {kind}", f"{ratio:.2f}", f"{least:.2f}", f"{GOAL:.2f}", met])
    what = f"{counts[-1]:,} / {counts[0]:,} entries"
    return table([what, "of medians", "of the least", "goal, at most", "met"], rows)
