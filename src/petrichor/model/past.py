"""What earlier boots left: volumes that a reset set aside."""

from dataclasses import dataclass
from pathlib import PurePosixPath

from petrichor.model.names import retired_of, retired_time


@dataclass(frozen=True, slots=True, kw_only=True)
class RetiredVolume:
    """One retired volume, as it was found."""

    name: str
    """A dataset, a path from the top level of a Btrfs, or a path."""
    identity: str
    """What its filesystem knows it by, whatever it is called: GUID, UUID, or inode."""
    boot: str
    """The boot that set it aside, 32 hexadecimal digits."""
    time: int | None
    """When that was by the clock of then, in seconds since 1970; None if the name tells no time."""
    order: int | None
    """Its place among the others by when they were made, which no clock decides; or None."""


def retired_volume(
    stem: str, leaf: str, *, name: str, identity: str, order: int | None
) -> RetiredVolume | None:
    """Return what is called ``leaf`` where retired volumes lie, if a reset of ``stem`` made it."""
    parts = retired_of(stem, leaf)
    if parts is None:
        return None
    time = retired_time(parts.stamp)
    return RetiredVolume(name=name, identity=identity, boot=parts.boot, time=time, order=order)


Found = tuple[PurePosixPath, RetiredVolume]
"""A retired volume, and the mount point of the one that it was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Boot:
    """One boot, and the volumes that it set aside: what was done between the last one and it."""

    boot: str
    """The boot id, 32 hexadecimal digits."""
    number: int
    """1 is the newest."""
    time: int | None
    """When it was by the clock of then, in seconds since 1970; None where no name tells."""
    retired: tuple[Found, ...]


@dataclass(frozen=True, slots=True)
class Room:
    """Space of the filesystem that retired volumes lie on, in bytes."""

    free: int
    total: int
