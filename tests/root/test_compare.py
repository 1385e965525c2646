"""A snapshot and what became of it are compared on a real Btrfs, change by change."""

import os
import shutil
import socket
import stat
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from petrichor.loss.compare import Trust, added, compare, compare_at, compare_top, removed
from petrichor.model.loss import Aspect, Batch, Change
from petrichor.system.beneath import DIRECTORY
from petrichor.system.directory import DirectorySide

CAPABILITY = bytes.fromhex("0100000200200000000000000000000000000000")
Told = dict[bytes, str]


def _run(*words: str | Path) -> None:
    subprocess.run(words, check=True)


def _told(batches: Iterator[Batch]) -> Told:
    """Each path once, with its change or the aspects of it."""
    found: Told = {}
    for directory, entries in batches:
        for entry in entries:
            path = os.path.join(directory, entry.name)
            assert path not in found
            found[path] = " ".join(entry.aspects) or str(entry.change)
    return found


class Subject:
    """A subvolume, and a snapshot of it as it was."""

    def __init__(self, top: Path) -> None:
        self.top = top
        self.live = top / "live"
        _run("btrfs", "--quiet", "subvolume", "create", self.live)

    def compare(self, change: Callable[[], object], *, trust: Trust = Trust.INODE) -> Told:
        blank = self.top / "blank"
        time.sleep(0.03)  # the clock of change times ticks slowly
        _run("btrfs", "--quiet", "subvolume", "snapshot", "-r", self.live, blank)
        change()
        old, new = os.open(blank, DIRECTORY), os.open(self.live, DIRECTORY)
        try:
            sides = DirectorySide(old), DirectorySide(new)
            found = _told(compare(*sides, b"/", trust=trust))
            assert _told(compare(*sides, b"/")) == found, "what is trusted changes no answer"
            for path in found:
                alone = _told(compare_at(*sides, b"/", path[1:], trust=trust))
                assert alone.items() <= found.items() and path in alone
            return found
        finally:
            os.close(old)
            os.close(new)


@pytest.fixture
def subject(btrfs: Path) -> Subject:
    subject = Subject(btrfs)
    for name in ("file", "other", "dir/inner/file"):
        (subject.live / name).parent.mkdir(parents=True, exist_ok=True)
        (subject.live / name).write_text("hello\n")
    (subject.live / "link").symlink_to("a")
    os.link(subject.live / "file", subject.live / "dir/second")
    return subject


def _reset_time(path: Path, change: Callable[[Path], object]) -> None:
    facts = path.lstat()
    change(path)
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns), follow_symlinks=False)


def _relink(path: Path) -> None:
    path.unlink()
    path.symlink_to("b")


def _replace_by_rename(path: Path) -> None:
    path.with_name("beside").write_text("hello\n")
    shutil.copystat(path, path.with_name("beside"))
    path.with_name("beside").rename(path)


def _directory_for_file(path: Path) -> None:
    path.unlink()
    (path / "new").mkdir(parents=True)


def _file_for_directory(path: Path) -> None:
    shutil.rmtree(path)
    path.touch()


