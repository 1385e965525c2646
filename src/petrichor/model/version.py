"""What an earlier boot had at a path."""

import os
import stat
from dataclasses import dataclass

from petrichor.model.past import Boot


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One entry of a retired volume."""

    boot: Boot
    path: bytes
    """Where the running system had it, absolute."""
    top: bytes
    """Where it had the volume, or the child dataset, that this lies on."""
    tree: int
    """A descriptor of the retired one's top."""
    facts: os.stat_result
    """Its lstat facts."""

    @property
    def where(self) -> bytes:
        """Return its path from the top; empty for the top itself."""
        return self.path[len(self.top.rstrip(b"/")) + 1 :]

    @property
    def is_directory(self) -> bool:
        """Tell whether it goes with all that lies below it."""
        return stat.S_ISDIR(self.facts.st_mode)
