"""A declaration with one kept path more or less: comments, order and indentation stay.

tomlkit is imported here alone: it keeps what a reader wrote around the values.
"""

import json
import re
import tomllib
import urllib.parse
from collections.abc import MutableMapping
from pathlib import PurePosixPath
from typing import Any, Final

from petrichor.model.declaration import ROOT, KeptPath, Kind
from petrichor.model.errors import UsageError
from petrichor.model.names import path_bytes
from petrichor.model.text import show

_INDENT: Final = re.compile(r'\n([ \t]+)"')
_LISTS: Final = {Kind.DIRECTORY: "directories", Kind.FILE: "files"}


def with_entry(data: bytes, file: str, kept: KeptPath) -> bytes:
    """Return the declaration ``data``, which has no mistakes, with an entry for ``kept``.

    The form is told by the name: a file that ends in ``.json`` is JSON, any other is TOML.

    Raises:
        UsageError: the file is written in a way that this cannot edit.
    """
    return _edited(data, file, kept, add=True)


def without_entry(data: bytes, file: str, kept: KeptPath) -> bytes:
    """Return the declaration ``data`` without the entry that keeps ``kept``.

    Raises:
        UsageError: it has no such entry, or it is written in a way that this cannot edit.
    """
    return _edited(data, file, kept, add=False)


def _edited(data: bytes, file: str, kept: KeptPath, *, add: bool) -> bytes:
    text = data.decode()
    if file.endswith(".json"):
        return _json(text, kept, add=add)
    import tomlkit

    wanted = tomllib.loads(text)
    _change(wanted, kept, add=add)
    document = tomlkit.parse(text)
    try:
        _change(document, kept, add=add)
        result = tomlkit.dumps(document)
        right = tomllib.loads(result) == wanted
    except (ValueError, TypeError, KeyError):  # tomlkit's own, on rare layouts, are among them
        right = False
    if not right:
        doing = "add the path to" if add else "take the path out of"
        message = f"{show(file)} is written in a way that cannot be edited here"
        raise UsageError(message, hint=f"{doing} {_list_name(kept)} by hand, then petrichor apply")
    return result.encode()


def _json(text: str, kept: KeptPath, *, add: bool) -> bytes:
    document = json.loads(text) if text.strip() else {}
    _change(document, kept, add=add)
    found = _INDENT.search(text)
    indent = found[1] if found else 2 if text.strip() in ("", "{}") else None
    plain = "\\u" in text and text.isascii()
    end = "\n" if text.endswith("\n") or not text else ""
    return (json.dumps(document, indent=indent, ensure_ascii=plain) + end).encode()


def _change(document: MutableMapping[str, Any], kept: KeptPath, *, add: bool) -> None:
    """Change a document in place; the same for plain tables and for those of tomlkit."""
    if add:
        tree = _table(_table(document, "persistence"), _key_of_store(document, kept))
        if kept.account is not None:
            tree = _table(_table(tree, "users"), kept.account)
        tree.setdefault(_LISTS[kept.kind], []).append(_entry(kept))
        return
    tree = document.get("persistence", {}).get(_key_of_store(document, kept), {})
    if kept.account is not None:
        tree = tree.get("users", {}).get(kept.account, {})
    entries = tree.get(_LISTS[kept.kind], [])
    for index, entry in enumerate(entries):
        if _path_of(entry) == _relative(kept):
            del entries[index]
            return
    message = f"there is no entry of its own for {show(kept.path)}"
    raise UsageError(message, hint=f"it is declared at {kept.key}")


def _table(parent: MutableMapping[str, Any], key: str) -> MutableMapping[str, Any]:
    parent.setdefault(key, {})
    found: MutableMapping[str, Any] = parent[key]  # tomlkit makes a table of its own of the {}
    return found


def _key_of_store(document: MutableMapping[str, Any], kept: KeptPath) -> str:
    """Return how the file writes the store: it may have a slash at its end."""
    stores = document.get("persistence", {})
    return next((key for key in stores if PurePosixPath(key) == kept.store), str(kept.store))


def _relative(kept: KeptPath) -> PurePosixPath:
    """Return the path as an entry of its list names it."""
    return kept.path if kept.home is None else kept.path.relative_to(kept.home)


def _path_of(entry: Any) -> PurePosixPath:
    if isinstance(entry, str):
        return _normal(entry)
    name = entry.get("directory", entry.get("file", ""))
    if entry.get("encoding") == "percent":
        name = urllib.parse.unquote_to_bytes(name).decode("utf-8", "surrogateescape")
    return _normal(name)


def _normal(name: str) -> PurePosixPath:
    return ROOT / name.lstrip("/") if name.startswith("/") else PurePosixPath(name)


def _entry(kept: KeptPath) -> str | dict[str, Any]:
    """Return the shortest form that says all of it."""
    raw = path_bytes(_relative(kept))
    more: dict[str, Any] = {}
    try:
        name = raw.decode()
    except UnicodeDecodeError:
        name, more["encoding"] = urllib.parse.quote_from_bytes(raw), "percent"
    wish = kept.ownership
    more |= {key: value for key, value in (("user", wish.user), ("group", wish.group)) if value}
    if wish.mode is not None:
        more["mode"] = f"{wish.mode:04o}"
    if kept.kind is Kind.FILE and kept.method != "auto":
        more["method"] = str(kept.method)
    return {str(kept.kind): name, **more} if more else name


def _list_name(kept: KeptPath) -> str:
    place = f'persistence."{show(kept.store)}"'
    place += f".users.{kept.account}" if kept.account else ""
    return f"{place}.{_LISTS[kept.kind]}"
