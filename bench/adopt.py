"""Copying a tree from one subvolume to another, beside the tools that people use for it.

Ours is synced and verified when it returns; none of the others is.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from bench.compared import compared
from bench.disk import disk, run
from bench.measure import Command, Figures, measure
from bench.peers import installed
from bench.table import table
from bench.tree import grow

DIRECTORIES: Final = 20_000
OURS: Final = "copy_tree, synced, verified"
CP: Final = "cp -a --reflink=always"
RSYNC: Final = "rsync -aHAX"
GIB: Final = 1 << 30


@contextmanager
def volume(directories: int) -> Iterator[tuple[Path, int]]:
    """The top level of a Btrfs with a tree in the subvolume `volume`; how many entries it has."""
    with disk(6 * GIB) as place:
        run("btrfs", "subvolume", "create", place.top / "volume")
        run("btrfs", "subvolume", "create", place.top / "store")
        (place.top / "volume/tree").mkdir()
        yield place.top, grow(place.top / "volume/tree", directories).entries


def renew(top: Path) -> None:
    """An empty store; what the last one held is gone from the disk too."""
    run("btrfs", "subvolume", "delete", "--commit-each", top / "store")
    run("btrfs", "subvolume", "sync", top)
    run("btrfs", "subvolume", "create", top / "store")
    run("sync")


def commands(top: Path) -> list[Command]:
    tree, new = str(top / "volume/tree"), str(top / "store/new")
    pack = ("tar", "--acls", "--xattrs", "-C", f"{top}/volume", "-cf", "-", "tree")
    unpack = ("tar", "--acls", "--xattrs", "-C", f"{top}/store", "-xpf", "-")
    pipelines: dict[str, tuple[tuple[str, ...], ...]] = {
        OURS: ((sys.executable, "-m", "bench.copytree", tree, f"{top}/store", "new"),),
        CP: (("cp", "-a", "--reflink=always", tree, new),),
        RSYNC: (("rsync", "-aHAX", f"{tree}/", f"{new}/"),),
        "tar | tar": (pack, unpack),
    }
    return [
        Command(name, pipeline, before=lambda: renew(top)) for name, pipeline in pipelines.items()
    ]


def report(directories: int, cold: int, warm: int) -> str:
    with volume(directories) as (top, entries):
        found = measure(installed(commands(top)), cold, warm)
    return f"### {entries:,} entries between two subvolumes\n\n{comparison(found)}"


def comparison(found: dict[str, Figures]) -> str:
    return f"{compared(found, {OURS: 'ours'})}\n{goals(found)}"


def goals(found: dict[str, Figures]) -> str:
    """Printed, never asserted."""
    if RSYNC not in found:
        return f"{RSYNC} is not installed.\n"
    rows = []
    for kind in ("cold", "warm"):
        ratio = found[OURS].middle(kind) / found[RSYNC].middle(kind)
        met = "yes" if ratio < 1 else "NO"
        rows.append([f"{kind}, of {RSYNC}", f"{ratio:.2f}", "1.00", met])
    return table(["the copy", "measured", "goal, less than", "met"], rows)
