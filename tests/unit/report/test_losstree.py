"""Directories with what lies below them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from petrichor.loss.summary import Summary
from petrichor.model.loss import Share, Sort
from petrichor.report.losstree import Place, grow, tree_lines, worth_a_line
from tests.unit.report.losses import KNOWN, NOBODY, SHARES, directory, file, summed


@pytest.fixture(autouse=True)
def _zone(utc: None) -> None:
    """Times are told in UTC."""


def test_the_tree() -> None:
    lines = list(tree_lines(grow(summed(*SHARES[:3]).folders), KNOWN.users, Sort.SIZE))
    assert lines == [
        "SIZE  ENTRIES  OWNER  NEWEST            PATH",
        "1.1M        6  root   2023-11-14 22:13  /",
        "1.1M        3  root   2023-11-14 22:13    srv",
        "  10        2  root   2023-11-14 22:13    etc",
    ]


@pytest.mark.parametrize(
    ("sort", "order"),
    [(Sort.PATH, "abc"), (Sort.SIZE, "cab"), (Sort.COUNT, "bac"), (Sort.NEWEST, "acb")],
)
def test_siblings_are_sorted(sort: Sort, order: str) -> None:
    shares = [
        Share(b"/a", NOBODY, [file(b"1", size=5)._replace(mtime=9)]),
        Share(b"/b", NOBODY, [file(b"%d" % i, size=0)._replace(mtime=3) for i in range(3)]),
        Share(b"/c", NOBODY, [file(b"1", size=7)._replace(mtime=5)]),
    ]
    lines = list(tree_lines(grow(summed(*shares).folders), {}, sort))[2:]
    assert "".join(line[-1] for line in lines) == order


def places(*shares: Share, lines: int = 8) -> list[str]:
    return [str(place) for place in worth_a_line(grow(summed(*shares).folders), lines)]


def test_a_few_places_say_most() -> None:
    many = [
        Share(b"/usr/lib", NOBODY, [directory(b"big"), directory(b"small")]),
        Share(b"/usr/lib/big", NOBODY, [file(b"%d" % i) for i in range(500)]),
        Share(b"/usr/lib/small", NOBODY, [file(b"a")]),
        Share(b"/usr/share", NOBODY, [directory(b"%d" % i) for i in range(400)]),
        Share(b"/", NOBODY, [file(b"swapfile", size=1 << 30)]),
    ]
    assert places(*many) == ["/swapfile", "/usr/lib/big", "/usr/share"]


def test_what_lies_directly_in_a_directory_is_told_apart() -> None:
    shares = [
        Share(b"/srv/a", NOBODY, [file(b"%d" % i) for i in range(20)]),
        Share(b"/srv/a/b", NOBODY, [file(b"%d" % i) for i in range(30)]),
    ]
    assert places(*shares) == ["/srv/a/b", "/srv/a/* (not below)"]


def test_whether_a_place_is_a_file() -> None:
    shares = [
        Share(b"/etc", NOBODY, [file(b"passwd"), directory(b"empty")]),
        Share(b"/srv/x", NOBODY, [file(b"one")]),
    ]
    found = {place.path: place.is_file for place in worth_a_line(grow(summed(*shares).folders), 9)}
    assert found == {b"/etc/passwd": True, b"/etc/empty": False, b"/srv/x/one": True}


def test_nothing_is_worth_nothing() -> None:
    assert worth_a_line(grow({}), 8) == []


PATHS = st.lists(st.sampled_from([b"a", b"b", b"c"]), max_size=4).map(lambda p: b"/" + b"/".join(p))


@given(st.lists(st.tuples(PATHS, st.integers(1, 4)), max_size=30), st.integers(1, 9))
def test_no_entry_is_told_twice(folders: list[tuple[bytes, int]], lines: int) -> None:
    summary = Summary()
    for path, count in folders:
        summary.add(Share(path, NOBODY, [file(b"%d" % i) for i in range(count)]))
    root = grow(summary.folders)
    chosen = worth_a_line(root, lines)
    assert len(chosen) <= lines
    assert sum(p.tally.count for p in chosen) <= root.total.count == sum(c for _, c in folders)
    assert all(not _covers(one, two) for one in chosen for two in chosen if one is not two)


def _covers(one: Place, two: Place) -> bool:
    return not one.is_direct and two.path.startswith(one.path.rstrip(b"/") + b"/")
