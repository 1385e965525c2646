"""What a reset costs, by the size of the volume, beside what people use today.

Nothing of the filesystem is mounted when one begins, as at a boot.  Small and big volumes take
turns, each on a filesystem of its own.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
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
GOAL: Final = 1.20
RUNS: Final = 3
"""So many times more runs than of what takes longer: these are milliseconds."""
PER_DIRECTORY: Final = 110_000
SMALLEST_DISK: Final = 4 << 30

_SCRIPT: Final = """\
set -e
mount -t btrfs -o subvolid=5 "$1" "$2"
btrfs subvolume list -o "$2/root" | cut -d ' ' -f 9- | while read -r inner; do
    btrfs subvolume delete "$2/$inner"
done
btrfs subvolume delete "$2/root"
btrfs subvolume snapshot "$2/blank" "$2/root"
umount "$2"
"""
"""What a unit in the initrd does where a wiki's recipe was followed."""


@dataclass(frozen=True)
class Grown:
    """A volume whose tree is kept as the subvolume `tree` while it is not being reset."""

    disk: Disk
    entries: int


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
def volumes(sizes: Sequence[int]) -> Iterator[list[Grown]]:
    """Volumes with so many directories in them."""
    with disks([disk_size(size) for size in sizes]) as made:
        yield [_grow(disk, size) for disk, size in zip(made, sizes, strict=True)]


def disk_size(directories: int) -> int:
    return max(SMALLEST_DISK, directories * PER_DIRECTORY)


def _grow(disk: Disk, directories: int) -> Grown:
    run("btrfs", "subvolume", "create", disk.top / "tree")
    run("btrfs", "subvolume", "create", disk.top / "base")
    run("btrfs", "subvolume", "snapshot", "-r", disk.top / "base", disk.blank)
    entries = grow(disk.top / "tree", directories).entries
    run("umount", disk.top)
    return Grown(disk, entries)


def clear(top: Path) -> None:
    """Take away what the last reset made, and have the tree be `tree` again."""
    if (top / "root").exists():
        run("btrfs", "subvolume", "delete", top / "root")
    for old in top.glob("retired/*"):
        old.rename(top / "tree")


def put_itself(disk: Disk) -> None:
    """The volume is the very subvolume in which the tree was made."""
    with opened(disk) as top:
        clear(top)
        (top / "tree").rename(top / "root")


def put_snapshot(disk: Disk) -> None:
    """The volume is a snapshot of it, as a deletion takes it away."""
    with opened(disk) as top:
        clear(top)
        run("btrfs", "subvolume", "snapshot", top / "tree", top / "root")


def put(disk: Disk, reset: str) -> None:
    declare(disk, f'reset = "{reset}"')
    if reset == "retire":
        put_itself(disk)
    else:
        put_snapshot(disk)


def by_tools(plan: ResetPlan) -> None:
    """The steps of the boot's unit, one process each, started by one that is there already."""
    run_plan(plan, SystemRunner(), moment_now())


def by_command(disk: Disk) -> None:
    run(program(), "--config", disk.config, "--yes", "reset", disk.live)


def by_script(disk: Disk) -> None:
    run("sh", "-c", _SCRIPT, "sh", disk.device, disk.top)


def plan_of(disk: Disk, reset: str) -> ResetPlan:
    declare(disk, f'reset = "{reset}"')
    (volume,) = Context(config=disk.config).declaration().volumes
    return reset_plan(volume, {})


def actions(grown: Grown) -> Iterator[Action]:
    disk, entries = grown.disk, grown.entries

    def action(name: str, act: Callable[[], None], reset: str) -> Action:
        return Action(row(name, entries), act, partial(put, disk, reset))

    for reset in RESETS:
        yield action(f"the unit's tools, {reset}", partial(by_tools, plan_of(disk, reset)), reset)
        yield action(f"petrichor reset, {reset}", partial(by_command, disk), reset)
    yield action(SCRIPT, partial(by_script, disk), "rollback")


def row(name: str, entries: int) -> str:
    return f"{name}, {entries:,}"


def rm_seconds(grown: Grown) -> float:
    """`rm -rf` of what is in the volume, cold; the tree is gone afterwards."""
    put_itself(grown.disk)
    drop_caches()
    with opened(grown.disk) as top:
        return seconds(lambda: run("rm", "-rf", *(top / "root").iterdir()))


def report(sizes: Sequence[int], cold: int, warm: int) -> str:
    """The sizes in directories, the smallest first."""
    with volumes(sizes) as grown:
        turns = [one for sizes_of in zip(*map(actions, grown), strict=True) for one in sizes_of]
        found = measure_actions(turns, cold, warm)
        removed = [rm_seconds(one) for one in grown]
    counts = [one.entries for one in grown]
    return f"{comparison(found, counts, removed)}\n{goals(found, counts)}"


def comparison(found: dict[str, Figures], counts: Sequence[int], removed: Sequence[float]) -> str:
    """A row per way, a column per size."""
    head = ["ms", *(f"{count:,}, {kind}" for kind in KINDS for count in counts)]
    rows = []
    for name in (*OURS, SCRIPT):
        its = [found[row(name, count)].middle(kind) for kind in KINDS for count in counts]
        rows.append([name, *(f"{1000 * cell:.0f}" for cell in its)])
    gone = [f"{1000 * cell:,.0f}" for cell in removed]
    rows.append(["rm -rf of its content, once", *gone, *("-" for _ in counts)])
    return table(head, rows)


def goals(found: dict[str, Figures], counts: Sequence[int]) -> str:
    """Printed, never asserted."""
    rows = []
    for name, kind in product(OURS, KINDS):
        least, most = (found[row(name, counts[i])].middle(kind) for i in (0, -1))
        ratio = most / least
        met = "yes" if ratio <= GOAL else "NO"
        rows.append([f"{name}, {kind}", f"{ratio:.2f}", f"{GOAL:.2f}", met])
    what = f"{counts[-1]:,} / {counts[0]:,} entries"
    return table([what, "measured", "goal, at most", "met"], rows)
