"""The tmpfiles.d text of one phase."""

from pathlib import PurePosixPath

import pytest

from petrichor.model.plan import Make, Place
from petrichor.render.tmpfiles import holds_newline, tmpfiles
from tests.unit.render import reading
from tests.unit.render.reading import Rule


def place(
    path: str,
    make: Make = Make.DIRECTORY,
    *,
    user: str = "7",
    group: str = "8",
    mode: int | None = 0o755,
    content: str = "",
) -> Place:
    return Place(
        path=PurePosixPath(path), make=make, user=user, group=group, mode=mode, content=content
    )


def read(*places: Place, prefix: str = "/") -> list[Rule]:
    return list(reading.rules(tmpfiles(places, PurePosixPath(prefix)).encode()))


def test_owner_and_mode_are_for_new_ones_alone() -> None:
    assert read(place("/a b"), prefix="/sysroot") == [
        Rule(b"d", b"/sysroot/a b", b":0755", b":7", b":8", b"")
    ]


def test_a_link_has_neither() -> None:
    link = place("/l", Make.LINK, mode=None, content="/persist/a b%")
    assert read(link) == [Rule(b"L", b"/l", b"-", b"-", b"-", b"/persist/a b%")]


def test_a_file_with_content_and_a_copy() -> None:
    number = place("/etc/machine-id", Make.FILE, mode=0o444, content="0a\n")
    copied = place("/etc/machine-id", Make.COPY, mode=0o444, content="/persist/x")
    assert [rule.argument for rule in read(number, copied)] == [b"0a\n", b"/persist/x"]


@pytest.mark.parametrize("end", ["\n", "\r"])
def test_a_path_with_a_line_end_is_left_to_commands(end: str) -> None:
    hostile = place(f"/a{end}d /etc/evil")
    assert holds_newline(hostile) and read(hostile, place("/b")) == read(place("/b"))
