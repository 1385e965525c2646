"""The first look at a document: every value that has the wrong shape, and what is left without.

What is wrong is cut out, and where others depend on it replaced by a stand-in, so that the rules
across keys see the rest: one cause, one message.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError

from petrichor.config.keys import key_text
from petrichor.config.schema import DeclarationTable
from petrichor.config.wording import wording
from petrichor.model.errors import Mistake

CUT: Final = "\0cut"
"""Stands where a mistaken entry was cut out of a list, so that later ones keep their numbers.

No path, option or name can hold a NUL byte, so nobody wrote it."""

_ROUNDS: Final = 8
_LAYOUT: Final = ("volumes", "filesystems")

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """What was read; ``table`` is None where too little is left of it.

    ``layout_known`` is false when a volume or filesystem is missing from it altogether: what lies
    where cannot be told then.
    """

    table: DeclarationTable | None
    mistakes: list[Mistake]
    layout_known: bool = True


def validate(document: dict[str, Any], file: str) -> Shape:
    """Validate a document's shape; ``document`` is changed."""
    mistakes: list[Mistake] = []
    known = True
    for attempt in range(_ROUNDS):
        try:
            return Shape(DeclarationTable.model_validate(document), mistakes, known)
        except ValidationError as error:
            errors = error.errors(include_url=False)
        paths = [_path(item) for item in errors]
        if attempt == 0:  # later ones come from what was cut out
            mistakes = [_mistake(*pair, file) for pair in zip(errors, paths, strict=True)]
        for item, path in sorted(zip(errors, paths, strict=True), key=lambda pair: -len(pair[1])):
            known = _cut(document, path, missing=item["type"] == "missing") and known
    return Shape(None, mistakes, layout_known=False)


def _path(item: Mapping[str, Any]) -> Path:
    """Return the keys that lead to a mistake: pydantic's location less what it puts between.

    It names the member of a union behind the key that holds it, and marks a wrong key of a table
    by a part of its own.
    """
    match item["loc"]:
        case ("volumes", name, _tag, *rest):
            return ("volumes", name, *rest)
        case ("persistence", store, "users", user, "[key]") if item["type"] != "extra_forbidden":
            return ("persistence", store, "users", user)
        case ("persistence", store, "users", user, ("directories" | "files") as kind, index, _tag,
              *rest):  # fmt: skip
            return ("persistence", store, "users", user, kind, index, *rest)
        case ("persistence", store, ("directories" | "files") as kind, index, _tag, *rest):
            return ("persistence", store, kind, index, *rest)
        case (("persistence" | "filesystems") as table, name, "[key]") if _is_key_error(item):
            return (table, name)
        case location:
            return tuple(location)


def _is_key_error(item: Mapping[str, Any]) -> bool:
    return str(item["type"]).startswith("string_")


def _mistake(item: Mapping[str, Any], path: Path, file: str) -> Mistake:
    return Mistake(file, key_text(path), *wording(item, path))


def _cut(document: dict[str, Any], path: Path, *, missing: bool) -> bool:
    """Take out what a mistake stands in; return whether the layout is still known."""
    if not path:
        return False
    layout = path[0] in _LAYOUT
    if layout and len(path) > 1 and path[1] and (len(path) == 2 or missing):
        tables = document[str(path[0])]
        tables[path[1]] = _stand_in(path[0], tables[path[1]])
        return True
    if len(path) == 1:
        document.pop(str(path[0]), None)
        return not layout
    holder = _holder(document, path[:-1])
    if missing or path[-2] in ("options", "ignore"):  # no rule looks into these lists
        _cut(document, path[:-1], missing=False)
    elif isinstance(holder, list) and isinstance(path[-1], int):
        holder[path[-1]] = CUT
    elif isinstance(holder, dict) and _is_home(path):
        holder["home"] = CUT
    elif isinstance(holder, dict):
        holder.pop(path[-1], None)
    return not (layout and len(path) < 3)


def _is_home(path: Path) -> bool:
    """Tell whether ``path`` is a user's home: without it nothing is known of his paths."""
    return len(path) == 5 and (path[0], path[2], path[4]) == ("persistence", "users", "home")


def _stand_in(kind: str | int, table: Any) -> dict[str, Any]:
    """Return the plainest table that keeps the place of a volume or filesystem."""
    if kind == "filesystems":
        return {"type": "none", "device": "none"}
    phase = table.get("phase") if isinstance(table, dict) else None
    return {"backend": "tmpfs"} | ({"phase": phase} if phase in ("initrd", "system") else {})


def _holder(document: Any, path: Path) -> Any:
    """Return what ``path`` leads to, or None where an outer cut took it away."""
    for part in path:
        if isinstance(document, dict):
            document = document.get(part)
        elif isinstance(document, list) and isinstance(part, int):
            document = document[part]
        else:
            return None
    return document
