"""``environment.persistence`` and ``home.persistence`` of nix-community/impermanence.

The shape is that of ``submodule-options.nix`` there, after evaluation.
"""

from collections.abc import Mapping
from typing import Any, Final

from petrichor.config.importing.reading import Path, Reader
from petrichor.config.importing.records import KINDS, NAMES, Entry, Kind, UserHome

_STORE: Final = frozenset(
    {
        "allowTrash",
        "assertions",
        "directories",
        "enable",
        "enableDebugging",
        "enableWarnings",
        "files",
        "hideMounts",
        "persistentStoragePath",
        "users",
    }
)
_USER: Final = frozenset({"assertions", "directories", "files"})
_BOTH: Final = {"assertions", "defaultPerms", "enableDebugging", "home", "persistentStoragePath"}
_OWNED: Final = {"user", "group", "mode", "directory", "dirPath", "hideMount", "allowTrash"}
_DIRECTORY: Final = frozenset(_BOTH | _OWNED)
_FILE: Final = frozenset(
    (_BOTH - {"defaultPerms"}) | {"file", "filePath", "method", "parentDirectory"}
)


def read(reader: Reader, document: Mapping[str, Any]) -> None:
    """Read every store into ``reader``."""
    for name, value in document.items():
        _store(reader, reader.table(value, (name,)), name)


def _store(reader: Reader, table: Mapping[str, Any], name: str) -> None:
    path = (name,)
    if not reader.value(table, "enable", path, default=True):
        reader.note(path, "enable is false: the whole store was left out")
        return
    reader.unknown(table, _STORE, path)
    if reader.value(table, "enableDebugging", path, default=False):
        reader.note((name, "enableDebugging"), "has no counterpart: -vv shows commands")
    if not reader.value(table, "enableWarnings", path, default=True):
        reader.note((name, "enableWarnings"), "has no counterpart: warnings stay")
    store = reader.value(table, "persistentStoragePath", path, name)
    _tree(reader, table, path, _Place(store, table))
    for user, value in reader.inner(table, "users", path).items():
        where = (name, "users", user)
        inner = reader.table(value, where)
        reader.unknown(inner, _USER, where)
        _tree(reader, inner, where, _Place(store, table, user))


class _Place:
    """The store that entries stand in, its defaults, and whose they are."""

    def __init__(self, store: str, table: Mapping[str, Any], account: str = "") -> None:
        self.store = store
        self.table = table
        self.account = account


def _tree(reader: Reader, table: Mapping[str, Any], path: Path, place: _Place) -> None:
    for kind in KINDS:
        for where, item in reader.entries_of(table, kind, path):
            _entry(reader, item, where, kind, place)


def _entry(reader: Reader, table: Mapping[str, Any], path: Path, kind: Kind, place: _Place) -> None:
    known = _DIRECTORY if kind == "directories" else _FILE
    reader.unknown(table, known, path)
    text = reader.name(table, NAMES[kind], path)
    if text is None:
        return
    above = reader.inner(table, "parentDirectory", path) if kind == "files" else table
    account, owner = _account(reader, table, above, path, place)
    home = reader.optional(table, "home", path)
    if account and not home:
        reader.wrong(path, "the home is missing")
        return
    if account:
        key = reader.key(path[:-2] if place.account else path)
        reader.homes.append(UserHome(source=key, account=account, home=home))
    store = reader.value(table, "persistentStoragePath", path, place.store)
    told, hide, trash = _told(reader, table, path, kind, owner, place)
    relative = text.lstrip("/")
    reader.entries.append(
        Entry(
            source=reader.key(path),
            store=store,
            kind=kind,
            path=relative if account else f"/{relative}",
            account=account,
            told=told,
            hide=hide,
            trash=trash,
        )
    )


def _account(
    reader: Reader,
    table: Mapping[str, Any],
    above: Mapping[str, Any],
    path: Path,
    place: _Place,
) -> tuple[str, tuple[str, str]]:
    """Return whose home an entry lies in, and the owner that it has if nothing is said.

    Entries of home-manager name a home and stand outside of ``users``; their defaults name the
    owner.
    """
    where = path if above is table else (*path, "parentDirectory")
    usual = reader.inner(above, "defaultPerms", where)
    place_of = (*where, "defaultPerms")
    user = reader.optional(usual, "user", place_of)
    group = reader.optional(usual, "group", place_of)
    if place.account:
        return place.account, (place.account, group)
    if reader.optional(table, "home", path) and user:
        return user, (user, group)
    return "", ("root", "root")


def _told(
    reader: Reader,
    table: Mapping[str, Any],
    path: Path,
    kind: Kind,
    owner: tuple[str, str],
    place: _Place,
) -> tuple[dict[str, Any], bool | None, bool | None]:
    """Return an entry's keys in our words, and whether its mount is hidden and has a trash."""
    if kind == "directories":
        usual = place.table.get("hideMounts") is True, place.table.get("allowTrash") is True
        hide = reader.value(table, "hideMount", path, usual[0])
        trash = reader.value(table, "allowTrash", path, usual[1])
        return reader.ownership(table, path, owner, "0755"), hide, trash
    above = reader.inner(table, "parentDirectory", path)
    where = (*path, "parentDirectory")
    reader.unknown(above, _DIRECTORY, where)
    parent = reader.ownership(above, where, owner, "0755")
    told: dict[str, Any] = {"parentDirectory": parent} if parent else {}
    method = reader.value(table, "method", path, "auto")
    if method != "auto":
        told["method"] = method
    return told, None, None
