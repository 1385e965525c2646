"""tmpfiles.d(5): types, quotes, escapes, specifiers, precedence of directories."""

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from petrichor.system.tmpfiles import Line, parse_tmpfiles, read_tmpfiles

SPECIFIERS = {b"%": b"%", b"H": b"host", b"b": b"b00t", b"m": b""}
D, F, L = stat.S_IFDIR, stat.S_IFREG, stat.S_IFLNK


def parsed(data: bytes) -> list[Line]:
    return list(parse_tmpfiles(data, SPECIFIERS))


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (b"d /a 0755 root root 10d -", Line(b"/a", D, None)),
        (b"d /a", Line(b"/a", D, None)),
        (b"D! /a/ - - -", Line(b"/a", D, None)),
        (b"  q\t/a//b", Line(b"/a/b", D, None)),
        (b"f /a - - - - one two ", Line(b"/a", F, b"one two")),
        (b"f+ /a", Line(b"/a", F, b"")),
        (b"F /a 0644 root root - -", Line(b"/a", F, b"")),
        (rb"f /a - - - - x\ny\x41\101", Line(b"/a", F, b"x\nyAA")),
        (b"f~ /a - - - - aGk=", Line(b"/a", F, b"hi")),
        (b"f^ /a - - - - credential", Line(b"/a", F, None)),
        (b"L+ /a - - - - ../b", Line(b"/a", L, b"../b")),
        (b"L /etc/x", Line(b"/etc/x", L, b"/usr/share/factory/etc/x")),
        (b"p /a", Line(b"/a", stat.S_IFIFO, None)),
        (b"c /a - - - - 1:3", Line(b"/a", stat.S_IFCHR, None)),
        (b"C /a - - - - /b", Line(b"/a", 0, None)),
        (b'd "/a b"', Line(b"/a b", D, None)),
        (rb"d /a\x20b", Line(b"/a b", D, None)),
        (b"d '/a\"b'", Line(b'/a"b', D, None)),
        (b"d /\xff%%%H", Line(b"/\xff%host", D, None)),
    ],
)
def test_lines(line: bytes, found: Line) -> None:
    assert parsed(line) == [found]


@pytest.mark.parametrize(
    "line",
    [
        *(b"", b"# d /a", b"d", b"x /a", b"r /a", b"z /a", b"e /a", b"w /a - - - - x"),
        *(b"d a", b"d /a/../b", b"d /%m", b"d /%Z", b"dd /a", b"h /a", b"f /a - - - - %m"),
    ],
)
def test_what_makes_nothing_that_is_known(line: bytes) -> None:
    assert [found for found in parsed(line) if found.content is not None or found.kind == D] == []


@given(st.binary())
def test_any_bytes(data: bytes) -> None:
    for line in parsed(data):
        assert line.path.startswith(b"/") and b".." not in line.path.split(b"/")


@given(st.binary(min_size=1).filter(lambda name: not {*name} & {*b"/\n\r%"} and name != b".."))
def test_a_quoted_path_is_what_was_meant(name: bytes) -> None:
    quoted = name.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
    expected = b"/" if name == b"." else b"/" + name
    assert [line.path for line in parsed(b'd "/' + quoted + b'" 0755')] == [expected]


def test_a_file_hides_those_of_its_name_and_the_first_line_counts(tmp_path: Path) -> None:
    for place, text in {
        "usr/lib/tmpfiles.d/a.conf": "d /hidden",
        "etc/tmpfiles.d/a.conf": "f /x - - - - first",
        "usr/lib/tmpfiles.d/b.conf": "f /x - - - - second\nd /y",
        "usr/lib/tmpfiles.d/c": "d /no",
        "usr/lib/tmpfiles.d/masked.conf": "d /masked",
    }.items():
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).write_text(text)
    (tmp_path / "etc/tmpfiles.d/masked.conf").symlink_to("/dev/null")
    assert read_tmpfiles(tmp_path) == [Line(b"/x", F, b"first"), Line(b"/y", D, None)]
