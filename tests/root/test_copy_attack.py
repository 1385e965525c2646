"""A user changes everything that belongs to him as fast as he can, while root copies it.

His are the tree that is copied and the directory that copies are put into.  Nothing outside may be
read, written, or get another owner or mode, and nothing of it may turn up in a copy.
"""

import ctypes
import mmap
import os
import random
import struct
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from petrichor.model.errors import PetrichorError
from petrichor.system.beneath import DIRECTORY
from petrichor.system.copy.compare import first_difference
from petrichor.system.copy.remove import remove_open, remove_tree
from petrichor.system.copy.tree import copy_tree
from petrichor.system.syscalls import LIBRARY

SECONDS = 30
USER = 1000
SECRET = b"a secret that only root may read " * 40
EXCHANGE = 2
AT = -100  # the directory of this process
OPENED_OR_CHANGED = 0x1 | 0x2 | 0x4 | 0x20 | 0x100 | 0x200 | 0x40 | 0x80


def _build(top: Path) -> None:
    """`outside` is root's, `home` and `store` are the user's."""
    outside = top / "outside"
    (outside / "directory/inner").mkdir(parents=True)
    for name in ("secret", "directory/file-0", "directory/file-1", "directory/inner/file-0"):
        (outside / name).write_bytes(SECRET)
        (outside / name).chmod(0o600)
    (outside / "directory/inner/directory").symlink_to(".")
    tree = top / "home/tree"
    for directory in ("a/directory/inner", "a/inner", "b/c/d/e/f"):
        (tree / directory).mkdir(parents=True)
    for directory in tree.rglob("*"):
        if directory.is_dir():
            for number in range(4):
                (directory / f"file-{number}").write_bytes(b"of the user %d " % number * 200)
    (top / "home/away").mkdir()
    (top / "home/link").symlink_to(outside / "directory")
    (top / "home/file").symlink_to(outside / "secret")
    os.mkfifo(top / "home/fifo")
    (top / "store").mkdir()
    for name in ("home", "store"):
        subprocess.run(["chown", "-R", "-h", f"{USER}:{USER}", top / name], check=True)
    (top / "store/kept").mkdir(mode=0o700)  # root's own in the user's directory
    (top / "store/kept/file").write_bytes(b"root's")


def _exchange(one: str, other: str) -> bool:
    return LIBRARY.renameat2(AT, one.encode(), AT, other.encode(), EXCHANGE) == 0


def _directories(chance: random.Random) -> bool:
    """A directory and a link to root's change places, at several depths."""
    where = chance.choice(["tree/a", "tree/a/directory", "tree/a/inner", "tree/b", "tree/b/c/d"])
    return _exchange(where, "link") and _exchange(where, "link")


def _files(chance: random.Random) -> bool:
    """A file and a link to root's, or a FIFO."""
    where = chance.choice(["tree/a", "tree/a/directory", "tree/b", "tree/b/c/d"])
    name = f"{where}/file-{chance.randrange(4)}"
    with_ = chance.choice(["file", "fifo"])
    return _exchange(name, with_) and _exchange(name, with_)


def _kinds(chance: random.Random) -> bool:
    """A directory and a file."""
    return _exchange("tree/a/inner", "tree/a/file-1") and _exchange("tree/a/inner", "tree/a/file-1")


def _moves(chance: random.Random) -> bool:
    """A directory goes elsewhere while it is read, so that its parent is another."""
    where = chance.choice(["tree/b/c", "tree/b/c/d/e", "tree/a/directory"])
    os.rename(where, "away/x")
    time.sleep(chance.random() / 1000)
    os.rename("away/x", where)
    return True


def _links(chance: random.Random) -> bool:
    """Names of one file come and go; what belongs to root cannot be linked, and is tried."""
    name = f"tree/b/link-{chance.randrange(9)}"
    with suppress(FileNotFoundError):
        os.unlink(name)
    with suppress(PermissionError):
        os.link("../outside/secret", name)
    os.link(f"tree/b/c/file-{chance.randrange(4)}", name)
    return True


def _copies(chance: random.Random) -> bool:
    """What root makes in the user's own directory gives way to something else."""
    instead = chance.choice(["link", "file", "fifo", "directory", "kept", "gone"])
    hidden = f"../store/{chance.randrange(1 << 30)}"
    if instead == "kept":  # root's own, under the name that root removes if it fails
        os.rename("../store/kept", "../store/new")
        time.sleep(chance.random() / 1000)
        os.rename("../store/new", "../store/kept")
        return True
    os.rename("../store/new", hidden)
    if instead == "directory":
        os.mkdir("../store/new", 0o777)
    elif instead != "gone":
        os.rename(instead, "../store/new")
        time.sleep(chance.random() / 1000)
        os.rename("../store/new", instead)
    return True


ATTACKS: list[Callable[[random.Random], bool]] = [
    _directories, _files, _kinds, _moves, _links, _copies,
]  # fmt: skip


