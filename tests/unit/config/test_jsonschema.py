"""The JSON Schema in the repository is current, valid, and agrees with the loader on shape."""

import json
import tomllib
from importlib import resources

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from petrichor.config.jsonschema import DIALECT, FILE, json_schema, json_schema_text
from tests.unit.config import cases
from tests.unit.config.reading import mistakes
from tests.unit.config.test_load import EXAMPLE

VALIDATOR = Draft202012Validator(json_schema())
# pydantic tells these by other means: text that names no known value, in a place for one
SAME = [case for case in cases.SHAPE if not case[1].startswith("+")]


def keys(text: str) -> set[tuple[str | int, ...]]:
    """Where the schema finds something wrong, at least as far as the outermost key."""
    return {tuple(error.absolute_path) for error in VALIDATOR.iter_errors(tomllib.loads(text))}


def test_the_file_in_the_repository_is_current() -> None:
    stored = resources.files("petrichor.config").joinpath(FILE).read_text(encoding="utf-8")
    assert stored == json_schema_text(), "run scripts/write-schema"


def test_it_is_valid_itself() -> None:
    schema = json.loads(json_schema_text())
    assert schema["$schema"] == DIALECT
    Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("text", [EXAMPLE, cases.RIGHT, ""])
def test_it_accepts_what_is_right(text: str) -> None:
    assert keys(text) == set()


def test_it_refuses_all_wrong_shapes_of_ten() -> None:
    found = keys(cases.TEN_SHAPES)
    assert len(list(VALIDATOR.iter_errors(tomllib.loads(cases.TEN_SHAPES)))) >= 9
    assert {path[0] for path in found if path} == {
        "machineId", "onFailure", "volumes", "filesystems", "persistence",
    }  # fmt: skip
    assert () in found  # the unknown key at the top


@pytest.mark.parametrize("case", cases.SHAPE, ids=lambda case: case[0])
def test_it_refuses_every_wrong_shape(case: cases.Case) -> None:
    text = case[1]
    whole = f"{cases.RIGHT}\n{text[1:]}" if text.startswith("+") else text
    assert mistakes(text)
    assert keys(whole) != set()


def test_every_key_is_explained() -> None:
    schema = json_schema()
    named = {"$ref", "const"}  # explained by the table, or by its name
    silent = [
        f"{table}.{key}"
        for table, body in {"the file": schema, **schema["$defs"]}.items()
        for key, value in body["properties"].items()
        if not named & value.keys() and not _description(value)
    ]
    assert set(silent) <= {"DirectoryEntry.directory", "FileEntry.file"}


def _description(value: dict[str, object]) -> bool:
    options = value.get("anyOf")
    inner = options if isinstance(options, list) else []
    return "description" in value or any("description" in option for option in inner)
