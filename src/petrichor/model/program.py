"""What is known of programs: where they hold their state, and how each of its paths behaves.

Hundreds of these records are made by every run that looks for a loss, so they are named tuples.
"""

from enum import StrEnum
from pathlib import PurePosixPath
from typing import NamedTuple

from petrichor.model.declaration import FileMethod, Kind


class Worth(StrEnum):
    """What the loss of a path would mean."""

    SECRET = "secret"  # keys and passwords: irreplaceable, and for nobody else's eyes
    IMPORTANT = "important"  # the owner's data and settings
    NORMAL = "normal"  # missed, but made anew without much ado
    CACHE = "cache"  # made anew by the program itself; known, never kept by a preset


class Hazard(StrEnum):
    """How a path breaks when it is kept the wrong way."""

    RENAMED = "renamed"
    """The file is replaced by a rename: a bind mount refuses it (EBUSY), a link is overwritten."""
    MTIME = "mtime"
    """The time of modification is the data."""
    EMPTY = "empty"
    """Files without content are the data."""
    SQLITE = "sqlite"
    """A database whose siblings (``-wal``, ``-journal``, locks) belong to it."""
    DYNAMIC_USER = "dynamic-user"
    """``DynamicUser=`` in systemd.exec(5): the data lies below ``/var/lib/private``."""
    HARDLINKS = "hardlinks"
    """Files are hard-linked to each other, so their parts cannot be kept one by one."""
    GENERATED = "generated"
    """Files that the operating system generates lie among the state; a mount hides them."""


class StatePath(NamedTuple):
    """A path of a program's state, absolute, or relative to a home.

    ``was`` are its former places; ``shared`` the other programs that state the same path, or one
    above or below it.
    """

    path: str
    worth: Worth
    type: Kind = Kind.DIRECTORY
    mode: int | None = None
    user: str | None = None
    group: str | None = None
    method: FileMethod = FileMethod.AUTO
    hazards: tuple[Hazard, ...] = ()
    was: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()

    @property
    def place(self) -> PurePosixPath:
        """Return the path as one that can be compared part by part."""
        return PurePosixPath(self.path)

    @property
    def keepable(self) -> bool:
        """Tell whether a preset keeps it.

        A cache is not worth it, and a file that is replaced by a rename is safe only as a part of
        a kept directory: mount(2), EBUSY.
        """
        mounted = self.type is Kind.FILE and self.method is not FileMethod.SYMLINK
        return self.worth is not Worth.CACHE and not (mounted and Hazard.RENAMED in self.hazards)


class Program(NamedTuple):
    """A program or a part of the system; ``source`` names the document that tells its paths."""

    name: str
    title: str
    source: str
    units: tuple[str, ...] = ()
    system: tuple[StatePath, ...] = ()
    home: tuple[StatePath, ...] = ()
