"""Files are replaced whole, and a lock is held by one."""

import os
from pathlib import Path

import pytest

from petrichor.model.errors import MachineError
from petrichor.system.files import locked, read_if_present, remove, same_files, write_atomic


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


def test_the_same_content_in_two_files(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    for data in (b"", b"x" * 3_000_000):
        one.write_bytes(data)
        other.write_bytes(data)
        other.chmod(0o600)
        assert same_files(one, other)
    other.write_bytes(b"x" * 2_999_999 + b"y")
    assert not same_files(one, other)
    other.write_bytes(b"x")
    assert not same_files(one, other)


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, lambda path: path.symlink_to("one")])
def test_what_is_no_plain_file_is_compared_with_nothing(tmp_path: Path, make) -> None:
    (tmp_path / "one").write_bytes(b"")
    make(tmp_path / "other")
    with pytest.raises(OSError):  # noqa: PT011
        same_files(tmp_path / "one", tmp_path / "other")
    with pytest.raises(FileNotFoundError):
        same_files(tmp_path / "one", tmp_path / "none")
