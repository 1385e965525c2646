"""All that decides how an entry fares, as data; what costs time to find out is asked for late."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple, Protocol

DIRECTORY, REGULAR, SYMLINK, KIND = 0o040000, 0o100000, 0o120000, 0o170000
"""Kinds of files in st_mode: inode(7)."""


class Kept(NamedTuple):
    """A kept path; ``key`` is the place in the declaration that says so."""

    path: bytes
    store: bytes
    key: str
    source: bytes = b""
    """Where the store has a file that is copied; empty for others."""


class Owned(NamedTuple):
    """A path that belongs, with all below it, to a program or unit; see Judgement."""

    path: bytes
    owner: str
    kind: str = ""
    ignored: str = ""
    """Who says that it is of no interest; empty when nobody does."""


class Made(NamedTuple):
    """A path that something makes at boot, or when a service starts; ``by`` says what."""

    path: bytes
    kind: int
    """Its kind, as in st_mode; 0 for any."""
    by: str
    content: bytes | None = None
    """What a file holds then, or where a symlink leads; None where that is not known."""
    deep: bool = False
    """Whether all below it comes again as well."""


class Packages(Protocol):
    """What the package manager put on the machine."""

    def owner(self, path: bytes) -> str:
        """Return the package that lists a path, or nothing."""
        ...

    def is_configuration(self, path: bytes) -> bool:
        """Tell whether a path is a file of settings, which a package makes once."""
        ...

    def is_pristine(self, path: bytes, content: bytes) -> bool:
        """Tell whether a file holds what its package put there."""
        ...


class Source(Protocol):
    """The machine, asked when an entry depends on it."""

    def target(self, path: bytes) -> bytes | None:
        """Return where a symlink leads, or None where that cannot be read."""
        ...

    def content(self, path: bytes) -> bytes | None:
        """Return what a small file holds, or None where that cannot be read."""
        ...

    def is_saved(self, path: bytes, source: bytes) -> bool:
        """Tell whether a store has a copied file as it is."""
        ...

    def made(self) -> Sequence[Made]:
        """Return what is made at every boot: tmpfiles.d(5), fstab(5)."""
        ...

    def units(self) -> tuple[Sequence[Owned], Sequence[Made]]:
        """Return the directories of loaded units, and those that come again: systemd.exec(5)."""
        ...

    def packages(self) -> Packages | None:
        """Return the package manager's knowledge; None where it has none."""
        ...


class Silent:
    """A source that knows nothing."""

    def target(self, path: bytes) -> bytes | None:  # noqa: ARG002
        """Return nothing."""
        return None

    def content(self, path: bytes) -> bytes | None:  # noqa: ARG002
        """Return nothing."""
        return None

    def is_saved(self, path: bytes, source: bytes) -> bool:  # noqa: ARG002
        """Return nothing."""
        return False

    def made(self) -> Sequence[Made]:
        """Return nothing."""
        return ()

    def units(self) -> tuple[Sequence[Owned], Sequence[Made]]:
        """Return nothing."""
        return (), ()

    def packages(self) -> Packages | None:
        """Return nothing."""
        return None


class Rules(NamedTuple):
    """What the classifier knows from the start; paths are absolute and normal."""

    mounts: Mapping[bytes, frozenset[bytes]] = MappingProxyType({})
    """Mount points that lie on a volume, by the volume's own mount point."""
    kept: tuple[Kept, ...] = ()
    made: tuple[Made, ...] = ()
    owned: tuple[Owned, ...] = ()
    """In the order of precedence where two claim one path."""
    ignore: tuple[str, ...] = ()
    """Patterns of the declaration, as gitignore(5) has them."""
    source: Source = Silent()
