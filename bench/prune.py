"""What it costs to get rid of a retired volume, by its size, beside what people type today.

Each run deletes a tree of its own, whose blocks nothing else has, right after it was mounted with
cold caches.  A command returns before its space is free: the filesystem gives it back afterwards.
"""

import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Final

from bench.disk import Disk, declare, disk, mount, run
from bench.measure import drop_caches
from bench.peers import program
from bench.reset import disk_size, opened
from bench.table import table
from bench.timing import seconds
from bench.tree import grow

OURS: Final = "petrichor prune"
PAUSE: Final = 0.02
_OLDEST: Final = f"root-20260101T000000Z-{'1' * 32}"
_NEWEST: Final = f"root-20260102T000000Z-{'2' * 32}"


@dataclass
class Times:
    returned: list[float] = field(default_factory=list)
    """Seconds until the command was back."""
    freed: list[float] = field(default_factory=list)
    """Seconds until the space was free, from the same start."""


def by_petrichor(place: Disk) -> None:
    run(program(), "--config", place.config, "--yes", "prune")


def by_delete(place: Disk) -> None:
    run("btrfs", "subvolume", "delete", place.top / "retired" / _OLDEST)


def by_rm(place: Disk) -> None:
    run("rm", "-rf", place.top / "retired" / _OLDEST)


WAYS: Final[dict[str, Callable[[Disk], None]]] = {
    OURS: by_petrichor,
    "btrfs subvolume delete": by_delete,
    "rm -rf": by_rm,
}


@contextmanager
def volume(directories: int) -> Iterator[Disk]:
    """A volume whose newest retired subvolume is empty and stays."""
    with disk(disk_size(directories)) as place:
        for name in ("root", "blank"):
            run("btrfs", "subvolume", "create", place.top / name)
        (place.top / "retired").mkdir()
        declare(place, "retired = { keep = 1 }")
        run("umount", place.top)
        yield place


def retire(place: Disk, directories: int) -> int:
    """Put two retired subvolumes in place, the older with a tree; how many entries it has."""
    with opened(place) as top:
        for old in top.glob("retired/*"):
            run("btrfs", "subvolume", "delete", old)
        for name in (_OLDEST, _NEWEST):  # the filesystem knows in which order they were made
            run("btrfs", "subvolume", "create", top / "retired" / name)
        return grow(top / "retired" / _OLDEST, directories).entries


def time_one(place: Disk, act: Callable[[Disk], None], times: Times) -> None:
    drop_caches()
    mount(place, "", place.top)
    try:
        returned = seconds(lambda: act(place))
        freed = seconds(lambda: wait_until_free(place.top))
        if (place.top / "retired" / _OLDEST).exists():
            raise RuntimeError("it is still there: a fast failure is none")
    finally:
        run("umount", place.top)
    times.returned.append(returned)
    times.freed.append(returned + freed)


def wait_until_free(top: Path) -> None:
    """Have the filesystem begin now, which it does within half a minute by itself.

    `btrfs subvolume sync` looks once a second, which is too coarse here.
    """
    run("btrfs", "filesystem", "sync", top)
    left = ("btrfs", "subvolume", "list", "-d", str(top))
    while subprocess.run(left, check=True, capture_output=True).stdout:
        time.sleep(PAUSE)
    run("btrfs", "filesystem", "sync", top)


def measure(directories: int, rounds: int) -> tuple[int, dict[str, Times]]:
    """How many entries went each time, and how long it took."""
    found, entries = {name: Times() for name in WAYS}, 0
    with volume(directories) as place:
        for _ in range(rounds):
            for name, act in WAYS.items():
                entries = retire(place, directories)
                time_one(place, act, found[name])
    return entries, found


def report(rounds: Mapping[int, int]) -> str:
    """How many runs for a tree of so many directories."""
    rows = []
    for directories, number in rounds.items():
        entries, found = measure(directories, number)
        rows += [row(entries, name, found) for name in found]
    head = ["entries", "command", "back after, s", "free after, s", *_RATIOS]
    return table(head, rows)


_RATIOS: Final = ("ours / it, back", "ours / it, free")


def row(entries: int, name: str, found: dict[str, Times]) -> list[str]:
    mine, its = ((median(t.returned), median(t.freed)) for t in (found[OURS], found[name]))
    ratios = [f"{ours / theirs:.2f}" for ours, theirs in zip(mine, its, strict=True)]
    return [f"{entries:,}", name, *(f"{cell:.2f}" for cell in its), *ratios]
