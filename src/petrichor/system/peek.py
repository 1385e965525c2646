"""Looking into filesystems that may not be mounted."""

import os
import stat
from pathlib import Path

from petrichor.model.machine import Baseline


def look_into(directory: Path) -> Baseline | None:
    """Return what stands at ``directory``: its entries and owner; None where there is nothing.

    A file counts as a directory without entries; a symlink is not followed.
    """
    try:
        facts = directory.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    entries = tuple(sorted(os.listdir(directory))) if stat.S_ISDIR(facts.st_mode) else ()
    mode = stat.S_IMODE(facts.st_mode)
    return Baseline(entries=entries, mode=mode, uid=facts.st_uid, gid=facts.st_gid)
