"""What an earlier boot had at a path."""

import os
import stat
from dataclasses import dataclass

from petrichor.model.origin import Origin
from petrichor.model.past import Boot


@dataclass(frozen=True, slots=True, kw_only=True)
class Version(Origin):
    """One entry of a retired volume, or of a child dataset that went with it."""

    boot: Boot
    facts: os.stat_result
    """Its lstat facts."""

    @property
    def is_directory(self) -> bool:
        """Tell whether it goes with all that lies below it."""
        return stat.S_ISDIR(self.facts.st_mode)
