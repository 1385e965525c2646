"""Cells of tables."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from petrichor.report.cells import (
    count_text,
    owner_text,
    size_text,
    table,
    time_text,
    width,
)


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0"), (1023, "1023"), (1024, "1.0K"), (1025, "1.1K"), (10_240, "10K"), (10_241, "11K"),
        (1023 << 10, "1023K"), ((1023 << 10) + 1, "1.0M"), (1 << 20, "1.0M"), (5 << 30, "5.0G"),
        (1 << 60, "1.0E"), (1 << 64, "16E"),
    ],
)  # fmt: skip
def test_sizes(size: int, text: str) -> None:
    assert size_text(size) == text


@given(st.integers(0, 1 << 64))
def test_sizes_are_short_and_never_too_small(size: int) -> None:
    text = size_text(size)
    assert len(text) <= 5
    if size >= 1024:
        assert float(text[:-1]) * 1024 ** ("KMGTPE".index(text[-1]) + 1) >= size * 0.999999


def test_times(utc: None) -> None:
    assert time_text(1) == "1970-01-01 00:00"
    assert time_text(0) == ""
    assert time_text(1 << 62) == str(1 << 62)
    assert time_text(-1) == "1969-12-31 23:59"


def test_owners() -> None:
    names = {0: "root", 1000: "alice"}
    assert owner_text((), names) == ""
    assert owner_text({0}, names) == "root"
    assert owner_text({0, 1000}, names) == "alice +1"
    assert owner_text({4711}, names) == "4711"


def test_counts() -> None:
    assert count_text(1, "entry", "entries") == "1 entry"
    assert count_text(1234, "entry", "entries") == "1,234 entries"
    assert count_text(2, "path") == "2 paths"


def test_width_is_in_cells() -> None:
    assert [width(text) for text in ("abc", "雨の", "é", "e\u0301", "")] == [3, 4, 1, 1, 0]


def test_columns_line_up() -> None:
    rows = [("a", "", "1", "x"), ("雨", "", "22", ""), ("ccc", "", "3", "z")]
    assert table(rows, "<<><") == ["a     1  x", "雨   22", "ccc   3  z"]
    assert table([], "<>") == []
