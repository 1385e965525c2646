"""What a comparison asks of a tree; flags and capabilities are tried in tests/root."""

import os
from pathlib import Path

import pytest

from petrichor.system.beneath import DIRECTORY
from petrichor.system.directory import DirectorySide

BLOCK = 1 << 18


@pytest.fixture
def side(tmp_path: Path):
    descriptor = os.open(tmp_path, DIRECTORY)
    yield DirectorySide(descriptor)
    os.close(descriptor)


def test_entries_come_sorted_with_their_own_facts(tmp_path: Path, side: DirectorySide) -> None:
    for name in (b"b", b"\xff\n", b"-a"):
        (tmp_path / os.fsdecode(name)).write_bytes(name)
    (tmp_path / "link").symlink_to("b")
    assert list(side.entries(b"")) == [b"-a", b"b", b"link", b"\xff\n"]
    assert side.entries(b"")[b"link"].st_mode & 0o170000 == 0o120000
    assert side.facts(b"b").st_size == 1
    assert side.facts(b"").st_mode & 0o170000 == 0o040000


def test_names_come_and_tell_directories(tmp_path: Path, side: DirectorySide) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("folder")
    (tmp_path / "file\udcff").touch()
    assert sorted(side.names(b"")) == [(b"file\xff", False), (b"folder", True), (b"link", False)]
    with pytest.raises(FileNotFoundError):
        side.names(b"nothing")


def test_links_are_read_and_never_followed(tmp_path: Path, side: DirectorySide) -> None:
    (tmp_path / "link").symlink_to("nowhere\n")
    assert side.target(b"link") == b"nowhere\n"
    assert side.flags(b"link") == 0
    with pytest.raises(OSError, match="regular"):
        list(side.content(b"link"))
    with pytest.raises(FileNotFoundError):
        side.facts(b"nowhere")


def test_a_fifo_is_not_opened(tmp_path: Path, side: DirectorySide) -> None:
    os.mkfifo(tmp_path / "fifo")
    assert side.flags(b"fifo") == 0
    assert side.xattrs(b"fifo") == {}
    with pytest.raises(OSError, match="regular"):
        list(side.content(b"fifo"))


def test_attributes_are_read(tmp_path: Path, side: DirectorySide) -> None:
    (tmp_path / "file").touch()
    try:
        os.setxattr(tmp_path / "file", "user.note", b"\0\xff")
    except OSError:
        pytest.skip("this filesystem has no extended attributes")
    assert side.xattrs(b"file") == {b"user.note": b"\0\xff"}


def test_content_leaves_out_blocks_of_zeros(tmp_path: Path, side: DirectorySide) -> None:
    (tmp_path / "file").write_bytes(bytes(BLOCK) + b"x" * (BLOCK + 1))
    assert list(side.content(b"file")) == [(BLOCK, b"x" * BLOCK), (2 * BLOCK, b"x")]
    (tmp_path / "empty").touch()
    assert list(side.content(b"empty")) == []


def test_a_hole_of_any_size_costs_nothing(tmp_path: Path, side: DirectorySide) -> None:
    with (tmp_path / "sparse").open("wb") as file:
        file.seek(3 << 40)
        file.write(b"here")
        file.seek(10 * BLOCK + 7)
        file.write(b"and here")
        file.truncate(4 << 40)
    first, last = side.content(b"sparse")
    assert first[0] == 10 * BLOCK and first[1][7:15] == b"and here"
    assert last[0] == 3 << 40 and last[1][:4] == b"here"


def test_no_descriptor_is_left_open(tmp_path: Path, side: DirectorySide) -> None:
    (tmp_path / "file").write_bytes(b"x")
    before = os.listdir("/proc/self/fd")
    side.entries(b"")
    side.xattrs(b"file")
    side.flags(b"file")
    next(side.content(b"file"))
    with pytest.raises(FileNotFoundError):
        side.xattrs(b"absent")
    assert os.listdir("/proc/self/fd") == before
