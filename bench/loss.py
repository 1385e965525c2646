"""The loss beside the tools that users have today, in one run, as ratios."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from bench import peers
from bench.disk import Disk, disk, freeze, run, take_baseline
from bench.measure import Command, Figures, measure
from bench.table import table
from bench.tree import Altered, Tree, alter, grow

CASES: Final = ("empty", "content", "growth")
OURS: Final = ("petrichor diff", "petrichor diff -0")
DIRECTORIES: Final = 20_000
SMALLEST: Final = 2_000
BIGGEST: Final = 200_000
GIB: Final = 1 << 30
Found = dict[str, Figures]


@dataclass(frozen=True)
class Goal:
    """`petrichor diff` in terms of a peer, or its memory in MiB; printed, never asserted."""

    most: float
    kind: str
    """cold, warm or memory."""
    peer: str = ""

    def row(self, found: Found) -> list[str]:
        ours = found[OURS[0]]
        if self.kind == "memory":
            what, value = "memory, MiB", ours.memory
        elif self.peer not in found:
            return [f"{self.kind}, of {self.peer}", "not installed", f"{self.most:.2f}", "-"]
        else:
            what = f"{self.kind}, of {self.peer}"
            value = ours.middle(self.kind) / found[self.peer].middle(self.kind)
        return [what, f"{value:.2f}", f"{self.most:.2f}", "yes" if value <= self.most else "NO"]


EMPTY: Final = (
    Goal(1.5, "warm", "find -xdev -printf"),
    Goal(1.0, "cold", "find -xdev -printf"),
    Goal(150, "memory"),
)
CONTENT: Final = (
    Goal(0.75, "cold", "snapper, two snapshots"),
    Goal(0.2, "cold", "snapper, live"),
    Goal(0.15, "warm", "snapper, live"),
)
BIG: Final = (Goal(900, "memory"),)


@contextmanager
def empty(directories: int) -> Iterator[tuple[Disk, Tree]]:
    """Nothing in the baseline, the whole tree on the volume."""
    size = max(4 * GIB, directories * 110_000)
    with disk(size) as place:
        run("btrfs", "subvolume", "create", place.top / "base")
        take_baseline(place, "base")
        yield place, grow(place.live, directories)


@contextmanager
def content(directories: int) -> Iterator[tuple[Disk, Tree, Altered]]:
    """The whole tree in the baseline, some four thousand paths changed on the volume."""
    with disk(4 * GIB) as place:
        base = place.top / "base"
        run("btrfs", "subvolume", "create", base)
        tree = grow(base, directories)
        (base / ".snapshots").mkdir()  # snapper wants it
        take_baseline(place, "base")
        yield place, tree, alter(place.live, tree)


def ours(place: Disk, rows: int) -> list[Command]:
    summary, whole = OURS
    return [
        peers.petrichor(place, name=summary),
        peers.petrichor(place, "-0", name=whole, rows=rows),
    ]


def report_empty(cold: int, warm: int) -> str:
    with empty(DIRECTORIES) as (place, tree):
        commands = [
            *ours(place, tree.entries),
            peers.find(place, tree.entries + 1),  # it prints the top too
            peers.gdu(place),
            peers.rsync(place, names=False),
            peers.send(place, freeze(place), whole=True),
        ]
        found = measure(peers.installed(commands), cold, warm)
    return f"### Empty baseline, {tree.entries:,} entries\n\n{comparison(found, EMPTY)}"


def report_content(cold: int, warm: int) -> str:
    with content(DIRECTORIES) as (place, tree, altered):
        commands = [
            *ours(place, altered.still_there),
            *peers.snapper(place),
            peers.send(place, freeze(place), whole=False),
            peers.rsync(place, names=True),
            peers.twowalk(place),
        ]
        found = measure(peers.installed(commands), cold, warm)
    title = f"### Baseline of {tree.entries:,} entries, {altered.entries:,} paths lost"
    return f"{title}\n\n{comparison(found, CONTENT)}"


def comparison(found: Found, goals: tuple[Goal, ...]) -> str:
    """A row per command; the last columns say how many times its time ours took."""
    kinds = [(name, kind) for name in OURS if name in found for kind in ("cold", "warm")]
    rows = []
    for name, its in found.items():
        times = (f"{its.middle('cold'):.2f}", f"{its.middle('warm'):.2f}", f"{its.memory:.0f}")
        ratios = [found[mine].middle(kind) / its.middle(kind) for mine, kind in kinds]
        rows.append([name, f"{its.rows:,}", *times, *(f"{ratio:.2f}" for ratio in ratios)])
    short = [f"{name.removeprefix('petrichor ')} / it, {kind}" for name, kind in kinds]
    figures = table(["command", "rows", "cold, s", "warm, s", "MiB", *short], rows)
    return f"{figures}\n{goal_table(goals, found)}"


def goal_table(goals: tuple[Goal, ...], found: Found) -> str:
    head = ["`petrichor diff`", "measured", "goal, at most", "met"]
    return table(head, [goal.row(found) for goal in goals])


def report_growth(warm: int, *, big: bool) -> str:
    """How time and memory grow with the tree: linearly, one hopes."""
    rows, text = [], ""
    for directories in (SMALLEST, DIRECTORIES, *([BIGGEST] if big else [])):
        with empty(directories) as (place, tree):
            mine = ours(place, tree.entries)[0]
            commands = [mine, peers.find(place, tree.entries + 1)]
            found = measure(commands, 0, 1 if directories == BIGGEST else warm)
        for name, its in found.items():
            seconds = its.middle("warm")
            rate = f"{tree.entries / seconds:,.0f}"
            cells = (f"{seconds:.2f}", rate, f"{its.memory:.0f}")
            rows.append([f"{tree.entries:,}", name, *cells])
        if directories == BIGGEST:
            text = goal_table(BIG, found)
    head = ["entries", "command", "warm, s", "entries per second", "MiB"]
    return f"### Growth, empty baseline\n\n{table(head, rows)}\n{text}"


def report(cases: Collection[str], cold: int, warm: int, *, big: bool) -> str:
    """The cases asked for, of `CASES`."""
    text = []
    if "empty" in cases:
        text.append(report_empty(cold, warm))
    if "content" in cases:
        text.append(report_content(cold, warm))
    if "growth" in cases:
        text.append(report_growth(warm, big=big))
    return "\n".join(text)
