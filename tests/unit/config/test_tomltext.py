"""What is written as TOML reads back as the same values."""

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from petrichor.config.tomltext import toml_text

VALUES: Any = st.recursive(
    st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(), VALUES, max_size=4))
def test_reads_back(document: dict[str, Any]) -> None:
    assert tomllib.loads(toml_text(document)) == document


@pytest.mark.parametrize(
    ("document", "text"),
    [
        ({}, ""),
        ({"a": {"b c": {"d": 1}}}, '[a."b c"]\nd = 1\n'),
        ({"a": {"b": True, "c": {}}}, "[a]\nb = true\n\n[a.c]\n"),
        ({"k": [{"x": 1}, {}]}, "k = [{ x = 1 }, {}]\n"),
        ({"k": '\x7f\x9b\U000e0001"'}, 'k = "\\u007f\\u009b\\U000e0001\\""\n'),
    ],
)
def test_form(document: dict[str, Any], text: str) -> None:
    assert toml_text(document) == text


def test_a_long_list_is_broken() -> None:
    lines = toml_text({"k": ["x" * 60, "y" * 60]}).splitlines()
    assert lines == ["k = [", f'  "{"x" * 60}",', f'  "{"y" * 60}",', "]"]
