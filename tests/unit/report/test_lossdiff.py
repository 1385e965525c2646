"""One file against its baseline: what diff(1) and patch(1) understand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from petrichor.report.lossdiff import MOST, file_lines, safe_line


def told(old: bytes | None, new: bytes | None) -> bytes:
    return b"".join(file_lines(b"/etc/motd", old, new))


def test_changed() -> None:
    assert told(b"a\nb\n", b"a\nc\n") == (
        b"--- baseline/etc/motd\n+++ now/etc/motd\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n"
    )


def test_new_and_gone() -> None:
    assert told(None, b"x\n") == b"--- /dev/null\n+++ now/etc/motd\n@@ -0,0 +1 @@\n+x\n"
    assert told(b"x\n", None) == b"--- baseline/etc/motd\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n"


def test_the_same_content() -> None:
    assert told(b"x", b"x") == b""


def test_a_last_line_without_an_end() -> None:
    end = b"\n\\ No newline at end of file\n"
    assert told(b"a", b"b\n").endswith(b"\n-a" + end + b"+b\n")
    assert told(b"a\n", b"b").endswith(b"\n-a\n+b" + end)


def test_a_carriage_return_ends_no_line() -> None:
    assert told(b"a\rb\n", b"a\rc\n").endswith(b"\n-a\rb\n+a\rc\n")


@pytest.mark.parametrize(("old", "new"), [(b"\0", b"a"), (b"a", b"\0"), (None, b"\0")])
def test_binary(old: bytes | None, new: bytes) -> None:
    assert told(old, new) == b"binary file /etc/motd differs\n"


def test_too_large() -> None:
    assert told(None, b"a" * (MOST + 1)).endswith(b"too large to show how\n")


@given(*[st.binary().map(lambda data: data.replace(b"\0", b"\n"))] * 2)
def test_both_sides_can_be_read_from_it(old: bytes, new: bytes) -> None:
    """With all lines as context nothing is missing from either side."""
    if old == new or old.count(b"\n") > 3 or new.count(b"\n") > 3:
        return
    lines = told(old, new).replace(b"\n\\ No newline at end of file\n", b"\n").split(b"\n")[3:]
    for side, marks in ((old, b" -"), (new, b" +")):
        text = b"\n".join(line[1:] for line in lines if line and line[0] in marks)
        assert text == side.removesuffix(b"\n")


def test_a_terminal_is_not_commanded() -> None:
    assert safe_line("+\x1b[2J\té\r\n".encode()) == "+\\x1b[2J\té\\r\n"
    assert safe_line(b"\xff\n") == "\\xff\n"
