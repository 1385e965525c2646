"""Paths that cannot lead out of a directory; mounts are tried in tests/root/test_tree.py."""

import os
from pathlib import Path

import pytest

from petrichor.model.errors import MachineError
from petrichor.system import beneath
from petrichor.system.beneath import DIRECTORY, open_beneath, open_volume


@pytest.fixture
def top(tmp_path: Path):
    descriptor = os.open(tmp_path, DIRECTORY)
    yield descriptor
    os.close(descriptor)


def test_the_empty_path_is_the_top_itself(tmp_path: Path, top: int) -> None:
    opened = open_beneath(top, b"", DIRECTORY)
    assert os.path.sameopenfile(opened, top)
    os.close(opened)


@pytest.mark.parametrize("path", [b"link/etc", b"..", b"/etc", b"inner/../..", b"loop"])
def test_no_path_leads_out_or_through_a_link(tmp_path: Path, top: int, path: bytes) -> None:
    (tmp_path / "link").symlink_to("/")
    (tmp_path / "loop").symlink_to("inner")
    (tmp_path / "inner").mkdir()
    with pytest.raises(OSError, match=r"symbolic links|cross|Not a directory"):
        open_beneath(top, path, DIRECTORY)


def test_a_link_at_the_end_can_be_held_itself(tmp_path: Path, top: int) -> None:
    (tmp_path / "link").symlink_to("nowhere")
    opened = open_beneath(top, b"link", os.O_PATH | os.O_NOFOLLOW)
    assert os.readlink(b"", dir_fd=opened) == b"nowhere"
    os.close(opened)


@pytest.mark.parametrize("longest", range(5, 30))
def test_long_paths_are_opened_part_by_part(
    tmp_path: Path, top: int, monkeypatch: pytest.MonkeyPatch, longest: int
) -> None:
    monkeypatch.setattr(beneath, "_LONGEST", longest)
    path = b"a/bb/ccc/dddd/eeeee/bb/a/eeeee/eeeee/a"
    inner = tmp_path / os.fsdecode(path)
    inner.mkdir(parents=True)
    before = os.listdir("/proc/self/fd")
    opened = open_beneath(top, path, DIRECTORY)
    assert os.path.samestat(os.fstat(opened), inner.stat())
    os.close(opened)
    with pytest.raises(FileNotFoundError):
        open_beneath(top, path + b"/more", DIRECTORY)
    assert os.listdir("/proc/self/fd") == before


def test_a_path_that_is_not_mounted_is_said(tmp_path: Path) -> None:
    with pytest.raises(MachineError, match="is not a mount point"), open_volume(tmp_path):
        pass
    with pytest.raises(MachineError, match="cannot be opened"), open_volume(tmp_path / "absent"):
        pass
