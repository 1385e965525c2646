"""The table of programs, read from the file that ``scripts/write-programs`` makes of the TOML ones.

It is JSON because that is read in a millisecond, and was validated when it was written.
"""

import json
import pkgutil
from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any, Final

from petrichor.model.declaration import FileMethod, Kind
from petrichor.model.program import Hazard, Program, StatePath, Worth

FILE: Final = "programs/programs.json"
"""Its place in the package."""

_MEANINGS: Final[Mapping[str, tuple[str, Callable[[Any], Any]]]] = {
    "path": ("path", str),
    "kind": ("worth", Worth),
    "type": ("type", Kind),
    "mode": ("mode", partial(int, base=8)),
    "user": ("user", str),
    "group": ("group", str),
    "method": ("method", FileMethod),
    "hazards": ("hazards", lambda words: tuple(map(Hazard, words))),
    "was": ("was", tuple),
    "shared": ("shared", tuple),
}
"""What a key of a path's table is called in its record, and how its value is read."""


@cache
def program_table() -> Mapping[str, Program]:
    """Return all programs that are known, by name."""
    data = pkgutil.get_data("petrichor", FILE)
    assert data is not None  # only of a loader that holds no data
    return decoded(json.loads(data))


def decoded(document: Mapping[str, Any]) -> Mapping[str, Program]:
    """Return the records of a table in its written form, which must be valid."""
    return {name: _program(name, table) for name, table in document.items()}


def _program(name: str, table: Mapping[str, Any]) -> Program:
    return Program(
        name=name,
        title=table["title"],
        source=table["source"],
        units=tuple(table.get("units", ())),
        system=tuple(_state_path(item) for item in table.get("system", ())),
        home=tuple(_state_path(item) for item in table.get("home", ())),
    )


def _state_path(item: Mapping[str, Any]) -> StatePath:
    facts = {}
    for key, value in item.items():
        name, read = _MEANINGS[key]
        facts[name] = read(value)
    return StatePath(**facts)
