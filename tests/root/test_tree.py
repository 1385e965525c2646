"""A volume is seen as it is beneath other mounts, whatever lies on it."""

import os
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from petrichor.model.errors import MachineError
from petrichor.model.loss import Batch
from petrichor.system.beneath import DIRECTORY, open_beneath, open_volume
from petrichor.system.directory import DirectorySide
from petrichor.system.forks import Pool, spread
from petrichor.system.mounts import MOUNTINFO
from petrichor.system.tree import walk, walks
from tests.root.harness.hostile import NAMES
from tests.root.harness.program import REPO

CAPABILITY = bytes.fromhex("0100000200200000000000000000000000000000")


def _run(*words: str | Path) -> None:
    subprocess.run(words, check=True)


@contextmanager
def _mounted(place: Path, *options: str, source: str | Path = "none") -> Iterator[Path]:
    place.mkdir(parents=True, exist_ok=True)
    _run("mount", *options, source, place)
    try:
        yield place
    finally:
        _run("umount", "--recursive", place)


@pytest.fixture
def volume(tmp_path: Path) -> Iterator[Path]:
    with _mounted(tmp_path / "volume", "-t", "tmpfs") as place:
        yield place


def _paths(batches: Iterator[Batch]) -> list[bytes]:
    return [
        os.path.join(batch.directory, entry.name) for batch in batches for entry in batch.entries
    ]


def _walked(volume: Path) -> list[bytes]:
    with open_volume(volume) as descriptor:
        return _paths(walk(descriptor, b"/"))


def test_what_mounts_hide_is_seen_and_what_they_show_is_not(volume: Path, tmp_path: Path) -> None:
    (volume / "point").mkdir()
    (volume / "point/hidden").touch()
    with _mounted(volume / "point", "-t", "tmpfs"):
        (volume / "point/shown").touch()
        assert _walked(volume) == [b"/point", b"/point/hidden"]


def test_a_bind_mount_of_the_same_filesystem_is_not_entered(volume: Path) -> None:
    (volume / "store/deep").mkdir(parents=True)
    (volume / "store/deep/file").touch()
    (volume / "single").touch()
    with _mounted(volume / "kept", "--bind", source=volume / "store"):
        _run("mount", "--bind", volume / "store/deep/file", volume / "single")
        assert (volume / "kept").stat().st_dev == volume.stat().st_dev
        assert (volume / "kept/deep/file").exists()
        found = _walked(volume)
    assert found == [b"/kept", b"/single", b"/store", b"/store/deep", b"/store/deep/file"]


def test_a_bound_directory_is_a_volume_of_its_own(volume: Path, tmp_path: Path) -> None:
    (volume / "inner/deep").mkdir(parents=True)
    (volume / "outside").touch()
    with _mounted(tmp_path / "home", "--bind", source=volume / "inner") as home:
        assert _walked(home) == [b"/deep"]
        with pytest.raises(MachineError, match="not a mount point"), open_volume(home / "deep"):
            pass


def test_nothing_of_ours_shows_up(volume: Path, tmp_path: Path) -> None:
    """No mount, no access time, no way to write."""
    _run("mount", "-o", "remount,strictatime", volume)
    (volume / "folder").mkdir()
    (volume / "folder/file").write_text("text")
    before = [path.stat().st_atime_ns for path in (volume, volume / "folder")]
    mounts = MOUNTINFO.read_bytes()
    with open_volume(volume) as descriptor:
        list(walk(descriptor, b"/"))
        side = DirectorySide(descriptor)
        assert list(side.content(b"folder/file")) == [(0, b"text")]
        assert MOUNTINFO.read_bytes() == mounts
        with pytest.raises(OSError, match="Read-only"):
            os.open(b"new", os.O_CREAT | os.O_WRONLY, dir_fd=descriptor)
    assert [path.stat().st_atime_ns for path in (volume, volume / "folder")] == before
    os.listdir(volume / "folder")
    assert (volume / "folder").stat().st_atime_ns > before[1]


def test_a_volume_can_be_unmounted_while_it_is_looked_at(tmp_path: Path) -> None:
    place = tmp_path / "volume"
    with _mounted(place, "-t", "tmpfs"):
        (place / "file").touch()
        opened = open_volume(place)
        descriptor = opened.__enter__()
    assert not (place / "file").exists()
    assert _paths(walk(descriptor, b"/")) == [b"/file"]
    opened.__exit__(None, None, None)


