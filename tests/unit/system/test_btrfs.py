"""The root tree of a real filesystem, served by a kernel that is played."""

import errno
import struct
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import pytest

from petrichor.model.errors import CommandError, MachineError
from petrichor.system import btrfs, mounts, treesearch
from petrichor.system.command import Result
from tests.unit.system.fakes import FakeRunner

RECORDED = Path(__file__).parents[2] / "recorded/btrfs/root-tree.txt"
SEARCH = struct.Struct("=7Q4I4QQ")


def recorded() -> list[tuple[tuple[int, int, int], bytes]]:
    rows = [line.split() for line in RECORDED.read_text().splitlines() if line[0] != "#"]
    items = [((int(a), int(b), int(c)), bytes.fromhex(d)) for a, b, c, d in rows]
    return sorted(items)


class Kernel:
    """Answers both ioctls with as much as the buffer holds."""

    def __init__(self, directory: bytes | None = b"var/") -> None:
        self.directory = directory

    def ioctl(self, descriptor: int, request: int, buffer: bytearray) -> int:
        if request == treesearch.SEARCH:
            self._search(buffer)
        elif self.directory is None:
            raise FileNotFoundError(errno.ENOENT, "gone")
        else:
            assert struct.unpack_from("=QQ", buffer) == (256, 257)
            buffer[16 : 16 + len(self.directory)] = self.directory
        return 0

    def _search(self, buffer: bytearray) -> None:
        key = list(SEARCH.unpack_from(buffer))
        low, high = (key[1], key[7], key[3]), (key[2], key[8], key[4])
        at, key[9] = SEARCH.size, 0
        for (objectid, kind, offset), data in recorded():
            item = struct.pack("=QQQII", 7, objectid, offset, kind, len(data)) + data
            if not low <= (objectid, kind, offset) <= high:
                continue
            if at + len(item) > len(buffer):
                break
            buffer[at : at + len(item)] = item
            at, key[9] = at + len(item), key[9] + 1
        SEARCH.pack_into(buffer, 0, *key)


def play(monkeypatch: pytest.MonkeyPatch, kernel: Kernel) -> None:
    monkeypatch.setattr("fcntl.ioctl", kernel.ioctl)


@pytest.mark.parametrize("size", [500, 700, 1_000, 1 << 18])
def test_subvolumes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, size: int) -> None:
    play(monkeypatch, Kernel())
    monkeypatch.setattr(treesearch, "_ANSWER", size)
    top, blank, root, nested = btrfs.list_subvolumes(tmp_path)
    assert (top.id, top.path) == (5, PurePosixPath("."))
    assert (root.id, root.path, root.read_only) == (256, PurePosixPath("root"), False)
    assert nested.path == PurePosixPath("root/var/a b")
    assert (blank.path, blank.read_only) == (PurePosixPath("blank"), True)
    assert blank.parent_uuid == root.uuid != "0" * 32
    assert root.parent_uuid == "0" * 32
    assert root.generation == 7


def test_one_that_vanishes_is_left_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    play(monkeypatch, Kernel(directory=None))
    paths = [str(item.path) for item in btrfs.list_subvolumes(tmp_path)]
    assert paths == [".", "blank", "root"]


def test_default(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    play(monkeypatch, Kernel())
    assert btrfs.default_subvolume(tmp_path) == btrfs.TOP_LEVEL


def test_elsewhere_it_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(MachineError, match="cannot be read"):
        btrfs.list_subvolumes(Path("/proc"))


class Mounting(FakeRunner):
    """Mounts and unmounts in words alone."""

    def __init__(self, *, fails: str = "") -> None:
        super().__init__({})
        self.fails = fails

    def run(self, argv: Sequence[str], **options) -> Result:
        self.calls.append((" ".join(argv[:-1]), options["changes"], None, None))
        if argv[0] == self.fails:
            raise CommandError("no")
        return Result(argv=tuple(argv), code=0)


def test_top_level_is_unmounted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(mounts, "_PLACE", tmp_path)
    runner = Mounting()
    with btrfs.top_level(runner, "LABEL=x", read_only=True) as top:
        assert top.parent == tmp_path
        assert top.stat().st_mode & 0o777 == 0o700
    mount = "mount -n -t btrfs -o subvolid=5,ro -- LABEL=x"
    assert [line for line, *_ in runner.calls] == [mount, "umount -n --"]
    assert not list(tmp_path.iterdir())


def test_a_failed_mount_leaves_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(mounts, "_PLACE", tmp_path)
    runner = Mounting(fails="mount")
    with pytest.raises(CommandError), btrfs.top_level(runner, "/dev/x"):
        pass
    assert [line.split()[0] for line, *_ in runner.calls] == ["mount", "umount"]
    assert not list(tmp_path.iterdir())
