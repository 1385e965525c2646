"""Places that tmpfiles.d cannot name."""

from pathlib import PurePosixPath

import pytest

from petrichor.model.plan import Make
from petrichor.render.newlines import TOOLS, command_lines, commands
from petrichor.render.target import make_target
from tests.unit.render import reading
from tests.unit.render.test_tmpfiles import place

HOSTILE = "/-a\nb %"


@pytest.mark.parametrize("make", Make)
def test_every_kind_is_made_below_the_prefix_and_words_stay_words(make: Make) -> None:
    item = place(HOSTILE, make, content="/persist/x y")
    argvs = list(commands([item, place("/plain")], PurePosixPath("/sysroot")))
    assert argvs and all(words[-1] == "/sysroot" + HOSTILE for words in argvs)
    assert {words[0] for words in argvs} <= set(TOOLS)
    lines = list(command_lines([item], PurePosixPath("/sysroot"), make_target("dracut")))
    read = [[word.decode() for word in reading.command(line.encode())] for line in lines]
    assert read == [list(words) for words in argvs]
    assert all("\n" not in line for line in lines)


def test_nothing_that_exists_is_replaced() -> None:
    for make in Make:
        first, *owner = commands([place(HOSTILE, make, content="x")], PurePosixPath("/"))
        assert first[0] in ("mkdir", "ln") or "--no-clobber" in first
        assert all("--from=0:0" in words for words in owner)


def test_roots_own_needs_no_owner() -> None:
    item = place(HOSTILE, user="0", group="0")
    assert [words[0] for words in commands([item], PurePosixPath("/"))] == ["mkdir"]
