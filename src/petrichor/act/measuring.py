"""How much there is to copy, for who waits for it."""

import os
import stat

from petrichor.model.copying import Amount
from petrichor.model.origin import Origin
from petrichor.system.beneath import DIRECTORY, open_beneath
from petrichor.system.tree import walk


def measure(origin: Origin) -> Amount:
    """Return how many entries there are, and the size of the files among them, as they are now.

    What cannot be looked at counts nothing: the copy will say so.
    """
    try:
        above = open_beneath(origin.tree, os.path.dirname(origin.where), DIRECTORY)
        try:
            name = os.path.basename(origin.where)
            facts = os.stat(name, dir_fd=above, follow_symlinks=False)
        finally:
            os.close(above)
    except OSError:
        return Amount(0, 0)
    if not stat.S_ISDIR(facts.st_mode):
        return Amount(1, facts.st_size if stat.S_ISREG(facts.st_mode) else 0)
    entries, size = 1, 0
    for batch in walk(origin.tree, origin.top, where=origin.where):
        entries += len(batch.entries)
        size += sum(item.size for item in batch.entries if stat.S_ISREG(item.mode))
    return Amount(entries, size)