def _fifo_for(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _made_anew(path: Path) -> None:
    shutil.rmtree(path)
    path.mkdir()


CASES: dict[str, tuple[Callable[[Path], object], Told]] = {
    "nothing": (lambda live: None, {}),
    "read": (lambda live: (live / "other").read_text(), {}),
    "touched": (lambda live: os.utime(live / "other"), {b"/other": "time"}),
    "written": (
        lambda live: (live / "other").write_text("more"),
        {b"/other": "content time"},
    ),
    "written, time set back": (
        lambda live: _reset_time(live / "other", lambda p: p.write_text("HELLO\n")),
        {b"/other": "content"},
    ),
    "truncated": (
        lambda live: _reset_time(live / "other", lambda p: os.truncate(p, 1)),
        {b"/other": "content"},
    ),
    "same content, saved by rename": (lambda live: _replace_by_rename(live / "other"), {}),
    "mode": (lambda live: (live / "other").chmod(0o4755), {b"/other": "mode"}),
    "owner": (lambda live: os.chown(live / "other", 1000, -1), {b"/other": "owner"}),
    "group of a link": (
        lambda live: os.chown(live / "link", -1, 5, follow_symlinks=False),
        {b"/link": "owner"},
    ),
    "mode of a directory": (lambda live: (live / "dir").chmod(0o700), {b"/dir": "mode"}),
    "attribute": (
        lambda live: os.setxattr(live / "other", b"user.\xff", b"\0"),
        {b"/other": "xattrs"},
    ),
    "capability": (
        lambda live: os.setxattr(live / "other", "security.capability", CAPABILITY),
        {b"/other": "xattrs"},
    ),
    "default list of a directory": (
        lambda live: _run("setfacl", "-d", "-m", "u:1000:r", live / "dir"),
        {b"/dir": "xattrs"},
    ),
    "immutable": (lambda live: _run("chattr", "+i", live / "other"), {b"/other": "flags"}),
    "new link": (
        lambda live: os.link(live / "file", live / "dir/third"),
        {b"/dir/third": "added"},
    ),
    "one link less": (lambda live: (live / "dir/second").unlink(), {b"/dir/second": "removed"}),
    "a file of two names": (
        lambda live: (live / "file").write_text("x"),
        {b"/file": "content time", b"/dir/second": "content time"},
    ),
    "other target": (
        lambda live: _reset_time(live / "link", _relink),
        {b"/link": "content"},
    ),
    "renamed directory": (
        lambda live: (live / "dir/inner").rename(live / "moved"),
        {
            **dict.fromkeys((b"/dir/inner", b"/dir/inner/file"), "removed"),
            **dict.fromkeys((b"/moved", b"/moved/file"), "added"),
        },
    ),
    "a directory for a file": (
        lambda live: _directory_for_file(live / "other"),
        {b"/other": "kind", b"/other/new": "added"},
    ),
    "a file for a directory": (
        lambda live: _file_for_directory(live / "dir/inner"),
        {b"/dir/inner": "kind", b"/dir/inner/file": "removed"},
    ),
    "a fifo for a link": (
        lambda live: _fifo_for(live / "link"),
        {b"/link": "kind"},
    ),
    "directory made anew": (
        lambda live: _made_anew(live / "dir/inner"),
        {b"/dir/inner/file": "removed"},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_one_change(subject: Subject, case: str) -> None:
    change, wanted = CASES[case]
    assert subject.compare(lambda: change(subject.live)) == wanted
    subprocess.run(["chattr", "-R", "-i", subject.live], capture_output=True, check=False)


def test_numbers_of_devices(subject: Subject) -> None:
    node = subject.live / "node"
    os.mknod(node, stat.S_IFCHR | 0o600, os.makedev(1, 3))
    times = (0, 0)

    def change() -> None:
        node.unlink()
        os.mknod(node, stat.S_IFCHR | 0o600, os.makedev(1, 5))
        os.utime(node, ns=times)

    os.utime(node, ns=times)
    assert subject.compare(change) == {b"/node": "content"}


def test_large_sparse_files_of_one_size(subject: Subject) -> None:
    sparse = subject.live / "sparse"
    with sparse.open("wb") as file:
        file.truncate(1 << 42)
    os.utime(sparse, ns=(0, 0))
    changed = subject.live / "changed"
    _run("cp", "-a", "--sparse=always", sparse, changed)

    def change() -> None:
        sparse.chmod(0o600)
        with changed.open("r+b") as file:
            file.seek(3 << 40)
            file.write(b"x")
        os.utime(changed, ns=(0, 0))

    assert subject.compare(change) == {b"/sparse": "mode", b"/changed": "content"}


def test_a_comparison_opens_nothing_special(subject: Subject) -> None:
    """A FIFO, a socket, a device: their times change, and nobody waits for a writer."""
    os.mkfifo(subject.live / "fifo")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(subject.live / "socket"))
    os.mknod(subject.live / "node", stat.S_IFBLK | 0o600, os.makedev(7, 99))
    names = ("fifo", "socket", "node")

    def change() -> None:
        for name in names:
            os.utime(subject.live / name, ns=(0, 0))

    found = subject.compare(change)
    assert found == {b"/" + name.encode(): "time" for name in names}


def test_the_top_and_whole_subtrees(subject: Subject) -> None:
    os.chown(subject.live, 1000, 1000)
    blank = subject.top / "blank"
    _run("btrfs", "--quiet", "subvolume", "snapshot", "-r", subject.live, blank)
    subject.live.chmod(0o700)
    old, new = os.open(blank, DIRECTORY), os.open(subject.live, DIRECTORY)
    sides = DirectorySide(old), DirectorySide(new)
    ((directory, (entry,)),) = compare_top(*sides, b"/home")
    assert (directory, entry.name, entry.change) == (b"/home", b"", Change.CHANGED)
    assert (entry.aspects, entry.uid) == ((Aspect.MODE,), 1000)
    inner = {b"/home/dir/inner": "added", b"/home/dir/inner/file": "added"}
    assert _told(added(sides[1], b"/home", b"dir/inner")) == inner
    assert _told(removed(sides[0], b"/home", b"dir/inner")) == dict.fromkeys(inner, "removed")
    os.close(old)
    os.close(new)
