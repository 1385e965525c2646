"""Renaming replaces nothing, and exchanging is one step."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from petrichor.model.errors import MachineError, PetrichorError, RefusedError
from petrichor.system.beneath import DIRECTORY
from petrichor.system.copy import renaming
from petrichor.system.copy.renaming import exchange, rename_new, rename_over


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[int]:
    descriptor = os.open(tmp_path, DIRECTORY)
    yield descriptor
    os.close(descriptor)


@pytest.fixture(params=["by flag", "without"])
def _way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a filesystem that has the flag, and on one that has not."""
    if request.param == "without":
        monkeypatch.setattr(renaming, "_rename_new", renaming._rename_without)


@pytest.mark.usefixtures("_way")
def test_a_new_name_is_given(tmp_path: Path, directory: int) -> None:
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree/file").write_bytes(b"content")
    (tmp_path / "link").symlink_to("nowhere")
    rename_new(directory, b"tree", directory, b"\xff")
    rename_new(directory, b"link", directory, b"other")
    assert sorted(os.listdir(os.fsencode(tmp_path))) == [b"other", b"\xff"]
    assert os.readlink(tmp_path / "other") == "nowhere"


@pytest.mark.usefixtures("_way")
@pytest.mark.parametrize("kind", ["file", "directory"])
def test_what_is_there_is_not_replaced(tmp_path: Path, directory: int, kind: str) -> None:
    for name in ("old", "new"):
        if kind == "file":
            (tmp_path / name).write_text(name)
        else:
            (tmp_path / name).mkdir()
    with pytest.raises(RefusedError, match="new is there already"):
        rename_new(directory, b"old", directory, b"new")
    assert sorted(os.listdir(tmp_path)) == ["new", "old"]
    if kind == "file":
        assert (tmp_path / "new").read_text() == "new"


def test_two_change_places(tmp_path: Path, directory: int) -> None:
    (tmp_path / "file").write_bytes(b"content")
    (tmp_path / "tree").mkdir()
    try:
        exchange(directory, b"file", directory, b"tree")
    except MachineError:
        pytest.skip("this filesystem cannot exchange")
    assert (tmp_path / "tree").read_bytes() == b"content"
    assert (tmp_path / "file").is_dir()


def test_a_file_takes_the_place_of_another(tmp_path: Path, directory: int) -> None:
    for name in ("old", "new"):
        (tmp_path / name).write_text(name)
    rename_over(directory, b"old", directory, b"new")
    rename_over(directory, b"new", directory, b"fresh")
    assert os.listdir(tmp_path) == ["fresh"]
    assert (tmp_path / "fresh").read_text() == "old"
    (tmp_path / "directory").mkdir()
    with pytest.raises(PetrichorError):
        rename_over(directory, b"fresh", directory, b"directory")
    assert (tmp_path / "fresh").read_text() == "old"


def test_what_is_missing_is_told(directory: int) -> None:
    with pytest.raises(RefusedError, match="cannot rename none"):
        rename_new(directory, b"none", directory, b"new")
    with pytest.raises(RefusedError, match="cannot exchange none"):
        exchange(directory, b"none", directory, b"new")
