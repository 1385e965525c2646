"""A mount, as the kernel tells it."""

from dataclasses import dataclass
from pathlib import PurePosixPath


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """One line of mountinfo: proc_pid_mountinfo(5), escapes undone.

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
