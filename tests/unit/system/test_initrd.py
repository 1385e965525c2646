"""Initrds: archives in a row, plain and compressed, as early microcode and appended units are."""

import bz2
import gzip
import lzma
from collections.abc import Callable
from pathlib import Path

import pytest

from petrichor.model.errors import MachineError
from petrichor.system.initrd import find_initrd, read_initrd
from tests.unit.system.fakes import FakeRunner

# What `printf x | zstd -qc` gives: one raw block, and a checksum.
ZSTD_X = bytes.fromhex("28b52ffd04580900007823110483")


def cpio(*entries: tuple[str, int, bytes]) -> bytes:
    out = b""
    for name, mode, content in (*entries, ("TRAILER!!!", 0, b"")):
        raw = name.encode("utf-8", "surrogateescape") + b"\0"
        fields = (1, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(raw), 0)
        out += b"070701" + b"".join(b"%08x" % field for field in fields) + raw
        out += b"\0" * (-len(out) % 4) + content
        out += b"\0" * (-len(out) % 4)
    return out


EARLY = cpio(("kernel", 0o40755, b""), ("kernel/ucode", 0o100644, b"12345"))
MAIN = cpio(
    (".", 0o40755, b""),
    ("./usr/lib/a.service", 0o100644, b"[Unit]\n"),
    ("init", 0o120777, b"usr/lib/systemd/systemd"),
    ("big", 0o100644, b"z" * 5000),
)
MORE = cpio(("usr/lib/b\udcff.service", 0o100644, b"b"))


@pytest.mark.parametrize("compress", [bytes, gzip.compress, lzma.compress, bz2.compress])
def test_all_parts(compress: Callable[[bytes], bytes], tmp_path: Path) -> None:
    file = tmp_path / "initrd"
    file.write_bytes(EARLY + b"\0" * 512 + compress(MAIN) + b"\0" * 8 + MORE)
    initrd = read_initrd(FakeRunner({}), file, lambda name: name.endswith(".service"))
    names = {".", "usr/lib/a.service", "init", "big", "usr/lib/b\udcff.service"}
    assert initrd.names >= names | {"kernel/ucode"} - {"."}
    assert initrd.files == {"usr/lib/a.service": b"[Unit]\n", "usr/lib/b\udcff.service": b"b"}


def test_zstd_ends_where_its_frame_ends(tmp_path: Path) -> None:
    file = tmp_path / "initrd"
    file.write_bytes(ZSTD_X + MORE)
    runner = FakeRunner({"zstd -dcq": MAIN})
    initrd = read_initrd(runner, file, lambda name: False)
    assert runner.calls == [("zstd -dcq", False, ZSTD_X, None)]
    assert "init" in initrd.names
    assert "usr/lib/b\udcff.service" in initrd.names


@pytest.mark.parametrize(
    "data", [b"rubbish", MAIN[:200], b"\x1f\x8bxx", ZSTD_X[:-1], b"070701zz" + MAIN[8:]]
)
def test_broken(data: bytes, tmp_path: Path) -> None:
    file = tmp_path / "initrd"
    file.write_bytes(data)
    with pytest.raises(MachineError, match="cannot be read as an initrd"):
        read_initrd(FakeRunner({"zstd -dcq": b""}), file, lambda name: True)


def test_where_it_lies(tmp_path: Path) -> None:
    assert find_initrd("6.1", tmp_path) is None
    (tmp_path / "boot").mkdir()
    (tmp_path / "boot/initramfs-6.1.img").touch()
    assert find_initrd("6.1", tmp_path) == tmp_path / "boot/initramfs-6.1.img"
    assert find_initrd("6.2", tmp_path) is None
