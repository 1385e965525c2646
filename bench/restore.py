"""Bringing back one file that only the oldest of many retired volumes has, beside find and cp."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from bench.compared import compared
from bench.disk import Disk, declare, disk, mount, run
from bench.measure import Command, measure
from bench.peers import program
from bench.reset import disk_size
from bench.tree import grow

DIRECTORIES: Final = 2_000
RETIRED: Final = 50
NAME: Final = "precious-plan.txt"
BY_PATH: Final = "petrichor restore, a path"
BY_GLOB: Final = "petrichor restore, **/precious-*"
OURS: Final = {BY_PATH: "the path", BY_GLOB: "the pattern"}

_LOOP: Final = """\
for root in "$1"/retired/*; do
    if [ -e "$root/$3" ]; then last=$root; fi
done
cp -a "$last/$3" "$2/"
"""
_FIND: Final = 'find "$1/retired" {} -exec cp -a "{{}}" "$2/" ";" && test -e "$2/$(basename "$3")"'


@contextmanager
def volume(directories: int, retired: int) -> Iterator[tuple[Disk, str, int]]:
    """So many retired subvolumes; the path of the file in the oldest, and how many entries."""
    with disk(disk_size(directories)) as place:
        top = place.top
        run("btrfs", "subvolume", "create", place.blank)
        run("btrfs", "subvolume", "create", top / "root")
        (top / "retired").mkdir()
        (top / "out").mkdir()
        tree = grow(top / "root", directories)
        path = f"{tree.directories[-1]}/{NAME}"
        precious = top / "root" / path
        precious.write_text("all that is known of it\n", encoding="utf-8")
        for number in range(retired):
            name = f"root-202601{number // 24 + 1:02}T{number % 24:02}0000Z-{number:032x}"
            run("btrfs", "subvolume", "snapshot", top / "root", top / "retired" / name)
            precious.unlink(missing_ok=True)
        mount(place, "root", place.live)
        declare(place)
        yield place, path, tree.entries


def commands(place: Disk, path: str) -> list[Command]:
    out = place.top / "out"
    ours = (program(), "--config", str(place.config), "--yes", "restore", "--to", str(out))
    by_name, by_path = f"-name '{NAME.split('-')[0]}-*'", '-path "*/$3"'
    scripts = {
        "a loop and cp": _LOOP,
        "find -path, cp": _FIND.format(by_path),
        "find -name, cp": _FIND.format(by_name),
    }
    given = ("sh", str(place.top), str(out), path)
    pipelines: dict[str, tuple[str, ...]] = {
        BY_PATH: (*ours, f"{place.live}/{path}"),
        BY_GLOB: (*ours, f"{place.live}/**/{NAME.split('-')[0]}-*"),
        **{name: ("sh", "-c", text, *given) for name, text in scripts.items()},
    }
    return [Command(name, (whole,), before=lambda: empty(out)) for name, whole in pipelines.items()]


def empty(out: Path) -> None:
    shutil.rmtree(out)
    out.mkdir()


def report(directories: int, retired: int, cold: int, warm: int) -> str:
    with volume(directories, retired) as (place, path, entries):
        found = measure(commands(place, path), cold, warm)
    title = f"### One file among {retired} retired volumes of {entries:,} entries"
    return f"{title}\n\n{compared(found, OURS)}"
