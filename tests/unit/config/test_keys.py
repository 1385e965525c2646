"""Keys are written as TOML would, and sorted as people read."""

import tomllib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from petrichor.config.keys import key_text, reading_order


def test_keys_are_quoted_where_toml_needs_it() -> None:
    parts: list[str | int] = ["persistence", "/a b", "users", "1000", "files", 10, "mode"]
    assert key_text(parts) == 'persistence."/a b".users.1000.files[10].mode'
    assert key_text(["volumes", "/ö"]) == 'volumes."/ö"'
    assert key_text(["volumes", "/\n\udcff"]) == r'volumes."/\n\udcff"'
    assert key_text([]) == ""


# TOML has no escape for half a surrogate pair, which is how JSON writes what lies beyond U+FFFF.
BASIC = st.text(st.characters(codec="utf-8", max_codepoint=0xFFFF))


@given(st.lists(BASIC, min_size=1, max_size=4))
def test_toml_reads_the_same_key(parts: list[str]) -> None:
    table: Any = tomllib.loads(f"{key_text(parts)} = 1")
    for part in parts:
        table = table[part]
    assert table == 1


def test_numbers_are_sorted_by_value() -> None:
    keys = ["a.files[10].mode", "a.files[2]", "a.files[10]", "b", "", "a"]
    assert sorted(keys, key=reading_order) == [
        "", "a", "a.files[2]", "a.files[10]", "a.files[10].mode", "b",
    ]  # fmt: skip


@given(st.lists(st.text(), min_size=2))
def test_any_keys_can_be_sorted(keys: list[str]) -> None:
    assert len(sorted(keys, key=reading_order)) == len(keys)
