"""The walk; mounts, hidden content and unreadable directories are tried in tests/root."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from petrichor.model.loss import Batch, Change
from petrichor.system.beneath import DIRECTORY
from petrichor.system.tree import walk, walks
from tests.root.harness.hostile import NAMES


@pytest.fixture
def top(tmp_path: Path) -> Iterator[int]:
    descriptor = os.open(tmp_path, DIRECTORY)
    yield descriptor
    os.close(descriptor)


def _paths(batches: list[Batch]) -> list[bytes]:
    return [b.directory.rstrip(b"/") + b"/" + e.name for b in batches for e in b.entries]


def _listed(folder: Path, directory: bytes = b"") -> list[bytes]:
    """All paths below, by other means."""
    start = os.fsencode(folder)
    found = [
        os.path.join(above, name)
        for above, folders, files in os.walk(start)
        for name in folders + files
    ]
    return sorted(directory + path.removeprefix(start) for path in found)


def _make(folder: Path) -> None:
    (folder / "b/inner/deep").mkdir(parents=True)
    (folder / "a").mkdir()
    (folder / "b/file").write_text("four")
    (folder / "link").symlink_to("b")
    os.mkfifo(folder / "b/inner/fifo")


def test_every_kind_of_entry_comes_once_with_its_facts(tmp_path: Path, top: int) -> None:
    _make(tmp_path)
    os.utime(tmp_path / "b/file", ns=(0, 1_999_999_999))
    found = list(walk(top, b"/home"))
    assert sorted(_paths(found)) == _listed(tmp_path, b"/home")
    (entry,) = [e for b in found for e in b.entries if e.name == b"file"]
    assert entry.change is Change.ADDED
    assert (entry.mode & 0o170000, entry.size, entry.uid) == (0o100000, 4, os.getuid())
    assert entry.mtime == 1
    assert not entry.is_root


def test_directories_come_depth_first_in_the_order_of_names(tmp_path: Path, top: int) -> None:
    _make(tmp_path)
    order = [batch.directory for batch in walk(top, b"/") if batch.entries]
    assert order == [b"/", b"/b", b"/b/inner"]
    assert [e.name for e in next(walk(top, b"/")).entries] == [b"a", b"b", b"link"]


def test_a_walk_may_begin_below_and_leave_out(tmp_path: Path, top: int) -> None:
    _make(tmp_path)
    below = list(walk(top, b"/", where=b"b"))
    assert _paths(below) == [b"/b/file", b"/b/inner", b"/b/inner/deep", b"/b/inner/fifo"]
    skipping = list(walk(top, b"/home", skip=frozenset({b"/home/b"})))
    assert _paths(skipping) == [b"/home/a", b"/home/b", b"/home/link"]


@pytest.mark.parametrize("name", NAMES.values(), ids=list(NAMES))
def test_any_name_is_a_name(tmp_path: Path, top: int, name: bytes) -> None:
    (tmp_path / os.fsdecode(name)).mkdir()
    (tmp_path / os.fsdecode(name) / os.fsdecode(name)).touch()
    assert _paths(list(walk(top, b"/"))) == [b"/" + name, b"/" + name + b"/" + name]


def _chain(top: int, depth: int) -> None:
    """A chain of directories, each with another beside it that is read after all below."""
    here = os.dup(top)
    for _ in range(depth):
        os.mkdir(b"d", dir_fd=here)
        os.mkdir(b"e", dir_fd=here)
        below = os.open(b"d", DIRECTORY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)


def _unchain(top: int, depth: int) -> None:
    """pytest cannot remove paths of this length."""
    here = os.open(b".", DIRECTORY, dir_fd=top)
    above = []
    for _ in range(depth):
        above.append(here)
        here = os.open(b"d", DIRECTORY, dir_fd=here)
    for parent in reversed(above):
        os.close(here)
        os.rmdir(b"d", dir_fd=parent)
        os.rmdir(b"e", dir_fd=parent)
        here = parent
    os.close(here)


def test_deep_trees_need_few_descriptors(top: int) -> None:
    depth = 400
    _chain(top, depth)
    before, most = len(os.listdir("/proc/self/fd")), 0
    paths = []
    for batch in walk(top, b"/", ahead=1):
        most = max(most, len(os.listdir("/proc/self/fd")) - before)
        paths += _paths([batch])
    assert len(set(paths)) == len(paths) == 2 * depth
    assert most < 80
    assert len(os.listdir("/proc/self/fd")) == before
    _unchain(top, depth)


def test_a_directory_that_moves_away_is_told(tmp_path: Path, top: int) -> None:
    depth = 100
    _chain(top, depth)
    walking = walk(top, b"/", ahead=1)
    for batch in walking:
        if batch.directory.count(b"/d") == 90:
            (tmp_path / "d").rename(tmp_path / "moved")
            (tmp_path / "d").mkdir()
            break
    rest = [(b.directory, e) for b in walking for e in b.entries]
    assert any(e.change is Change.UNREADABLE and e.error for _, e in rest)
    (tmp_path / "d").rmdir()
    (tmp_path / "moved").rename(tmp_path / "d")
    _unchain(top, depth)


def test_what_vanishes_meanwhile_is_left_out(tmp_path: Path, top: int) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "inside").touch()
    walking = walk(top, b"/", ahead=1)
    next(walking)
    (tmp_path / "b/inside").unlink()
    (tmp_path / "b").rmdir()
    assert _paths(list(walking)) == [b"/a/inside", b"/c/inside"]


def test_a_directory_that_became_a_link_is_not_followed(tmp_path: Path, top: int) -> None:
    (tmp_path / "a").mkdir()
    walking = walk(top, b"/", ahead=1)
    next(walking)
    (tmp_path / "a").rmdir()
    (tmp_path / "a").symlink_to("/etc")
    ((batch),) = walking
    assert batch.directory == b"/" and batch.entries[0].change is Change.UNREADABLE
    assert batch.entries[0].name == b"a" and batch.entries[0].error


def test_a_large_directory_comes_in_parts(tmp_path: Path, top: int) -> None:
    for number in range(5000):
        (tmp_path / f"{number:04}").touch()
    parts = list(walk(top, b"/"))
    assert [len(part.entries) for part in parts] == [4096, 904]
    assert _paths(parts) == sorted(_paths(parts))


def test_a_walk_that_is_given_up_closes_what_it_opened(tmp_path: Path, top: int) -> None:
    _make(tmp_path)
    before = os.listdir("/proc/self/fd")
    walking = walk(top, b"/", ahead=1)
    next(walking)
    next(walking)
    walking.close()  # type: ignore[attr-defined]
    assert os.listdir("/proc/self/fd") == before


def test_a_walk_begins_at_one_place_after_the_other(tmp_path: Path, top: int) -> None:
    _make(tmp_path)
    found = _paths(list(walks(top, b"/home", [b"b/inner", b"gone", b"a", b"b"])))
    inner = [b"/home/b/inner/deep", b"/home/b/inner/fifo"]
    assert found == [*inner, b"/home/b/file", b"/home/b/inner", *inner]


def test_a_large_directory_of_directories_is_entered_in_order(tmp_path: Path, top: int) -> None:
    for number in range(5000):
        (tmp_path / f"{number:04}").mkdir()
    for number in (7, 4095, 4096, 4999):
        (tmp_path / f"{number:04}/inside").touch()
    found = _paths(list(walk(top, b"/")))
    inside = [b"/0007/inside", b"/4095/inside", b"/4096/inside", b"/4999/inside"]
    assert found[-4:] == inside and found[:-4] == sorted(found[:-4])
