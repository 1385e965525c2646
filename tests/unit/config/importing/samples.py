"""What the modules evaluate to, and shorter documents of the same shape.

The two JSON files beside this are the examples of the modules' own documentation, shortened, as
nixpkgs' lib evaluates them.
"""

import json
from pathlib import Path
from typing import Any, Final

import pytest

from petrichor.config.importing.records import Imported
from petrichor.config.importing.translating import translate
from petrichor.model.errors import DeclarationError

HERE: Final = Path(__file__).parent


def sample(source: str) -> bytes:
    return (HERE / f"{source}.json").read_bytes()


def imported(source: str, document: Any) -> Imported:
    return translate(json.dumps(document).encode(), "it.json", source)


def store(source: str, document: Any) -> dict[str, Any]:
    """Return the table of the store ``/s``."""
    table: dict[str, Any] = imported(source, {"/s": document}).document["persistence"]["/s"]
    return table


def notes(source: str, document: Any) -> list[str]:
    return [note.key for note in imported(source, {"/s": document}).notes]


def mistakes(source: str, document: Any) -> list[tuple[str, str]]:
    """Return key and message of every mistake; each has a hint and names the file."""
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    with pytest.raises(DeclarationError) as caught:
        translate(data, "it.json", source)
    assert all(item.hint and item.file == "it.json" for item in caught.value.mistakes)
    return [(item.key, item.message) for item in caught.value.mistakes]