def test_every_kind_and_any_name(volume: Path) -> None:
    for name in NAMES.values():
        (volume / os.fsdecode(name)).mkdir()
    (volume / "link").symlink_to("nowhere")
    os.mkfifo(volume / "fifo")
    os.mknod(volume / "char", stat.S_IFCHR | 0o600, os.makedev(1, 3))
    os.mknod(volume / "block", stat.S_IFBLK | 0o600, os.makedev(7, 0))
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(volume / "socket"))
    with open_volume(volume) as descriptor:
        (batch, *rest) = walk(descriptor, b"/home")
        side = DirectorySide(descriptor)
        for name in (b"link", b"fifo", b"char", b"block", b"socket"):
            assert (side.flags(name), side.xattrs(name)) == (0, {})
    assert rest == []
    kinds = {entry.name: stat.S_IFMT(entry.mode) for entry in batch.entries}
    assert list(kinds) == sorted([*NAMES.values(), b"link", b"fifo", b"char", b"block", b"socket"])
    assert (kinds[b"char"], kinds[b"block"]) == (stat.S_IFCHR, stat.S_IFBLK)
    assert (kinds[b"fifo"], kinds[b"socket"]) == (stat.S_IFIFO, stat.S_IFSOCK)


def test_a_tree_deeper_than_any_path_and_any_limit(volume: Path) -> None:
    """Each level has a second directory, which is read after all that lies below the first."""
    depth, name = 3000, b"n" * 20
    here = os.open(volume, DIRECTORY)
    for _ in range(depth):
        os.mkdir(name, dir_fd=here)
        os.mkdir(b"z", dir_fd=here)
        below = os.open(name, DIRECTORY, dir_fd=here)
        os.close(here)
        here = below
    with open_volume(volume) as descriptor:
        longest, count = b"", 0
        for batch in walk(descriptor, b"/"):
            count += len(batch.entries)
            longest = max(longest, batch.directory, key=len)
        assert count == 2 * depth
        assert len(longest) > 15 * 4096 - 21
        opened = open_beneath(descriptor, b"/".join([name] * depth), DIRECTORY)
        assert os.fstat(opened).st_ino == os.fstat(here).st_ino
        os.close(opened)
        assert DirectorySide(descriptor).entries(b"/".join([name] * (depth - 1))).keys() == {
            name,
            b"z",
        }
    os.close(here)


def test_what_may_not_be_read_is_told(volume: Path) -> None:
    """Root may read anything, so the walk runs without that right."""
    for name in ("a", "b", "c"):
        (volume / name).mkdir()
        (volume / name / "file").touch()
    (volume / "b").chmod(0o000)
    os.chown(volume / "b", 1000, 1000)
    program = (
        "import os, sys\n"
        "from petrichor.system.tree import walk\n"
        "top = os.open(sys.argv[1], os.O_RDONLY)\n"
        "for batch in walk(top, b'/'):\n"
        "    for entry in batch.entries:\n"
        "        print(batch.directory, entry.name, entry.change, entry.error)\n"
    )
    drop = ("setpriv", "--bounding-set", "-dac_override,-dac_read_search")
    done = subprocess.run(
        [*drop, "--inh-caps", "-all", sys.executable, "-c", program, volume],
        check=True, capture_output=True, text=True, cwd=REPO,
    )  # fmt: skip
    assert done.stdout.splitlines() == [
        "b'/' b'a' added ",
        "b'/' b'b' added ",
        "b'/' b'c' added ",
        "b'/a' b'file' added ",
        "b'/' b'b' unreadable Permission denied",
        "b'/c' b'file' added ",
    ]


def test_entries_that_come_and_go(volume: Path) -> None:
    """A writer makes and removes directories all the time: what stays is found, each time."""
    writer = (
        "import itertools, os, shutil, sys\n"
        "os.chdir(sys.argv[1])\n"
        "for n in itertools.count():\n"
        "    os.makedirs(f'd/{n % 50}/x/y')\n"
        "    shutil.rmtree(f'd/{(n + 25) % 50}', ignore_errors=True)\n"
    )
    (volume / "d").mkdir()
    for number in range(100):
        (volume / f"stays/{number}").mkdir(parents=True)
    done = subprocess.Popen([sys.executable, "-c", writer, volume], stderr=subprocess.DEVNULL)
    try:
        for _ in range(100):
            found = _walked(volume)
            assert sum(path.startswith(b"/stays/") for path in found) == 100
        assert done.poll() is None
    finally:
        done.kill()
        done.wait()


