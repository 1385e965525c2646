"""Patterns of gitignore(5); tests/root/test_knowing.py holds them against git itself."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from petrichor.loss.ignore import Ignore

CASES = [
    ("*.o", "/a/b.o", True),
    ("*.o", "/a/.o", True),
    ("*.o", "/a/b.oo", False),
    ("b", "/a/b", True),
    ("/b", "/a/b", False),
    ("/b", "/b", True),
    ("a/b", "/a/b", True),
    ("a/b", "/x/a/b", False),
    ("a/*", "/a/b", True),
    ("a/*", "/a/b/c", False),
    ("a/**", "/a/b/c", True),
    ("a/**", "/a", False),
    ("**/b", "/b", True),
    ("a/**/b", "/a/b", True),
    ("a/**/b", "/a/x/y/b", True),
    ("a**b", "/aXb", True),
    ("b/", "/a/b", False),
    ("?", "/\n", True),
    ("?", "/ab", False),
    ("[a-c]x", "/bx", True),
    ("[!a-c]x", "/bx", False),
    ("[]x]", "/]", True),
    ("[[:digit:]]", "/7", True),
    ("[z-a]", "/z", False),
    ("[a", "/[a", False),
    (r"\!x", "/!x", True),
    (r"\#x", "/#x", True),
    ("#x", "/#x", False),
    ("x ", "/x", True),
    (r"x\ ", "/x ", True),
    ("x\\", "/x\\", False),
    ("", "/x", False),
    ("/", "/x", False),
    ("\udcff*", "/\udcff\n", True),
    ("a.b", "/aXb", False),
]


@pytest.mark.parametrize(("pattern", "path", "ignored"), CASES)
def test_one_pattern(pattern: str, path: str, ignored: bool) -> None:
    found = Ignore([pattern]).match(os.fsencode(path), is_directory=False)
    assert found == (pattern if ignored else None)


def test_a_slash_at_the_end_asks_for_a_directory() -> None:
    assert Ignore(["b/"]).match(b"/a/b", is_directory=True) == "b/"


def test_the_last_pattern_decides() -> None:
    patterns = ["*.o", "!keep.o", "/x/keep.o"]
    ignore = Ignore(patterns)
    assert ignore.match(b"/a.o", is_directory=False) == "*.o"
    assert ignore.match(b"/keep.o", is_directory=False) is None
    assert ignore.match(b"/x/keep.o", is_directory=False) == "/x/keep.o"


def test_no_pattern() -> None:
    assert not Ignore(["", "# x"]) and Ignore(["x"])


@given(st.lists(st.text("ab*?/![]-\\ #", max_size=6), max_size=4), st.text("ab/]-", max_size=6))
def test_what_matches_is_touched(patterns: list[str], name: str) -> None:
    name = "/".join(filter(None, name.split("/")))
    ignore = Ignore(patterns)
    path = b"/" + name.encode()
    directory, _, last = path.rpartition(b"/")
    if ignore.match(path, is_directory=True) is not None:
        assert ignore.touches(directory or b"/", [b"zz", last])
