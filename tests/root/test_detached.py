"""Filesystems that are mounted nowhere: seen, not changed, gone with their descriptor."""

import os
from pathlib import Path

import pytest

from petrichor.model.errors import MachineError
from petrichor.system.detached import open_filesystem
from petrichor.system.mounts import read_mounts


def source_of(top: Path) -> str:
    return next(m.source for m in read_mounts() if str(m.mountpoint) == str(top))


def test_the_top_level_of_a_mounted_filesystem_is_seen_and_not_changed(btrfs: Path) -> None:
    (btrfs / "file").write_text("old")
    os.utime(btrfs / "file", (1, 1))
    before = read_mounts()
    with open_filesystem("btrfs", source_of(btrfs), {"subvolid": "5"}) as descriptor:
        assert os.listdir(descriptor) == ["file"]
        assert read_mounts() == before
        with pytest.raises(OSError, match="Read-only"):
            os.mkdir("new", dir_fd=descriptor)
        seen = os.open("file", os.O_RDONLY, dir_fd=descriptor)
        assert os.read(seen, 10) == b"old"
        os.close(seen)
    assert (btrfs / "file").stat().st_atime == 1
    (btrfs / "still writable").touch()


def test_a_flag_and_a_filesystem_of_its_own() -> None:
    with open_filesystem("tmpfs", "none", {"size": "1m", "noswap": ""}) as descriptor:
        assert os.listdir(descriptor) == []


@pytest.mark.parametrize(
    ("kind", "source", "said"),
    [
        ("btrfs", "/dev/null", "/dev/null cannot be looked into: Block device required"),
        ("btrfs", "/dev/no\nsuch", "cannot be looked into"),
        ("no-such-type", "none", "none cannot be looked into: No such device"),
    ],
)
def test_what_cannot_be_mounted_is_named(kind: str, source: str, said: str) -> None:
    with pytest.raises(MachineError) as refused, open_filesystem(kind, source, {}):
        pass
    assert said in refused.value.message
    assert "\n" not in refused.value.message
