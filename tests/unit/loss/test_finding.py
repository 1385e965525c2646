"""Paths are found by name and by pattern, whatever bytes they hold."""

from fnmatch import fnmatchcase
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from petrichor.loss.finding import find, has_magic, inside
from tests.unit.loss.memory import FOLDER, LINK, MemorySide, Node

SIDE = MemorySide(
    {
        b"alice": Node(FOLDER),
        b"alice/notes.txt": Node(),
        b"alice/todo.txt": Node(),
        b"alice/.hidden.txt": Node(),
        b"alice/[a]*": Node(),
        b"alice/link": Node(LINK, b"docs"),
        b"alice/docs": Node(FOLDER),
        b"alice/docs/notes.txt": Node(),
        b"alice/docs/\xff\n": Node(),
        b"alice/docs/.cache": Node(FOLDER),
        b"alice/docs/.cache/notes.txt": Node(),
        b"bob": Node(FOLDER),
        b"bob/notes.txt": Node(),
    }
)


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        (b"alice/notes.txt", [b"alice/notes.txt"]),
        (b"alice/nothing", []),
        (b"alice/notes.txt/below a file", []),
        (b"alice/*.txt", [b"alice/notes.txt", b"alice/todo.txt"]),
        (b"alice/.*", [b"alice/.hidden.txt"]),
        (b"*/notes.txt", [b"alice/notes.txt", b"bob/notes.txt"]),
        (b"alice/link/*", []),
        (b"**/notes.txt", [b"alice/docs/notes.txt", b"alice/notes.txt", b"bob/notes.txt"]),
        (b"**/**/notes.txt", [b"alice/docs/notes.txt", b"alice/notes.txt", b"bob/notes.txt"]),
        (b"alice/**/notes.txt", [b"alice/docs/notes.txt", b"alice/notes.txt"]),
        (b"alice/docs/**", [b"alice/docs/notes.txt", b"alice/docs/\xff\n"]),
        (b"alice/docs/?\n", [b"alice/docs/\xff\n"]),
        (b"nothing/*", []),
    ],
)
def test_patterns(pattern: bytes, found: list[bytes]) -> None:
    parts = tuple(pattern.split(b"/"))
    assert sorted(path for path, _ in find(SIDE, parts, literal=False)) == found


def test_a_name_that_looks_like_a_pattern() -> None:
    parts = (b"alice", b"[a]*")
    assert [path for path, _ in find(SIDE, parts, literal=True)] == [b"alice/[a]*"]
    assert [path for path, _ in find(SIDE, parts, literal=False)] == []
    assert has_magic(b"/alice/[a]*") and not has_magic(b"/a-b{c}")


def test_in_the_order_of_names_and_each_once() -> None:
    found = [path for path, _ in find(SIDE, (b"**", b"**", b"notes.txt"), literal=False)]
    assert found == [b"alice/docs/notes.txt", b"alice/notes.txt", b"bob/notes.txt"]


def test_deeper_than_any_call_stack() -> None:
    paths = [b"/".join([b"d"] * depth) for depth in range(1, 1_050)]
    side = MemorySide({path: Node(FOLDER) for path in paths} | {paths[-1] + b"/x": Node()})
    assert [path for path, _ in find(side, (b"**", b"x"), literal=False)] == [paths[-1] + b"/x"]


def test_the_top_itself() -> None:
    assert [path for path, _ in find(SIDE, (), literal=False)] == [b""]


def test_what_cannot_be_read_is_told() -> None:
    side = MemorySide({b"shut": Node(FOLDER, broken=True)})
    with pytest.raises(OSError, match="Input/output"):
        list(find(side, (b"shut", b"*"), literal=False))


@pytest.mark.parametrize(
    ("top", "pattern", "left"),
    [
        (b"/", b"/home/a", (b"home", b"a")),
        (b"/home", b"/home/a", (b"a",)),
        (b"/home", b"/home", ()),
        (b"/home", b"/homes/a", None),
        (b"/home", b"/", None),
        (b"/home/alice", b"/home", None),
        (b"/var", b"/v*/log", (b"log",)),
        (b"/var/lib", b"/**/log", (b"**", b"log")),
    ],
)
def test_what_of_a_pattern_lies_below_a_top(
    top: bytes, pattern: bytes, left: tuple[bytes, ...] | None
) -> None:
    assert inside(top, pattern, literal=False) == left


def test_a_top_that_looks_like_a_pattern() -> None:
    assert inside(b"/[a]", b"/[a]/x", literal=True) == (b"x",)
    assert inside(b"/[a]", b"/[a]/x", literal=False) is None


NAME = st.binary(min_size=1, max_size=5).filter(lambda name: b"/" not in name and b"\0" not in name)


@given(st.lists(NAME, min_size=1, max_size=4))
def test_every_path_finds_itself(names: list[bytes]) -> None:
    paths = [b"/".join(names[: end + 1]) for end in range(len(names))]
    side = MemorySide({path: Node(FOLDER) for path, _ in pairwise(paths)} | {paths[-1]: Node()})
    assert [path for path, _ in find(side, tuple(names), literal=True)] == [paths[-1]]


@given(st.sets(NAME), st.one_of(NAME, st.text("*?[]!-a.\n", min_size=1).map(str.encode)))
def test_files_match_as_glob_says(names: set[bytes], pattern: bytes) -> None:
    side = MemorySide({name: Node() for name in names})
    shown = {name for name in names if pattern.startswith(b".") or not name.startswith(b".")}
    wanted = sorted(name for name in shown if fnmatchcase(name, pattern))
    assert [path for path, _ in find(side, (pattern,), literal=False)] == wanted
