"""mountinfo: escapes and odd lines."""

from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from petrichor.model.errors import CommandError
from petrichor.system import mounts
from petrichor.system.command import Result
from petrichor.system.mounts import is_mountpoint, mount_at, parse_mountinfo
from tests.unit.system.fakes import FakeRunner

MOUNTINFO = (
    rb"""
22 1 0:21 / / rw,relatime shared:1 - btrfs /dev/vda1 rw,subvolid=256,subvol=/root
23 22 0:22 /data/a\040b\011c\012d\134e /home/a\040b\011c\012d\134e rw,nosuid master:3 - xfs /d rw
24 22 0:22 /gone//deleted /home/file rw - ext4 /dev/vdb ro
25 22 0:23 / /tmp rw - tmpfs  rw,size=1k
"""
    + b"26 22 0:24 / /mnt/\xff\xfe rw - ext4 /dev/\xff rw\n"
)


def test_every_field() -> None:
    root, spaced, deleted, nameless, raw = parse_mountinfo(MOUNTINFO)
    assert root.id == 22 and root.parent == 1 and root.device == "0:21"
    assert root.super_options == ("rw", "subvolid=256", "subvol=/root")
    assert spaced.mountpoint == PurePosixPath("/home/a b\tc\nd\\e")
    assert spaced.root == PurePosixPath("/data/a b\tc\nd\\e")
    assert spaced.options == ("rw", "nosuid") and spaced.source == "/d"
    assert deleted.deleted and deleted.root == PurePosixPath("/gone")
    assert nameless.type == "tmpfs" and nameless.source == ""
    assert str(raw.mountpoint).encode("utf-8", "surrogateescape") == b"/mnt/\xff\xfe"
    assert raw.source == "/dev/\udcff"


def test_one_path() -> None:
    table = parse_mountinfo(MOUNTINFO)
    tmp = mount_at(table, PurePosixPath("/tmp"))
    assert tmp is not None
    assert tmp.type == "tmpfs"
    assert is_mountpoint(table, PurePosixPath("/home/file"))
    assert not is_mountpoint(table, PurePosixPath("/home"))


def test_a_mount_that_fails_leaves_no_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mounts, "_PLACE", tmp_path)
    with pytest.raises(CommandError), mounts.mounted(FakeRunner({}), "zfs", "a/b@c", "ro"):
        pass
    assert not list(tmp_path.iterdir())


class Interrupted(FakeRunner):
    """All goes well, but for an interrupt while the first of one tool's commands runs."""

    def __init__(self, tool: str) -> None:
        super().__init__({})
        self.tool = tool
        self.waiting = True

    def run(self, argv: Sequence[str], **how: Any) -> Result:
        self.calls.append((argv[0], how["changes"], None, None))
        if argv[0] == self.tool and self.waiting:
            self.waiting = False
            raise KeyboardInterrupt
        return Result(argv=tuple(argv), code=0)


@pytest.mark.parametrize(
    ("tool", "ran"), [("mount", ["mount", "umount"]), ("umount", ["mount", "umount", "umount"])]
)
def test_an_interrupt_leaves_nothing_mounted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tool: str, ran: list[str]
) -> None:
    monkeypatch.setattr(mounts, "_PLACE", tmp_path)
    runner = Interrupted(tool)
    with pytest.raises(KeyboardInterrupt), mounts.mounted(runner, "zfs", "a/b@c", "ro"):
        pass
    assert [call[0] for call in runner.calls] == ran
    assert not list(tmp_path.iterdir())
