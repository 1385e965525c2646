"""The table of programs, read from the file that ``scripts/write-programs`` makes of the TOML ones.

It is JSON because that is read in a millisecond, and was validated when it was written.
"""

import json
import pkgutil
from collections.abc import Mapping
from functools import cache
from pathlib import PurePosixPath
from typing import Any, Final

from petrichor.model.declaration import FileMethod, Kind
from petrichor.model.program import Hazard, Program, StatePath, Worth

FILE: Final = "programs/programs.json"
"""Its place in the package."""


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
    mode = item.get("mode")
    return StatePath(
        path=PurePosixPath(item["path"]),
        worth=Worth(item["kind"]),
        type=Kind(item.get("type", Kind.DIRECTORY)),
        mode=None if mode is None else int(mode, 8),
        user=item.get("user"),
        group=item.get("group"),
        method=FileMethod(item.get("method", FileMethod.AUTO)),
        hazards=tuple(Hazard(word) for word in item.get("hazards", ())),
        was=tuple(PurePosixPath(path) for path in item.get("was", ())),
        shared=tuple(item.get("shared", ())),
    )
