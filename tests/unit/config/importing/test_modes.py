"""Symbolic modes."""

import pytest

from petrichor.config.importing.modes import octal_mode


@pytest.mark.parametrize(
    ("text", "mode"),
    [
        ("0755", "0755"),
        ("700", "0700"),
        ("2755", "2755"),
        ("u=rwx,g=rx,o=", "0750"),
        ("u=rwx,g=,o=", "0700"),
        ("a=rx", "0555"),
        ("=r", "0444"),
        ("ug=rw", "0660"),
        ("u=rwx,a=r", "0444"),
        ("u=rr", "0400"),
    ],
)
def test_translated(text: str, mode: str) -> None:
    assert octal_mode(text) == mode


@pytest.mark.parametrize("text", ["", "+x", "u+x", "u=s", "o=rX", "-", "9999", "01755", "~0755"])
def test_needs_an_earlier_mode_or_is_none(text: str) -> None:
    assert octal_mode(text) is None
