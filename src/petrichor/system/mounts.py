"""What is mounted: /proc/self/mountinfo, proc_pid_mountinfo(5)."""

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Final

from petrichor.model.mount import Mount
from petrichor.model.mounttable import MountTable
from petrichor.system.command import Runner

_PLACE: Final = Path("/run")
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
    run mounts too.  However this is interrupted, nothing stays mounted.
    """
    import tempfile  # with all that it imports, a start is 10 ms longer

    directory = tempfile.mkdtemp(prefix="petrichor-", dir=_PLACE if _PLACE.is_dir() else None)
    chosen = ("-o", options) if options else ()
    try:
        runner.run(("mount", "-n", "-t", kind, *chosen, "--", source, directory), changes=False)
        yield Path(directory)
    finally:
        try:
            _unmount(runner, directory)
        finally:
            os.rmdir(directory)


def _unmount(runner: Runner, directory: str) -> None:
    """Unmount what may be mounted; the mount may have been interrupted, and so may this be."""
    argv = ("umount", "-n", "--", directory)
    try:
        runner.run(argv, changes=False, ok=_NOT_MOUNTED)
    except KeyboardInterrupt:
        runner.run(argv, changes=False, ok=_NOT_MOUNTED)
        raise
