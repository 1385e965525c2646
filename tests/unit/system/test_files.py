"""Files are replaced whole, and a lock is held by one."""

import os
from pathlib import Path

import pytest

from petrichor.model.errors import MachineError
from petrichor.system.files import locked, read_if_present, remove, write_atomic


def test_writes_once(tmp_path: Path) -> None:
    file = tmp_path / "file"
    assert read_if_present(file) is None
    assert write_atomic(file, b"one", mode=0o600)
    inode = file.stat().st_ino
    assert not write_atomic(file, b"one", mode=0o600)
    assert file.stat().st_ino == inode
    assert write_atomic(file, b"one", mode=0o644)
    assert file.stat().st_mode & 0o7777 == 0o644
    assert read_if_present(file) == b"one"
    assert os.listdir(tmp_path) == ["file"]


def test_replaces_a_link_not_its_target(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_bytes(b"old")
    (tmp_path / "link").symlink_to(target)
    assert write_atomic(tmp_path / "link", b"new")
    assert target.read_bytes() == b"old"
    assert not (tmp_path / "link").is_symlink()


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    (tmp_path / "dir").mkdir()
    with pytest.raises(IsADirectoryError):
        write_atomic(tmp_path / "dir", b"x")
    assert os.listdir(tmp_path) == ["dir"]


def test_remove(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert remove(tmp_path / "file")
    assert not remove(tmp_path / "file")
    assert not remove(tmp_path / "no" / "file")


def test_one_holder(tmp_path: Path) -> None:
    with locked(tmp_path), pytest.raises(MachineError), locked(tmp_path):
        pass
    with locked(tmp_path):
        pass
