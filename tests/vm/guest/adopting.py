"""Runs in a machine: looks at what a `keep` that was cut off left, finishes it, is cut off itself.

    adopting.py POINT

What it finds goes into the directory of the store's filesystem, where it outlives the machine.  The
power is not cut here: before the call that POINT names this process says so on the console, and the
one that keeps stands still in that call until the machine is killed.
"""

import hashlib
import json
import os
import re
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import killing

from petrichor.cli.main import run

ALICE = 1000
FILES = 240
HOME = Path("/home/alice")
PERSIST = Path("/persist")
STORE = PERSIST / "root"
CONFIG = PERSIST / "petrichor.toml"
COMMAND = ("petrichor", "--config", os.fspath(CONFIG), "--yes")
ZFS = os.environ["BACKEND"] == "zfs"
SYSTEM = "/dev/disk/by-id/virtio-system"
Tree = dict[str, list[Any]]


def tool(*words: str | Path) -> str:
    done = subprocess.run(words, check=True, stdout=subprocess.PIPE)
    return os.fsdecode(done.stdout)


def mount(name: str, place: Path, *, read_only: bool = False) -> None:
    place.mkdir(parents=True, exist_ok=True)
    access = "ro" if read_only else "rw"
    if ZFS:
        tool("mount", "-t", "zfs", "-o", access, f"rpool/{name}", place)
    else:
        tool("mount", "-o", f"subvol=/{name},{access}", SYSTEM, place)


# --- a tree, and what it consists of


def make(place: Path, number: int) -> None:
    """Make a tree of a few hundred files, alice's; its content is of this number alone."""
    for index in range(FILES):
        path = place / f"{index % 12:02}" / f"file {index}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(hashlib.sha512(f"{number} {index}".encode()).digest() * (index * 2))
        path.chmod(0o600 + index % 64)
    os.setxattr(place / "00/file 0", "user.ring", b"remembered")
    os.link(place / "01/file 1", place / "second name")
    (place / "link").symlink_to("00")
    for path in (*place.rglob("*"), place):
        os.chown(path, ALICE, ALICE, follow_symlinks=False)
        os.utime(path, ns=(0, 10**18 + number), follow_symlinks=False)
    place.chmod(0o750)


def consists_of(place: Path) -> Tree | None:
    """Return all that a tree holds; None if there is none."""
    if not os.path.lexists(place):
        return None
    return {os.fspath(path.relative_to(place)): _facts(path) for path in [place, *place.rglob("*")]}


def _facts(path: Path) -> list[Any]:
    facts = path.lstat()
    found: list[Any] = [facts.st_mode, facts.st_uid, facts.st_gid, facts.st_mtime_ns]
    if stat.S_ISREG(facts.st_mode):
        found += [facts.st_nlink, hashlib.sha256(path.read_bytes()).hexdigest()]
    if stat.S_ISLNK(facts.st_mode):
        return [*found, os.readlink(path)]
    return [*found, {name: os.getxattr(path, name).hex() for name in sorted(os.listxattr(path))}]


def judged(found: Tree | None, wanted: Tree) -> str:
    return "absent" if found is None else "whole" if found == wanted else "torn"


# --- after a cut


def look_and_finish(number: int) -> None:
    """Note what the cut before this boot left, and keep the tree as its owner would now."""
    wanted = json.loads((PERSIST / f"wanted-{number}.json").read_text())
    place, stored = HOME / f"tree-{number}", STORE / f"home/alice/tree-{number}"
    found: dict[str, Any] = {
        "on the volume": consists_of(place) is not None,
        "retired": [judged(consists_of(home / "alice" / place.name), wanted) for home in retired()],
        "stored": judged(consists_of(stored), wanted),
        "declared": place.name in CONFIG.read_text(),
    }
    said = ""
    if not found["declared"]:
        said += tool(*COMMAND, "restore", place)
    said += tool(*COMMAND, "keep", place)
    found["said"] = said
    found["shown"] = judged(consists_of(place), wanted)
    found["its store"] = judged(consists_of(stored), wanted)
    found["same inode"] = os.path.samefile(place, stored)
    found["now declared"] = place.name in CONFIG.read_text()
    found["left"] = [os.fspath(path) for path in leavings(number)]
    note(f"found-{number}.json", found)


