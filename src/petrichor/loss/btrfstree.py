"""What the loss asks of the trees of Btrfs subvolumes."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from petrichor.loss.btrfsitems import Item, Items


class History(Protocol):
    """Where a subvolume comes from."""

    @property
    def uuid(self) -> bytes:
        """Return its own identity."""
        ...

    @property
    def parent_uuid(self) -> bytes:
        """Return the identity of what it was a snapshot of."""
        ...

    @property
    def made(self) -> int:
        """Return the transaction that made it."""
        ...

    @property
    def altered(self) -> int:
        """Return the transaction that wrote an inode of it last."""
        ...


class Tree(Protocol):
    """The tree of one subvolume, by inode numbers; OSError for what cannot be read."""

    def settle(self) -> None:
        """Have the filesystem write what waits in memory."""
        ...

    def history(self) -> History:
        """Return where the subvolume comes from."""
        ...

    def end(self) -> int:
        """Return the number behind that of the last inode."""
        ...

    def changed(self, since: int, first: int, end: int) -> set[int]:
        """Return the inodes made in or before a transaction and written after it.

        Of these those from number ``first`` up to, but without, ``end``.
        """
        ...

    def inode(self, number: int) -> Items:
        """Return an inode's own item, its names and its extended attributes.

        They stand in memory until the tree is asked again.
        """
        ...

    def node(self, number: int) -> tuple[Items, Sequence[bytes] | None]:
        """Return what `inode` does, and the items of a directory's names; None for too many names.

        The first part holds until the tree is asked again.
        """
        ...

    def entries(self, directory: int) -> Iterator[Sequence[bytes]]:
        """Yield the items of a directory's names, not too many at a time."""
        ...

    def extents(self, number: int) -> Iterator[Item]:
        """Yield where the content of a file lies, and short content itself."""
        ...

    def nested(self) -> list[tuple[int, int, bytes]]:
        """Return the subvolumes that begin in this one: number, directory, name."""
        ...
