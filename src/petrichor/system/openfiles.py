"""Which processes have files open for writing: proc_pid_fd(5), proc_pid_fdinfo(5)."""

import os
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Final, NamedTuple

from petrichor.model.names import is_within

_PROC: Final = Path("/proc")


class Writer(NamedTuple):
    """A file that a process may write to."""

    process: int
    name: str
    """What the process calls itself."""
    path: PurePosixPath


def find_writers(paths: Sequence[PurePosixPath]) -> list[Writer]:
    """Return who has something at or below these paths open for writing, by path and process.

    Processes come and go meanwhile: what vanishes while it is looked at is not told.
    """
    found: set[Writer] = set()
    for entry in os.listdir(_PROC):
        if entry.isdecimal():
            found.update(_of_process(_PROC / entry, paths))
    return sorted(found, key=lambda writer: (writer.path, writer.process))


def _of_process(process: Path, paths: Sequence[PurePosixPath]) -> list[Writer]:
    found = []
    try:
        descriptors = os.listdir(process / "fd")
        name = (process / "comm").read_bytes().rstrip(b"\n")
    except OSError:
        return []
    for descriptor in descriptors:
        try:
            target = os.readlink(process / "fd" / descriptor)
            if not target.startswith("/"):
                continue
            path = PurePosixPath(target)
            inside = any(is_within(path, wanted) for wanted in paths)
            if inside and _writes(process / "fdinfo" / descriptor):
                found.append(Writer(int(process.name), os.fsdecode(name), path))
        except OSError:
            continue
    return found


def _writes(info: Path) -> bool:
    lines = info.read_text().splitlines()
    flags = next((line.split()[1] for line in lines if line.startswith("flags:")), "0")
    return int(flags, 8) & os.O_ACCMODE != os.O_RDONLY
