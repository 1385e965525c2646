"""What a copy did, and how it tells on the way."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """What was copied, after it was synced and verified."""

    directories: int = 0
    files: int = 0
    """Regular files; one of several names counts once."""
    links: int = 0
    """Further names of files that have several."""
    others: int = 0
    """Symlinks, FIFOs, sockets, devices."""
    size: int = 0
    """Of all regular files, in bytes."""
    shared: int = 0
    """Bytes of ``size`` that both copies share on the disk."""
    again: int = 0
    """How many entries were copied again, because the source changed meanwhile."""
    identity: tuple[int, int] = (0, 0)
    """Device and inode of the new entry, to know it again."""
    lost: tuple[str, ...] = ()
    """Names of attributes that the target's filesystem cannot hold, sorted."""
    mounts: tuple[bytes, ...] = ()
    """Paths below the source where something is mounted: what lies there was not entered."""


@dataclass(frozen=True, slots=True)
class Amount:
    """How many entries, and the bytes of the files among them."""

    entries: int = 0
    size: int = 0

    def __add__(self, other: "Amount") -> "Amount":
        """Return both together."""
        return Amount(self.entries + other.entries, self.size + other.size)

    def at_most(self, other: "Amount") -> "Amount":
        """Return the lesser of both counts and of both sizes."""
        return Amount(min(self.entries, other.entries), min(self.size, other.size))


class Watch(Protocol):
    """Is told from time to time how far a copy is."""

    def __call__(self, entries: int, size: int) -> None:
        """Hear that so many entries and bytes are copied."""


def silent(entries: int, size: int) -> None:
    """Tell nobody."""
