"""When a copy is taken for the same, and when its source changed behind it."""

import os
import stat
import time

import pytest

from petrichor.system.copy.attributes import ACL
from petrichor.system.copy.facts import TIMES, changed_since, difference

FILE, DIRECTORY = stat.S_IFREG | 0o644, stat.S_IFDIR | 0o755


def facts(mode: int = FILE, uid: int = 0, size: int = 5, mtime: int = 7, ctime: int = 9):
    row = (mode, 1, 1, 1, uid, 0, size, 0, 0, 0)
    named = {"st_mtime_ns": mtime, "st_ctime_ns": ctime, "st_rdev": 0}
    return os.stat_result(row, named)


CASES = [
    ("", facts(), set()),
    ("it is of another kind", facts(mode=DIRECTORY), set()),
    ("its owner differs", facts(uid=1), set()),
    ("its mode differs", facts(mode=FILE | 0o020), set()),
    ("", facts(mode=FILE | 0o020), {ACL}),
    ("its mode differs", facts(mode=FILE | 0o002), {ACL}),
    ("its size differs", facts(size=6), set()),
    ("its time differs", facts(mtime=8), set()),
    ("", facts(mtime=8), {TIMES}),
]


@pytest.mark.parametrize(("said", "copy", "lost"), CASES)
def test_difference(said: str, copy: os.stat_result, lost: set[str]) -> None:
    assert difference(facts(), copy, lost) == said
    assert difference(copy, facts(), lost) == said


def test_the_size_of_a_directory_is_its_filesystems_affair() -> None:
    assert difference(facts(DIRECTORY, size=5), facts(DIRECTORY, size=6), set()) == ""


def test_the_clock_tells_what_changed_since() -> None:
    now = time.time_ns()
    copied = facts(ctime=now - 5)
    assert not changed_since(facts(ctime=now - 6), copied, set())
    assert changed_since(facts(ctime=now - 5), copied, set())  # in one tick: nobody knows
    assert changed_since(facts(ctime=now - 4), copied, set())
    assert not changed_since(facts(ctime=now - 4), copied, {TIMES})
    assert not changed_since(facts(ctime=now + 10**18), copied, set())
