"""What is understood of another tool's configuration, before it is written in our words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

Kind = Literal["directories", "files"]

NAMES: Final[Mapping[Kind, str]] = {"directories": "directory", "files": "file"}
"""From the list that an entry stands in to the key that holds its path; the same everywhere."""

KINDS: Final[tuple[Kind, ...]] = ("directories", "files")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A kept path; ``source`` is the key that says so, in the file that is imported.

    ``path`` is absolute, and relative to the home where ``account`` is set.  ``told`` are the keys
    of the entry in our words.  ``hide`` and ``trash`` are None where no mount asks for them.
    """

    source: str
    store: str
    kind: Kind
    path: str
    account: str = ""
    told: dict[str, Any] = field(default_factory=dict)
    hide: bool | None = None
    trash: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UserHome:
    """A user's home; ``mode`` is empty where it is not known."""

    source: str
    account: str
    home: str
    mode: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What has another meaning here or none at all."""

    key: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """The persistence part of a declaration, and what it does not say."""

    document: dict[str, Any]
    notes: tuple[Note, ...]