@contextmanager
def attackers(home: Path, shared: mmap.mmap, attacks: list[int]) -> Iterator[None]:
    """One process per group of attacks, each counting in its own slot."""
    started = []
    for attack in attacks:
        child = os.fork()
        if not child:
            _attack(home, shared, attack)
        started.append(child)
    try:
        yield
    finally:
        for child in started:
            os.kill(child, 9)
            os.waitpid(child, 0)


def _attack(home: Path, shared: mmap.mmap, attack: int) -> None:
    try:
        os.chdir(home)  # what lies above is root's alone
        os.setgroups([])
        os.setresgid(USER, USER, USER)
        os.setresuid(USER, USER, USER)
        chance, count = random.Random(attack), 0
        while True:
            with suppress(OSError):
                count += ATTACKS[attack](chance)
                struct.pack_into("=Q", shared, 8 * attack, count)
    finally:
        os._exit(1)


@contextmanager
def watched(*directories: Path) -> Iterator[Callable[[], int]]:
    """Counts what is opened, read, written or changed in directories: inotify(7)."""
    descriptor = LIBRARY.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
    for directory in directories:
        path = ctypes.c_char_p(os.fsencode(directory))
        assert LIBRARY.inotify_add_watch(descriptor, path, OPENED_OR_CHANGED) >= 0

    def count() -> int:
        with suppress(BlockingIOError):
            return len(os.read(descriptor, 1 << 16))
        return 0

    try:
        yield count
    finally:
        os.close(descriptor)


def _state(outside: Path) -> dict[Path, tuple[object, ...]]:
    """What nobody may change; reading the facts of a path opens nothing."""
    return {
        path: (f.st_mode, f.st_uid, f.st_gid, f.st_size, f.st_mtime_ns, f.st_ctime_ns, f.st_nlink)
        for path in (outside, *outside.rglob("*"))
        if (f := path.lstat())
    }


def _holds_secret(store: Path) -> list[Path]:
    found = []
    for directory, _, files in os.walk(store):
        for name in files:
            path = Path(directory, name)
            with suppress(FileNotFoundError):
                opened = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK) if not (
                    path.is_symlink() or path.is_fifo()
                ) else -1  # fmt: skip
                if opened >= 0:
                    with open(opened, "rb") as file:
                        found += [path] if SECRET[:33] in file.read() else []
    return found


def _remove_own(directory: int, identity: tuple[int, int]) -> None:
    """Remove what was made, if it is still what has the name."""
    with suppress(OSError, PetrichorError):
        opened = os.open(b"new", DIRECTORY, dir_fd=directory)
        try:
            facts = os.fstat(opened)
            if (facts.st_dev, facts.st_ino) == identity:
                remove_open(opened, directory, b"new")
        finally:
            os.close(opened)


@pytest.mark.parametrize("against", ["the source", "source and copies"])
def test_nothing_outside_is_touched(btrfs: Path, against: str) -> None:
    top = btrfs / "top"
    top.mkdir(mode=0o755)
    _build(top)
    outside, store = top / "outside", top / "store"
    before = _state(outside)
    attacks = list(range(len(ATTACKS) - (against == "the source")))
    done = refused = differences = 0
    reasons: dict[str, int] = {}
    with (
        mmap.mmap(-1, 4096) as shared,
        watched(outside, outside / "directory", outside / "directory/inner") as touched,
    ):
        (outside / "secret").read_bytes()
        assert touched(), "the watch sees nothing"
        home, target = (os.open(top / name, DIRECTORY) for name in ("home", "store"))
        with attackers(top / "home", shared, attacks):
            end = time.monotonic() + SECONDS / 2
            while time.monotonic() < end:
                try:
                    copied = copy_tree(home, b"tree", target, b"new")
                    done += 1
                except PetrichorError as error:
                    refused += 1
                    kind = f"{type(error).__name__}: {error.message.rpartition(': ')[2]}"
                    reasons[kind] = reasons.get(kind, 0) + 1
                try:
                    differences += first_difference(home, b"tree", target, b"new") is not None
                except PetrichorError:
                    differences += 1
                if against == "the source":
                    assert _holds_secret(store) == []
                    remove_tree(target, b"new")
                elif done:
                    _remove_own(target, copied.identity)
        assert not touched(), "something outside was opened or changed"
        swaps = sum(struct.unpack_from(f"={len(ATTACKS)}Q", shared))
        os.close(home)
        os.close(target)
    print(f"\n{against}: {done} copies and {refused} refusals under {swaps:,} swaps")
    print(*(f"  {count:6} {kind}" for kind, count in sorted(reasons.items())), sep="\n")
    assert _state(outside) == before
    assert _holds_secret(store) == []
    kept = [path for path in store.rglob("file") if path.read_bytes() == b"root's"]
    assert len(kept) == 1, "root's own in the user's directory is gone"
    assert done + refused > 20
    assert swaps > 1_000
