"""What pure planning decides: mounts, directories, links, orderings, as records."""

import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Final

from petrichor.model.names import escape_unit

TAGS: Final = {
    "LABEL": "by-label",
    "UUID": "by-uuid",
    "PARTLABEL": "by-partlabel",
    "PARTUUID": "by-partuuid",
    "ID": "by-id",
}
_UDEV_UNSAFE: Final = re.compile(rb"[^A-Za-z0-9#+\-.:=@_/]")


def device_unit(device: str) -> str:
    """Return the unit of a block device given by path or by tag (``LABEL=…``).

    udev writes bytes that it thinks unsafe as ``\\xNN`` in the names of its links: udev(7).
    """
    tag, separator, value = device.partition("=")
    if not separator or tag not in TAGS:
        return f"{escape_unit(device)}.device"
    encoded = _UDEV_UNSAFE.sub(
        lambda match: b"\\x%02x" % match[0][0], value.encode("utf-8", "surrogateescape")
    )
    return f"{escape_unit(f'/dev/disk/{TAGS[tag]}/{encoded.decode()}')}.device"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordering:
    """Units that a reset waits for, pulls in, or cannot do without."""

    after: tuple[str, ...] = ()
    wants: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MountPlan:
    """A filesystem to mount: what, where, how."""

    where: PurePosixPath
    what: str
    type: str
    options: tuple[str, ...] = ()
    carrier: PurePosixPath | None = None
    """The mount point that carries the source of a bind mount; without it, nothing is mounted."""


class Make(StrEnum):
    """What is made where nothing is: the letters are those of tmpfiles.d(5)."""

    DIRECTORY = "d"
    FILE = "f"
    LINK = "L"
    COPY = "C"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Something to make where nothing stands; what exists is left as it is.

    ``content`` is a link's target, a copy's source, or a new file's text.
    """

    path: PurePosixPath
    make: Make
    user: str
    group: str
    mode: int | None
    content: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bind:
    """A bind mount of kept data over the place where programs expect it."""

    source: PurePosixPath
    target: PurePosixPath
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """Kept data that is copied to where programs expect it, and saved when it changed there."""

    source: PurePosixPath
    target: PurePosixPath
    mounts_needed: tuple[PurePosixPath, ...]
    """Paths whose mounts must be there, if they have any."""
    stores_needed: tuple[PurePosixPath, ...]
    """The mount point that carries the store, if one is declared."""
    way: tuple[PurePosixPath, ...]
    """Directories on both sides that may not be links: someone else could have put them there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepPlan:
    """What one phase of the boot does for the kept paths mounted in it."""

    places: tuple[Place, ...]
    binds: tuple[Bind, ...]
    mounts_needed: tuple[PurePosixPath, ...]
    """Paths whose mounts must be there, if they have any: those of stores and of volumes."""
    stores_needed: tuple[PurePosixPath, ...]
    """Mount points that carry a store."""
    copies: tuple[Copy, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Tell whether there is nothing to do."""
        return not (self.places or self.binds or self.copies)
