"""The loss: what a volume holds against its baseline, and how each entry fares at the next reset.

Two million entries pass through these records, so they are named tuples, they come in batches of
one directory, and judgements are shared by the entries that fare alike.
"""

from enum import StrEnum
from typing import NamedTuple


class Change(StrEnum):
    """How an entry of the volume compares with the baseline."""

    ADDED = "added"
    """Not in the baseline: the reset takes it."""
    REMOVED = "removed"
    """In the baseline alone: the reset brings it back."""
    CHANGED = "changed"
    """On both sides, and not the same: the reset undoes the change."""
    UNREADABLE = "unreadable"
    """What it is, or what it holds, could not be found out."""


class Aspect(StrEnum):
    """In what a changed entry differs from the baseline's of that name."""

    KIND = "kind"
    CONTENT = "content"
    """Bytes of a file, target of a symlink, numbers of a device."""
    MODE = "mode"
    OWNER = "owner"
    TIME = "time"
    """The modification time; never told of a directory, where every new name changes it."""
    XATTRS = "xattrs"
    """Extended attributes: access control lists and capabilities among them."""
    FLAGS = "flags"
    """Inode flags as lsattr(1) shows them, such as immutable."""


class Fate(StrEnum):
    """What becomes of an entry at the next reset."""

    LOST = "lost"
    KEPT = "kept"
    """It is mounted from, or leads into, a store."""
    IGNORED = "ignored"
    REGENERATED = "regenerated"
    """Something makes it again: the Nix store, a tmpfiles line, a package, a running unit."""
    HIDDEN = "hidden"
    """It lies under a mount, where nobody sees it, and goes with the volume."""

    # Enum's own calls Python once more; every share is looked up by its judgement.
    __hash__ = str.__hash__


class Sort(StrEnum):
    """By what rows are sorted; all but the first begin with the most."""

    PATH = "path"
    SIZE = "size"
    COUNT = "count"
    NEWEST = "newest"


class Entry(NamedTuple):
    """One name in a directory of a volume.

    ``mode`` is st_mode, ``size`` in bytes, ``mtime`` in whole seconds since 1970: those of the
    volume, or of the baseline for what was removed, or 0 where they could not be read.
    """

    name: bytes
    """The last part of its path."""
    change: Change
    mode: int
    size: int
    uid: int
    mtime: int
    aspects: tuple[Aspect, ...] = ()
    """Of what is changed alone; never empty there."""
    old: bytes = b""
    """The path that it had in the baseline, absolute; empty unless it was renamed."""
    error: str = ""
    """Why it could not be read; empty otherwise."""
    is_root: bool = False
    """Whether a nested subvolume or a child dataset begins here."""


class Batch(NamedTuple):
    """Entries of one directory; ``directory`` is absolute, as the running system calls it.

    A directory may come in several batches.  The top of a volume is an entry like others: its
    name is empty and its directory the mount point.
    """

    directory: bytes
    entries: list[Entry]


class Judgement(NamedTuple):
    """How an entry fares, and what is known of it.  Equal ones are one and the same object."""

    fate: Fate
    reason: str = ""
    """Who says so, for people: a key of the declaration, a pattern, a unit, a package."""
    owner: str = ""
    """The program or unit that it belongs to; empty where that is not known."""
    kind: str = ""
    """Of what belongs to a known program: secret, important, normal or cache."""
    root: bytes = b""
    """The path that the owner is known by: its state directory, for the roll-up."""


class Share(NamedTuple):
    """The entries of a batch that fare alike."""

    directory: bytes
    judgement: Judgement
    entries: list[Entry]
