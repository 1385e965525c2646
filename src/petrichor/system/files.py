"""Reading and writing files of the system: whole or not at all, and on the disk when it returns."""

import errno
import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final

from petrichor.model.errors import MachineError
from petrichor.model.text import show

_PIECE: Final = 1 << 20
_DIRECTORY: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def read_if_present(path: Path) -> bytes | None:
    """Return a file's content, or None where there is no such file."""
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None


def same_files(one: Path | bytes, other: Path | bytes) -> bool:
    """Tell whether two paths are files that hold the same; neither is reached through a link.

    Raises:
        OSError: one of them is not there, is no plain file, or cannot be read.
    """
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    with ExitStack() as stack:
        files = [
            stack.enter_context(open(os.open(path, flags), "rb", buffering=0))
            for path in (one, other)
        ]
        facts = [os.fstat(file.fileno()) for file in files]
        if not all(stat.S_ISREG(item.st_mode) for item in facts):
            raise OSError(errno.EINVAL, "no plain file")
        if facts[0].st_size != facts[1].st_size:
            return False
        while True:
            here, there = (file.read(_PIECE) for file in files)
            if here != there or not here:
                return here == there


def write_atomic(
    path: Path, data: bytes, *, mode: int = 0o644, owner: tuple[int, int] | None = None
) -> bool:
    """Replace a file with ``data``, synced with its directory; tell whether anything changed.

    The content is written beside the file under another name and renamed over it: whoever reads
    sees the old or the new file, never a part.  ``owner`` is uid and gid.  The directory must
    exist.  A file that has this content, mode and owner already is left alone.
    """
    directory = os.open(path.parent, _DIRECTORY)
    try:
        if _is_current(path, data, mode, owner):
            return False
        _replace(directory, path.name, data, mode, owner)
        return True
    finally:
        os.close(directory)


def _is_current(path: Path, data: bytes, mode: int, owner: tuple[int, int] | None) -> bool:
    try:
        facts = path.lstat()
    except FileNotFoundError:
        return False
    same = facts.st_mode == 0o100000 | mode
    same = same and (owner is None or owner == (facts.st_uid, facts.st_gid))
    return same and path.read_bytes() == data


def _replace(
    directory: int, name: str, data: bytes, mode: int, owner: tuple[int, int] | None
) -> None:
    beside = f".petrichor-{os.urandom(8).hex()}"
    descriptor = os.open(beside, _NEW, 0o600, dir_fd=directory)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            if owner is not None:
                os.fchown(file.fileno(), *owner)
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        os.rename(beside, name, src_dir_fd=directory, dst_dir_fd=directory)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(beside, dir_fd=directory)
        raise
    os.fsync(directory)


def remove(path: Path) -> bool:
    """Remove a file for good, its directory synced; tell whether it was there."""
    try:
        directory = os.open(path.parent, _DIRECTORY)
    except FileNotFoundError:
        return False
    try:
        os.unlink(path.name, dir_fd=directory)
        os.fsync(directory)
        return True
    except FileNotFoundError:
        return False
    finally:
        os.close(directory)


@contextmanager
def locked(directory: Path, *, wait: bool = False) -> Iterator[None]:
    """Hold the lock of a directory; it goes with the process, however that ends.

    With ``wait`` it is waited for.

    Raises:
        MachineError: another process holds it.
    """
    descriptor = os.open(directory, _DIRECTORY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            hint = "wait until the other run of petrichor is done"
            raise MachineError(f"{show(str(directory))} is locked", hint=hint) from None
        yield
    finally:
        os.close(descriptor)
