"""What a store remembers of the declarations that named something in it."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath


@dataclass(frozen=True, slots=True)
class Seen:
    """When something was seen: UTC time (``20261123T013000Z``) of the clock then, and boot id."""

    stamp: str
    boot: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """A path that is or was kept in a store; ``preset`` is the one that named it, or empty."""

    path: PurePosixPath
    """As the declaration calls it, not as it lies in the store."""
    preset: str
    first: Seen
    last: Seen


class RecordState(StrEnum):
    """Whether a store's record could be read."""

    READ = "read"
    NONE = "none"
    DAMAGED = "damaged"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Record:
    """All that a store remembers; nothing where its record cannot be read."""

    state: RecordState = RecordState.NONE
    known: tuple[Declared, ...] = ()
