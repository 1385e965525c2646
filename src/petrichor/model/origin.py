"""Where something to copy lies."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """One entry of a tree that is held open."""

    path: bytes
    """Where the running system has it, or had it, absolute."""
    top: bytes
    """The same of the tree's top."""
    tree: int
    """A descriptor of the top."""

    @property
    def where(self) -> bytes:
        """Return its path from the top; empty for the top itself."""
        return self.path[len(self.top.rstrip(b"/")) + 1 :]
