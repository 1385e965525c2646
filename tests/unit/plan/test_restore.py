"""What is brought back, and under which names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from petrichor.plan.restore import folder_of, guard_name, newest
from tests.unit.plan.versions import version

STAMP = "20261124T010203Z"


def test_the_newest_of_each_path() -> None:
    found = [version(b"/b", 3), version(b"/a", 2), version(b"/b", 1), version(b"/a", 9)]
    chosen = newest(found)
    assert [(item.path, item.boot.number) for item in chosen] == [(b"/a", 2), (b"/b", 1)]


def test_what_lies_below_another_comes_with_it() -> None:
    paths = [b"/a/b", b"/a", b"/a!", b"/a/b/c", b"/ab"]
    assert [item.path for item in newest(map(version, paths))] == [b"/a", b"/a!", b"/ab"]


NAME = st.binary(min_size=1, max_size=9).filter(lambda name: b"/" not in name)


@given(st.lists(st.lists(NAME, min_size=1, max_size=4), max_size=8))
def test_each_path_is_there_once(lists: list[list[bytes]]) -> None:
    paths = [b"/" + b"/".join(names) for names in lists]
    chosen = [item.path for item in newest(map(version, paths))]
    for path in paths:
        above = [top for top in chosen if path == top or path.startswith(top + b"/")]
        assert len(above) == 1, (path, chosen)


@pytest.mark.parametrize(
    ("name", "taken", "guard"),
    [
        (b"notes", [], b"notes.petrichor-20261124T010203Z"),
        (b"\xff\n", [], b"\xff\n.petrichor-20261124T010203Z"),
        (b"n", [b"n.petrichor-20261124T010203Z"], b"n.petrichor-20261124T010203Z-2"),
    ],
)
def test_what_makes_way_is_named(name: bytes, taken: list[bytes], guard: bytes) -> None:
    assert guard_name(name, STAMP, taken) == guard


@given(st.binary(min_size=1, max_size=255), st.integers(0, 12))
def test_such_a_name_is_always_free_and_never_too_long(name: bytes, count: int) -> None:
    taken: list[bytes] = []
    for _ in range(count + 1):
        guard = guard_name(name, STAMP, taken)
        assert guard not in taken
        assert len(guard) <= 255
        assert guard != name
        taken.append(guard)


def test_directories_of_boots() -> None:
    assert folder_of(version(b"/a", 7)) == b"007-00000000"
