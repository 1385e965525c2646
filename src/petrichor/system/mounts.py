"""What is mounted: /proc/self/mountinfo, proc_pid_mountinfo(5)."""

import fcntl
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import Final

from petrichor.model.mount import Mount
from petrichor.model.mounttable import MountTable
from petrichor.system.command import Runner

_PLACE: Final = Path("/run")
_PREFIX: Final = "petrichor-"
_DIRECTORY: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NOT_MOUNTED: Final = (0, 1, 32)
"""What umount(8) ends with where there is nothing to unmount, or it is not allowed to."""
MOUNTINFO: Final = Path("/proc/self/mountinfo")
_ESCAPE: Final = re.compile(rb"\\([0-7]{3})")
_DELETED: Final = "//deleted"


def read_mounts(file: Path = MOUNTINFO) -> list[Mount]:
    """Return all mounts of this process's namespace, in the order of the kernel."""
    return parse_mountinfo(file.read_bytes())


def parse_mountinfo(data: bytes) -> list[Mount]:
    """Return the mounts that the text of a mountinfo file tells."""
    return [_parse(line) for line in data.split(b"\n") if line]


def _parse(line: bytes) -> Mount:
    """Parse one line: single spaces divide it, a lone dash ends the optional fields."""
    left, _, right = line.partition(b" - ")
    number, parent, device, root, mountpoint, options = left.split(b" ")[:6]
    kind, source, super_options = right.split(b" ")[:3]
    shown = _text(root)
    deleted = shown.endswith(_DELETED)
    return Mount(
        id=int(number),
        parent=int(parent),
        device=device.decode(),
        root=PurePosixPath(shown.removesuffix(_DELETED) if deleted else shown),
        deleted=deleted,
        mountpoint=PurePosixPath(_text(mountpoint)),
        options=tuple(_text(options).split(",")),
        type=_text(kind),
        source=_text(source),
        super_options=tuple(_text(super_options).split(",")),
    )


def _text(field: bytes) -> str:
    return os.fsdecode(_ESCAPE.sub(lambda match: bytes([int(match[1], 8) & 0xFF]), field))


def mount_at(mounts: Iterable[Mount], path: PurePosixPath) -> Mount | None:
    """Return the topmost mount at ``path``; for many paths make one MountTable and ask that."""
    return MountTable(mounts).at(path)


def is_mountpoint(mounts: Iterable[Mount], path: PurePosixPath) -> bool:
    """Tell whether something is mounted at exactly ``path``."""
    return mount_at(mounts, path) is not None


@contextmanager
def mounted(runner: Runner, kind: str, source: str, options: str = "") -> Iterator[Path]:
    """Mount a filesystem where nobody else looks, for as long as this is open.

    ``source`` and ``options`` are what mount(8) takes.  Looking is no change of the machine: a dry
    run mounts too.  However this is interrupted, nothing stays mounted; the empty directory that a
    killed process leaves goes with the next one.
    """
    import tempfile  # with all that it imports, a start is 10 ms longer

    above = _PLACE if _PLACE.is_dir() else None
    if above is not None:
        _sweep(above)
    directory = tempfile.mkdtemp(prefix=_PREFIX, dir=above)
    chosen = ("-o", options) if options else ()
    held = os.open(directory, _DIRECTORY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        runner.run(("mount", "-n", "-t", kind, *chosen, "--", source, directory), changes=False)
        yield Path(directory)
    finally:
        try:
            _unmount(runner, directory)
        finally:
            with suppress(FileNotFoundError):
                os.rmdir(directory)
            os.close(held)


def _sweep(above: Path) -> None:
    """Remove directories of ours that no process holds, as far as they are empty."""
    for place in above.glob(f"{_PREFIX}*"):
        with suppress(OSError):  # held, not empty, mounted on, or no directory
            opened = os.open(place, _DIRECTORY)
            try:
                fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
                os.rmdir(place)
            finally:
                os.close(opened)


def _unmount(runner: Runner, directory: str) -> None:
    """Unmount what may be mounted; the mount may have been interrupted, and so may this be."""
    argv = ("umount", "-n", "--", directory)
    try:
        runner.run(argv, changes=False, ok=_NOT_MOUNTED)
    except KeyboardInterrupt:
        runner.run(argv, changes=False, ok=_NOT_MOUNTED)
        raise
