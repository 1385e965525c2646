"""What lstat tells of an entry and of its copy, side by side."""

import os
import stat
import time
from typing import Final

from petrichor.system.copy.attributes import ACL

TIMES: Final = "times to the nanosecond"
OTHER_TIME: Final = "its time differs"


def difference(facts: os.stat_result, copy: os.stat_result, lost: set[str]) -> str:
    """Return in what an entry differs from its copy, apart from content, as part of a sentence."""
    mode, other = facts.st_mode, copy.st_mode
    if ACL in lost:
        mode, other = mode & ~0o070, other & ~0o070
    if stat.S_IFMT(mode) != stat.S_IFMT(other):
        return "it is of another kind"
    if (facts.st_uid, facts.st_gid) != (copy.st_uid, copy.st_gid):
        return "its owner differs"
    if mode != other:
        return "its mode differs"
    if facts.st_rdev != copy.st_rdev:
        return "it is another device"
    if not stat.S_ISDIR(mode) and facts.st_size != copy.st_size:
        return "its size differs"
    if facts.st_mtime_ns != copy.st_mtime_ns and TIMES not in lost:
        return OTHER_TIME
    return ""


def changed_since(facts: os.stat_result, copy: os.stat_result, lost: set[str]) -> bool:
    """Tell whether an entry changed after it was copied.

    Both times are this machine's own, and nobody can set them.  One that lies in the future says
    nothing: the clock was set back.  Nor do times that are cut to seconds.
    """
    return TIMES not in lost and copy.st_ctime_ns <= facts.st_ctime_ns <= time.time_ns()
