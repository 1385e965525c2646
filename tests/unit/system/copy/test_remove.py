"""A tree goes, and nothing but it; flags and mounts: tests/root/test_copy.py."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from petrichor.system.beneath import DIRECTORY
from petrichor.system.copy.remove import remove_tree


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[int]:
    descriptor = os.open(tmp_path, DIRECTORY)
    yield descriptor
    os.close(descriptor)


def test_all_of_a_tree_goes_and_nothing_else(tmp_path: Path, directory: int) -> None:
    (tmp_path / "beside").mkdir()
    (tmp_path / "beside/file").write_bytes(b"stays")
    (tmp_path / "tree/a/b").mkdir(parents=True)
    (tmp_path / "tree/a/file").touch()
    (tmp_path / "tree/a/out").symlink_to(tmp_path / "beside")
    (tmp_path / "tree/out").symlink_to("../beside/file")
    os.link(tmp_path / "beside/file", tmp_path / "tree/a/b/name")
    os.mkfifo(tmp_path / "tree/fifo")
    remove_tree(directory, b"tree")
    assert os.listdir(tmp_path) == ["beside"]
    assert (tmp_path / "beside/file").read_bytes() == b"stays"


def test_a_symlink_goes_and_not_what_it_leads_to(tmp_path: Path, directory: int) -> None:
    (tmp_path / "beside").mkdir()
    (tmp_path / "tree").symlink_to("beside")
    remove_tree(directory, b"tree")
    assert os.listdir(tmp_path) == ["beside"]


def test_nothing_there_is_fine(tmp_path: Path, directory: int) -> None:
    remove_tree(directory, b"tree")
    (tmp_path / "tree").touch()
    remove_tree(directory, b"tree")
    remove_tree(directory, b"tree")
    assert os.listdir(tmp_path) == []