def test_attributes_capabilities_and_flags(btrfs: Path) -> None:
    for name in ("capable", "fixed", "noted"):
        (btrfs / name).touch()
    os.setxattr(btrfs / "capable", "security.capability", CAPABILITY)
    os.setxattr(btrfs / "noted", b"user.\xff", b"\0")
    os.setxattr(btrfs / "noted", "trusted.overlay.opaque", b"y")
    _run("chattr", "+i", btrfs / "fixed")
    try:
        with open_volume(btrfs) as descriptor:
            side = DirectorySide(descriptor)
            assert side.xattrs(b"capable") == {b"security.capability": CAPABILITY}
            assert side.xattrs(b"noted") == {b"user.\xff": b"\0", b"trusted.overlay.opaque": b"y"}
            assert (side.flags(b"fixed"), side.flags(b"noted")) == (0x10, 0)
            assert side.marks(b"", [b"fixed", b"noted", b"absent"]) == [0x10, 0, 0]
    finally:
        _run("chattr", "-i", btrfs / "fixed")


def test_a_nested_subvolume_is_entered_and_marked(btrfs: Path) -> None:
    (btrfs / "plain").mkdir()
    _run("btrfs", "--quiet", "subvolume", "create", btrfs / "plain/nested")
    (btrfs / "plain/nested/folder").mkdir()
    with open_volume(btrfs) as descriptor:
        found = {e.name: e.is_root for b in walk(descriptor, b"/") for e in b.entries}
    assert found == {b"plain": False, b"nested": True, b"folder": False}


def test_without_root_it_is_said(volume: Path, tmp_path: Path) -> None:
    program = (
        "import sys, pathlib\n"
        "from petrichor.model.errors import PrivilegeError\n"
        "from petrichor.system.beneath import open_volume\n"
        "try:\n"
        "    with open_volume(pathlib.Path(sys.argv[1])): pass\n"
        "except PrivilegeError as error: print(error.message, error.hint)\n"
    )
    drop = ("setpriv", "--bounding-set", "-sys_admin", "--inh-caps", "-all")
    done = subprocess.run(
        [*drop, sys.executable, "-c", program, volume],
        check=True, capture_output=True, text=True, cwd=REPO,
    )  # fmt: skip
    assert "cannot be seen on its own" in done.stdout and "run this as root" in done.stdout


def _share(descriptor: int, skip: bytes) -> list[Callable[[], list[bytes]]]:
    """The same walk for four: the first has it all, the others begin with what is handed on."""
    pool, left_out = Pool(), frozenset({skip})

    def walked(places: Callable[[], list[bytes]]) -> list[bytes]:
        found = walks(descriptor, b"/home", places(), skip=left_out, ahead=50, pool=pool)
        return _paths(found)

    return [partial(walked, lambda: [b""]), *[partial(walked, pool.take) for _ in range(3)]]


@pytest.mark.parametrize("processes", [1, 4])
def test_a_walk_that_is_shared_finds_the_same(volume: Path, processes: int) -> None:
    """Nearly all of it lies below one directory, which one process would walk alone."""
    for first in range(60):
        (volume / f"one/deep/{first}").mkdir(parents=True)
        for second in range(20):
            (volume / f"one/deep/{first}/{second}").mkdir()
            (volume / f"one/deep/{first}/{second}/file").touch()
        (volume / f"other{first}/x").mkdir(parents=True)
    (volume / "one/left/out").mkdir(parents=True)
    deepest = volume / "one/chain"
    deepest.mkdir()
    for _ in range(1200):
        deepest /= "d"
        deepest.mkdir()
    for number in range(300):
        (deepest / f"{number}").mkdir()
    with open_volume(volume) as descriptor:
        works = _share(descriptor, b"/home/one/left")
        found = spread(works) if processes > 1 else [work() for work in works]
        whole = _paths(walk(descriptor, b"/home", skip=frozenset({b"/home/one/left"})))
    assert b"/home/one/left" in whole and b"/home/one/left/out" not in whole
    assert len(whole) == 60 * (1 + 20 * 2) + 60 * 2 + 3 + 1201 + 300
    assert sorted(path for one in found for path in one) == sorted(whole)
