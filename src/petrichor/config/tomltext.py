"""A document as TOML: what ``tomllib`` reads back as the same values."""

from collections.abc import Mapping
from typing import Any, Final

from petrichor.config.keys import key_text

_WIDTH: Final = 100


def toml_text(document: Mapping[str, Any]) -> str:
    """Return tables, lists, text, whole numbers and truth values as TOML; long lists are broken."""
    return "".join(_table((), document)).lstrip("\n")


def _table(path: tuple[str, ...], table: Mapping[str, Any]) -> list[str]:
    plain = {key: value for key, value in table.items() if not isinstance(value, Mapping)}
    inner = {key: value for key, value in table.items() if isinstance(value, Mapping)}
    lines = [f"\n[{_key(path)}]\n"] if path and (plain or not inner) else []
    lines += [f"{_key((key,))} = {_long(value, len(key) + 3)}\n" for key, value in plain.items()]
    for key, value in inner.items():
        lines += _table((*path, key), value)
    return lines


def _key(path: tuple[str, ...]) -> str:
    return ".".join(part if key_text([part]) == part else _text(part) for part in path)


def _long(value: Any, used: int) -> str:
    text = _inline(value)
    if not isinstance(value, list) or len(text) + used <= _WIDTH:
        return text
    return "".join(["[\n", *(f"  {_inline(item)},\n" for item in value), "]"])


def _inline(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return _text(value)
        case list():
            return f"[{', '.join(map(_inline, value))}]"
        case Mapping():
            pairs = ", ".join(f"{_key((key,))} = {_inline(item)}" for key, item in value.items())
            return f"{{ {pairs} }}" if pairs else "{}"
        case _:
            return str(value)


def _text(value: str) -> str:
    return '"' + "".join(map(_character, value)) + '"'


def _character(char: str) -> str:
    """Escape what a basic string cannot hold, and what would not be seen: toml.io, String."""
    if char in '"\\':
        return f"\\{char}"
    if char.isprintable():
        return char
    return f"\\u{ord(char):04x}" if ord(char) < 0x10000 else f"\\U{ord(char):08x}"
