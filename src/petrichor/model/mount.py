"""A mount, as the kernel tells it."""

from pathlib import PurePosixPath
from typing import NamedTuple


class Mount(NamedTuple):
    """One line of mountinfo: proc_pid_mountinfo(5), escapes undone.

    Every run makes as many as there are mounts, so it is a named tuple.

    ``root`` is the part of the filesystem that is shown; ``deleted`` says that the source of a
    bind mount is gone (the kernel appends ``//deleted`` to it).
    """

    id: int
    parent: int
    device: str
    root: PurePosixPath
    mountpoint: PurePosixPath
    options: tuple[str, ...]
    type: str
    source: str
    super_options: tuple[str, ...] = ()
    deleted: bool = False
