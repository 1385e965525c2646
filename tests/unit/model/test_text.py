"""Whatever bytes a name holds, a message keeps to one line and can be pasted."""

import pytest

from petrichor.model.text import command_line, quote, show, show_bytes


@pytest.mark.parametrize(
    ("word", "quoted"),
    [
        ("plain", "plain"),
        ("a b", "'a b'"),
        ("", "''"),
        ("it's", "'it'\"'\"'s'"),
        ("é", "'é'"),
        ("a\nb", "$'a\\x0ab'"),
        ("\udcff'\\", "$'\\xff\\x27\\x5c'"),
    ],
)
def test_quote(word: str, quoted: str) -> None:
    assert quote(word) == quoted


def test_show_and_command_line() -> None:
    assert show("/a b") == "/a b"
    assert show("/a\tb") == "$'/a\\x09b'"
    assert command_line(["rm", "-r", "a b"]) == "rm -r 'a b'"


def test_paths_of_any_bytes() -> None:
    assert show_bytes(b"/a b") == "/a b"
    assert show_bytes(b"/\xff\n") == "$'/\\xff\\x0a'"
