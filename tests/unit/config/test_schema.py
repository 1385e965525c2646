"""The tables say everything a manual page needs, and convert nothing."""

from collections.abc import Iterator

import pytest
from pydantic import ValidationError

from petrichor.config import schema


def tables() -> Iterator[type[schema.Table]]:
    for value in vars(schema).values():
        if isinstance(value, type) and issubclass(value, schema.Table):
            yield value


@pytest.mark.parametrize("table", list(tables()), ids=lambda table: table.__name__)
def test_every_table_is_described_and_closed(table: type[schema.Table]) -> None:
    assert table.__doc__
    assert table.model_config.get("extra") == "forbid"
    assert table.model_config.get("strict") is True


@pytest.mark.parametrize("value", ["10", 10.0, True])
def test_nothing_is_converted(value: object) -> None:
    with pytest.raises(ValidationError):
        schema.RetentionTable.model_validate({"keep": value})


def test_keys_are_camel_case() -> None:
    assert schema.RetentionTable.model_validate({"minFree": "2G"}).min_free == "2G"
    with pytest.raises(ValidationError):
        schema.RetentionTable.model_validate({"min_free": "2G"})
