"""Any bytes survive the way into a file and back."""

import os

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from petrichor.model.errors import UsageError
from petrichor.model.steps import RetiredPath
from petrichor.render import escape
from tests.unit.render import reading

PATHS = st.binary(min_size=1, max_size=40).filter(lambda raw: b"\0" not in raw)
"""What a path can hold, and what an argument can."""
HARD = b" \t\n\r%$\\\"';#=@-*?[]{}~\xff\xc3\x28\x7f%b${PETRICHOR_STAMP}$$%%\\x41\\101"
LINES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).map(lambda s: f"/{s}")


@given(PATHS)
@example(HARD)
@example(b";")
@example(b"-")
@example(b"\\")
def test_a_word_of_a_command_line(raw: bytes) -> None:
    text = escape.unit_word(os.fsdecode(raw))
    assert text.isascii() and text.isprintable()
    assert reading.command(b"tool " + text.encode() + b" end") == [b"tool", raw, b"end"]


def test_an_empty_word_stays_a_word() -> None:
    assert reading.command(escape.unit_word("").encode()) == [b""]


@given(PATHS)
@example(HARD)
def test_the_name_of_what_is_retired(raw: bytes) -> None:
    text = escape.unit_word(RetiredPath(os.fsdecode(raw)))
    assert reading.command(text.encode()) == [raw + b"STAMP-BOOT"]


@given(PATHS)
@example(HARD)
def test_a_field_of_fstab(raw: bytes) -> None:
    text = escape.fstab_field(os.fsdecode(raw))
    assert text.isascii() and text.isprintable()
    (fields,) = reading.table(f"{text} {text} none bind 0 0\n".encode())
    assert fields[:2] == [raw, raw]


@given(PATHS)
@example(HARD.replace(b"\n", b"").replace(b"\r", b""))
def test_a_path_of_tmpfiles(raw: bytes) -> None:
    raw = b"/" + raw.translate(None, b"\n\r")
    line = b"d " + os.fsencode(escape.tmpfiles_path(os.fsdecode(raw))) + b" - - - - -"
    assert [rule.path for rule in reading.rules(line)] == [raw]


@given(PATHS)
@example(HARD)
def test_an_argument_of_tmpfiles(raw: bytes) -> None:
    raw = b"/" + raw  # a lone dash means none
    text = escape.tmpfiles_argument(os.fsdecode(raw))
    assert text.isascii() and text.isprintable()
    line = b"L /x - - - - " + text.encode()
    assert [rule.argument for rule in reading.rules(line)] == [raw]


@given(LINES)
@example("/a b")
@example('/a\\b"c%n')
def test_a_path_of_requires_mounts_for(path: str) -> None:
    try:
        text = escape.mounts_word(path)
    except UsageError:
        assert path != path.strip() or path.endswith("\\")
    else:
        found = reading.words(f"{text} /next".encode(), escapes=False)
        assert [reading.specifiers(word) for word in found] == [path.encode(), b"/next"]


@given(LINES)
def test_a_value_that_takes_the_rest_of_the_line(text: str) -> None:
    try:
        unit = f"[Mount]\nWhat={escape.unit_value(text)}\nWhere=/x\n".encode()
    except UsageError:
        assert text != text.strip() or text.endswith("\\")
    else:
        found = list(reading.settings(unit))
        assert reading.specifiers(found[0][2]) == text.encode()
        assert found[1:] == [(b"Mount", b"Where", b"/x")]


@pytest.mark.parametrize(
    "text", ["a\nb", "a\rb", "a\0", "a ", " a", "a\\", "\udcff", "a\x7f", "a\u2028b\x85"], ids=repr
)
def test_what_a_unit_cannot_say_is_refused(text: str) -> None:
    for write in (escape.unit_value, escape.mounts_word):
        with pytest.raises(UsageError, match="cannot stand in a unit") as caught:
            write(text)
        assert caught.value.hint


@given(st.text())
@example("a\\")
@example("a\n[Service]\nExecStart=evil")
def test_a_description_is_one_line(text: str) -> None:
    unit = f"[Unit]\nDescription=x {escape.ini_text(text)}\nAfter=y\n".encode()
    keys = [key for _, key, _ in reading.settings(unit)]
    assert keys == [b"Description", b"After"]
