"""Two trees are the same or the first difference is named."""

import os
from pathlib import Path

import pytest

from petrichor.model.errors import RefusedError
from petrichor.system.beneath import DIRECTORY
from petrichor.system.copy.compare import first_difference


def _tree(top: Path) -> None:
    (top / "inner").mkdir(parents=True)
    (top / "inner/file").write_bytes(b"content")
    (top / "inner/link").symlink_to("somewhere")
    os.mkfifo(top / "inner/fifo", 0o600)
    for name in ("file", "link", "fifo"):
        os.utime(top / "inner" / name, ns=(0, 7), follow_symlinks=False)


def _link(inner: Path) -> None:
    (inner / "link").unlink()
    (inner / "link").symlink_to("elsewhere")
    os.utime(inner / "link", ns=(0, 7), follow_symlinks=False)


def _content(inner: Path) -> None:
    (inner / "file").write_bytes(b"CONTENT")
    os.utime(inner / "file", ns=(0, 7))


def _kind(inner: Path) -> None:
    (inner / "fifo").unlink()
    (inner / "fifo").mkdir()


CASES = {
    "a: only on one side": lambda inner: (inner / "a").touch(),
    "fifo: only on one side": lambda inner: (inner / "fifo").unlink(),
    "fifo: it is of another kind": _kind,
    "file: its content differs": _content,
    "file: its size differs": lambda inner: (inner / "file").write_bytes(b"more content"),
    "file: its mode differs": lambda inner: (inner / "file").chmod(0o600),
    "file: its time differs": lambda inner: os.utime(inner / "file", ns=(0, 8)),
    "file: its extended attributes differ": lambda inner: os.setxattr(
        inner / "file", "user.note", b"x"
    ),
    "link: it leads elsewhere": _link,
}


@pytest.mark.parametrize("said", CASES)
@pytest.mark.parametrize("changed", ["one", "other"])
def test_the_first_difference_is_named(tmp_path: Path, said: str, changed: str) -> None:
    for name in ("one", "other"):
        _tree(tmp_path / name)
    directory = os.open(tmp_path, DIRECTORY)
    try:
        assert first_difference(directory, b"one", directory, b"other") is None
        CASES[said](tmp_path / changed / "inner")
        if said.startswith("link"):  # of one length, so that nothing else differs
            assert len("somewhere") == len("elsewhere")
        assert first_difference(directory, b"one", directory, b"other") == f"one/inner/{said}"
    finally:
        os.close(directory)


def test_the_time_of_a_directory_is_no_difference(tmp_path: Path) -> None:
    for name in ("one", "other"):
        _tree(tmp_path / name)
    os.utime(tmp_path / "one/inner", ns=(0, 7))
    directory = os.open(tmp_path, DIRECTORY)
    try:
        assert first_difference(directory, b"one", directory, b"other") is None
        os.chmod(tmp_path / "one", 0o700)
        assert first_difference(directory, b"one", directory, b"other") == "one: its mode differs"
        with pytest.raises(RefusedError, match="cannot compare none"):
            first_difference(directory, b"none", directory, b"other")
    finally:
        os.close(directory)
