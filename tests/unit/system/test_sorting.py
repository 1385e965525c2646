"""Sorting more than fits into memory."""

from hypothesis import given
from hypothesis import strategies as st

from petrichor.system.sorting import sorted_in_pieces


@given(st.lists(st.tuples(st.integers(0, 5), st.binary(max_size=3))), st.integers(1, 7))
def test_it_is_what_sorted_gives(items: list[tuple[int, bytes]], run: int) -> None:
    key = lambda item: -item[0]  # noqa: E731
    assert list(sorted_in_pieces(items, key, run=run)) == sorted(items, key=key)
