"""Values of a foreign document."""

from typing import Any

import pytest

from petrichor.config.importing.reading import Reader


def test_a_wrong_value_gives_the_default_and_a_mistake() -> None:
    reader = Reader("it.json")
    table: dict[str, Any] = {"a": 1, "b": 1, "c": 1, "d": 1}
    assert reader.value(table, "a", ("x",), "text") == "text"
    assert reader.value(table, "b", ("x",), default=True) is True
    assert list(reader.listed(table, "c", ("x",))) == []
    assert reader.inner(table, "d", ("x",)) == {}
    told = [(item.key, item.message) for item in reader.mistakes]
    assert told == [
        ("x.a", "must be text"),
        ("x.b", "must be true or false"),
        ("x.c", "must be a list"),
        ("x.d", "must be a table"),
    ]


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ({}, {}),
        ({"user": "alice", "group": "users", "mode": "0755"}, {}),
        ({"user": "alice", "group": "wheel"}, {"group": "wheel"}),
        ({"user": "bob", "group": "users"}, {"user": "bob", "group": "users"}),
        ({"user": "bob", "group": None}, {"user": "bob"}),
        ({"mode": "u=rwx,g=,o="}, {"mode": "0700"}),
    ],
)
def test_only_what_differs_is_told(table: dict[str, Any], told: dict[str, Any]) -> None:
    reader = Reader("it.json")
    assert reader.ownership(table, (), ("alice", "users"), "0755") == told
    assert reader.mistakes == []