def retired() -> Iterator[Path]:
    """Yield the retired homes, each seen at a place of its own."""
    if ZFS:
        names = tool("zfs", "list", "-H", "-o", "name", "-d", "1", "rpool/retired").split()[1:]
        for name in names:
            place = Path("/run/look") / name.rpartition("/")[2]
            mount(name.removeprefix("rpool/"), place, read_only=True)
            yield place
            tool("umount", place)
    else:
        mount("", Path("/run/look"), read_only=True)
        yield from Path("/run/look/retired").iterdir()
        tool("umount", "/run/look")


def leavings(number: int) -> Iterator[Path]:
    """Yield what of petrichor's own is left anywhere, and what nobody put into the store."""
    yield from (path for path in HOME.rglob(".petrichor-*"))
    for path in STORE.rglob("*"):
        if path.name.startswith(".petrichor") and path != STORE / ".petrichor":
            yield path
    known = {f"tree-{index}" for index in range(number + 1)} | {"Documents"}
    yield from (path for path in (STORE / "home/alice").iterdir() if path.name not in known)
    lasting = "declared.json"  # what the store was declared to hold
    yield from (path for path in (STORE / ".petrichor").iterdir() if path.name != lasting)


def note(name: str, data: object) -> None:
    (PERSIST / name).write_text(json.dumps(data))
    os.sync()


# --- the cut


@contextmanager
def cutting(point: str) -> Iterator[Callable[[killing.Call], bool]]:
    """Give what hears of the calls, and has the machine killed at the point."""
    kind, _, count = point.partition(" ")
    before: list[str] = []

    def step(call: killing.Call) -> bool:
        if is_reached(kind, int(count or 1), before, call.name):
            cut(point)
        before.append(call.name)
        return False

    yield step
    if kind != "end":
        sys.exit(f"{point} was not reached in {len(before)} calls: {before[-40:]}")
    cut(point)


def is_reached(kind: str, count: int, before: list[str], name: str) -> bool:
    """Tell whether a call is the one: `file N` is the N-th that is made, the rest speak."""
    since = before[before.index("renameat2") :] if "renameat2" in before else []
    reached = {
        "file": name == "openat" and before.count("openat") == count - 1,
        "appear": name == "renameat2",
        "appeared": bool(since),
        "declare": bool(since) and is_rename(name),
        "declared": any(map(is_rename, since)),
        "end": False,
    }
    return reached[kind]


def is_rename(name: str) -> bool:
    return re.fullmatch("rename(at)?", name) is not None


def cut(point: str) -> None:
    with open("/dev/console", "w") as console:
        print(f"RING-CUT {point}", file=console, flush=True)
    time.sleep(100_000)


def keep(number: int, point: str) -> None:
    """Make a tree that is safely on the disk, and be cut off while it is kept."""
    place = HOME / f"tree-{number}"
    make(place, number)
    note(f"wanted-{number}.json", consists_of(place))

    def work() -> None:
        with open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), 1)
        assert run([*COMMAND[1:], "keep", os.fspath(place)]) == 0

    with cutting(point) as step:
        code = killing.run(work, step)
        assert code == 0, code


def main() -> None:
    number = len(list(PERSIST.glob("wanted-*.json")))
    if number:
        tool(*COMMAND, "reset", "/home")
    mount("home", HOME.parent)
    HOME.mkdir(mode=0o700, exist_ok=True)
    os.chown(HOME, ALICE, ALICE)
    if number:
        look_and_finish(number - 1)
    if point := sys.argv[1]:
        keep(number, point)
    for path in PERSIST.glob("found-*.json"):
        Path(path.name).write_bytes(path.read_bytes())


if __name__ == "__main__":
    main()
