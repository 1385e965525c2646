"""Filesystems that fail for real: full, read-only, over quota, short of blocks, with bad ones.

Each is mounted at a place of its own, and gives what makes the fault go away.
"""

import mmap
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

Mend = Callable[[], None]
_BLOCK: Final = 4096


def _run(*words: str | Path) -> None:
    subprocess.run(words, check=True, capture_output=True)


@contextmanager
def _mounted(place: Path, *words: str | Path) -> Iterator[None]:
    _run("mount", *words, place)
    try:
        yield
    finally:
        _run("umount", "--lazy", place)


@contextmanager
def writable(place: Path, folder: Path) -> Iterator[None]:
    """Nothing is wrong with it but that it shares no blocks."""
    with _mounted(place, "-t", "tmpfs", "tmpfs"):
        yield


@contextmanager
def full_tmpfs(place: Path, folder: Path) -> Iterator[Mend]:
    with _mounted(place, "-t", "tmpfs", "-o", "size=512k", "tmpfs"):
        yield lambda: _run("mount", "-o", "remount,size=64m", place)


@contextmanager
def read_only(place: Path, folder: Path) -> Iterator[Mend]:
    with _mounted(place, "-t", "tmpfs", "-o", "ro", "tmpfs"):
        yield lambda: _run("mount", "-o", "remount,rw", place)


@contextmanager
def _small_btrfs(place: Path, folder: Path) -> Iterator[None]:
    image = folder / "small.img"
    with image.open("wb") as file:
        file.truncate(128 << 20)
    _run("mkfs.btrfs", "--quiet", "--mixed", image)
    with _mounted(place, "-o", "loop", image):
        yield


@contextmanager
def full_btrfs(place: Path, folder: Path) -> Iterator[Mend]:
    with _small_btrfs(place, folder):
        filler = place / "filler"
        with filler.open("wb", buffering=0) as file:
            try:
                while file.write(bytes(1 << 20)):
                    pass
            except OSError:
                os.fsync(file.fileno())

        def mend() -> None:
            filler.unlink()
            _run("btrfs", "filesystem", "sync", place)

        yield mend


@contextmanager
def over_quota(place: Path, folder: Path) -> Iterator[Mend]:
    with _small_btrfs(place, folder):
        _run("btrfs", "quota", "enable", place)
        _run("btrfs", "qgroup", "limit", "512K", place)
        yield lambda: _run("btrfs", "qgroup", "limit", "none", place)


@contextmanager
def out_of_blocks(place: Path, folder: Path) -> Iterator[Mend]:
    """An ext4 that believes in more blocks than there are: writing them back fails."""
    thin = folder / "thin"
    thin.mkdir()
    with _mounted(thin, "-t", "tmpfs", "-o", "size=6m", "tmpfs"):
        image = thin / "image"
        with image.open("wb") as file:
            file.truncate(64 << 20)
        _run("mkfs.ext4", "-q", "-O", "^has_journal", image)
        with _mounted(place, "-o", "loop", image):

            def mend() -> None:
                _run("mount", "-o", "remount,size=128m", thin)
                _run("umount", place)
                _run("mount", "-o", "loop", image, place)

            yield mend


def spoil(file: Path, image: Path) -> Mend:
    """Change a block of a file beneath its Btrfs, whose checksum tells; a look at it is EIO."""
    opened = os.open(file, os.O_RDONLY)
    try:
        os.fsync(opened)
        block = os.pread(opened, _BLOCK, 0)
        with image.open("r+b") as disk, mmap.mmap(disk.fileno(), 0) as data:
            at = data.find(block)
            assert at >= 0, "the block is not on the disk"
            data[at : at + _BLOCK] = bytes(_BLOCK)
        os.posix_fadvise(opened, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(opened)

    def mend() -> None:
        with image.open("r+b") as disk, mmap.mmap(disk.fileno(), 0) as data:
            data[at : at + _BLOCK] = block

    return mend
