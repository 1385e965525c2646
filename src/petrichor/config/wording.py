"""What is said about a value of the wrong shape: pydantic's kinds of error in our words."""

import difflib
from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic import BaseModel

from petrichor.config import schema

Wording = tuple[str, str]
"""What is wrong, and what to do about it."""

_SEE: Final = "see petrichor.toml(5) for the form of this key"

_KINDS: Final[Mapping[str, Wording]] = {
    "missing": ("this key is missing", "add it"),
    "union_tag_not_found": (
        "backend is missing",
        'add backend = "zfs", "btrfs", "tmpfs" or "directory"',
    ),
    "string_type": ("must be text", "put it in quotes"),
    "bool_type": ("must be true or false", "write it without quotes"),
    "int_type": ("must be a whole number", "write it without quotes and without a point"),
    "list_type": ("must be a list", "put it in square brackets"),
    "dict_type": ("must be a table", _SEE),
    "model_type": ("must be a table", _SEE),
    "model_attributes_type": ("must be a table", _SEE),
    "string_too_short": ("must not be empty", "write a value, or remove the key"),
}

_PATTERNS: Final[Mapping[str, Wording]] = {
    "mode": ("is not an octal mode", 'write it like "0750"'),
    "homeMode": ("is not an octal mode", 'write it like "0700"'),
    "machineId": ("is not a machine id", "32 lower-case hexadecimal digits: machine-id(5)"),
    "minFree": ("is not an amount of free space", 'write it like "10%" or "20G"'),
    "user": ("is not a user's name or number", "see useradd(8) for what a name may hold"),
    "group": ("is not a group's name or number", "see groupadd(8) for what a name may hold"),
    "users": ("is not a user's name or number", "see useradd(8) for what a name may hold"),
    "type": ("is not a filesystem type", 'write it as in fstab(5), like "ext4"'),
    "options": ("is not a mount option", "one option an entry, without blanks"),
}
_ONE_LINE: Final = ("must be one line of text", "remove newlines and control characters")

_FORMER: Final[Mapping[str, str]] = {
    "mountOptions": "options",
    "neededForBoot": "phase, at the volume that the path lies on",
    "inInitrd": "phase, at the volume that the path lies on",
    "how": "method",
    "parent": "parentDirectory",
    "configureParent": "parentDirectory",
    "defaultPerms": "user, group and mode",
    "persistentStoragePath": 'the name of the table: [persistence."/path"]',
    "preserveAt": "persistence",
}
"""Keys of the two NixOS modules for the same thing, and what says it here."""


def wording(item: Mapping[str, Any], path: Sequence[str | int]) -> Wording:
    """Return what to say about one of pydantic's errors at ``path``."""
    kind, value = item["type"], item.get("input")
    match kind:
        case "extra_forbidden":
            return "unknown key", _known(str(path[-1]), path)
        case "model_type" | "model_attributes_type" if len(path) and isinstance(path[-1], int):
            return "must be a path or a table", "put the path in quotes"
        case "union_tag_invalid":
            backend = value.get("backend") if isinstance(value, dict) else value
            return (
                f"unknown backend {_short(backend)}",
                f"use one of {item['ctx']['expected_tags']}",
            )
        case "literal_error":
            return f"{_short(value)} is not possible here", f"write {item['ctx']['expected']}"
        case "greater_than_equal":
            return f"must be at least {item['ctx']['ge']}", "write a larger number"
        case "less_than_equal":
            return f"must be at most {item['ctx']['le']}", "write a smaller number"
        case "string_pattern_mismatch":
            return _pattern(value, path)
        case _:
            return _KINDS.get(kind, ("has the wrong form", _SEE))


def _pattern(value: object, path: Sequence[str | int]) -> Wording:
    if value == "":
        return _KINDS["string_too_short"]
    names = [part for part in path if isinstance(part, str)]
    key = "users" if len(names) > 1 and names[-2] == "users" else names[-1]
    if key not in _PATTERNS:
        return _ONE_LINE
    message, hint = _PATTERNS[key]
    return f"{_short(value)} {message}", hint


def _short(value: object) -> str:
    """Return a value for a message: what is long or nested is not repeated."""
    if isinstance(value, str):
        return repr(value if len(value) <= 60 else f"{value[:60]}…")
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float) and len(text := str(value)) <= 60:
        return text
    return "this value"


def _known(key: str, path: Sequence[str | int]) -> str:
    """Return the hint for an unknown key: its name here, the nearest one, or all there are."""
    if key in _FORMER:
        return f"it is called {_FORMER[key]} here"
    known = keys_at(path[:-1])
    folded = {name.casefold(): name for name in known}
    plain = key.replace("_", "").replace("-", "").casefold()
    near = difflib.get_close_matches(plain, folded, n=1, cutoff=0.75)
    if near:
        return f"write {folded[near[0]]}"
    return f"remove it; known here: {', '.join(sorted(known))}"


def keys_at(path: Sequence[str | int]) -> set[str]:
    """Return the keys that the table at ``path`` may hold."""
    return {
        field.alias or name for table in _tables(path) for name, field in table.model_fields.items()
    }


def _tables(path: Sequence[str | int]) -> Sequence[type[BaseModel]]:
    match path:
        case []:
            return (schema.DeclarationTable,)
        case [*_, "retired"]:
            return (schema.RetentionTable,)
        case [*_, "parentDirectory"]:
            return (schema.OwnershipTable,)
        case [*_, "directories", int()]:
            return (schema.DirectoryEntry,)
        case [*_, "files", int()]:
            return (schema.FileEntry,)
        case ["volumes", _]:
            return (schema.ZfsTable, schema.BtrfsTable, schema.TmpfsTable, schema.DirectoryTable)
        case ["filesystems", _]:
            return (schema.FilesystemTable,)
        case ["persistence", _]:
            return (schema.StoreTable,)
        case ["persistence", _, "users", _]:
            return (schema.UserTable,)
        case _:
            return (schema.LossTable,)
