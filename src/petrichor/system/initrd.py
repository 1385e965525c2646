"""The initrd that this machine boots with, and what it holds.

An initrd is a row of cpio archives in the format ``newc``, each plain or compressed: Documentation/
driver-api/early-userspace/buffer-format.rst.  It is read here and not by lsinitrd(1), which knows
dracut's alone and needs a second for every file.
"""

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Final

from petrichor.model.errors import MachineError
from petrichor.model.machine import Initrd
from petrichor.model.text import show
from petrichor.system.command import Runner

_PLACES: Final = (
    "run/booted-system/initrd",
    "boot/initrd.img-{release}",
    "boot/initramfs-{release}.img",
    "boot/initramfs-linux.img",
    "boot/initrd-{release}",
)
_CPIO: Final = (b"070701", b"070702")
_HEADER: Final = 110
_REGULAR: Final = 0o100000
_ZSTD: Final = b"\x28\xb5\x2f\xfd"
_LZ4: Final = b"\x02\x21\x4c\x18"

Wanted = Callable[[str], bool]


def find_initrd(release: str, root: Path = Path("/")) -> Path | None:
    """Return where the initrd of a kernel release lies, or None where no custom puts one."""
    places = [root / place.format(release=release) for place in _PLACES]
    return next((place for place in places if place.exists()), None)


def read_initrd(runner: Runner, path: Path, wanted: Wanted) -> Initrd:
    """Return what an initrd holds; contents only of regular files whose name is ``wanted``.

    Raises:
        MachineError: its format is unknown.
        ToolMissingError: the tool that undoes its compression is missing.
    """
    names: set[str] = set()
    files: dict[str, bytes] = {}
    data = path.read_bytes()
    try:
        for archive in _archives(runner, data):
            for name, mode, content in _entries(archive):
                names.add(name)
                if mode & 0o170000 == _REGULAR and wanted(name):
                    files[name] = bytes(content)
    except (ValueError, zlib.error, lzma.LZMAError, OSError, IndexError) as error:
        raise MachineError(f"{show(str(path))} cannot be read as an initrd: {error}") from error
    return Initrd(path=PurePosixPath(path), names=frozenset(names), files=files)


def _archives(runner: Runner, data: bytes) -> Iterator[memoryview]:
    """Yield the archives of an initrd, uncompressed."""
    rest = data.lstrip(b"\0")
    while rest:
        if rest.startswith(_CPIO):
            end = _end(memoryview(rest))
            yield memoryview(rest)[:end]
            rest = rest[end:]
        else:
            archive, rest = _decompress(runner, rest)
            yield from _archives(runner, archive)
        rest = rest.lstrip(b"\0")


def _decompress(runner: Runner, data: bytes) -> tuple[bytes, bytes]:
    """Return the first compressed part of ``data``, uncompressed, and what follows it."""
    if data.startswith(b"\x1f\x8b"):
        gzip = zlib.decompressobj(31)
        return gzip.decompress(data) + gzip.flush(), gzip.unused_data
    if data.startswith((b"\xfd7zXZ\0", b"]\0\0")):
        xz = lzma.LZMADecompressor()
        return xz.decompress(data), xz.unused_data
    if data.startswith(b"BZh"):
        bzip = bz2.BZ2Decompressor()
        return bzip.decompress(data), bzip.unused_data
    if data.startswith(_ZSTD):
        end = _zstd_end(data)
        result = runner.run(("zstd", "-dcq"), changes=False, stdin=data[:end])
        return result.stdout, data[end:]
    if data.startswith(_LZ4):
        return runner.run(("lz4", "-dcq"), changes=False, stdin=data).stdout, b""
    raise ValueError(f"unknown compression, it begins with {data[:6].hex()}")


def _zstd_end(data: bytes) -> int:
    """Return where a frame ends, which the tool wants to know: RFC 8878, 3.1.1."""
    flags = data[4]
    single, checksum = flags >> 5 & 1, flags >> 2 & 1
    size = (single, 2, 4, 8)[flags >> 6]
    at = 5 + (not single) + (0, 1, 2, 4)[flags & 3] + size
    last = False
    while not last:
        block = int.from_bytes(data[at : at + 3], "little")
        last, kind = bool(block & 1), block >> 1 & 3
        if at >= len(data) or kind == 3:
            raise ValueError("a zstd frame is broken")
        at += 3 + (1 if kind == 1 else block >> 3)
    if at + 4 * checksum > len(data):
        raise ValueError("a zstd frame is cut off")
    return at + 4 * checksum


def _headers(archive: memoryview) -> Iterator[tuple[str, int, int, int]]:
    """Yield name, mode, and where the content begins and ends, up to the trailer inclusive."""
    at = 0
    while True:
        header = bytes(archive[at : at + _HEADER])
        if header[:6] not in _CPIO or len(header) < _HEADER:
            raise ValueError(f"a cpio archive is broken at byte {at}")
        fields = [int(header[6 + 8 * index : 14 + 8 * index], 16) for index in range(13)]
        start = _pad(at + _HEADER + fields[11])
        raw = bytes(archive[at + _HEADER : at + _HEADER + fields[11] - 1])
        yield raw.decode("utf-8", "surrogateescape"), fields[1], start, start + fields[6]
        if raw == b"TRAILER!!!":
            return
        at = _pad(start + fields[6])


def _pad(at: int) -> int:
    return at + -at % 4


def _end(archive: memoryview) -> int:
    return [end for *_, end in _headers(archive)][-1]


def _entries(archive: memoryview) -> Iterator[tuple[str, int, memoryview]]:
    for name, mode, start, end in _headers(archive):
        if name != "TRAILER!!!":
            yield name.removeprefix("./").lstrip("/"), mode, archive[start:end]
