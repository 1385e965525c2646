"""Escapes: how a path of any bytes is written in a unit, an fstab, a tmpfiles.d line.

Where the reader undoes escapes, bytes that are not plain ASCII become escapes.  A path in
tmpfiles.d is the exception: systemd before 254 drops the backslash of an escape there
(systemd/systemd#26955), so it is written raw, in quotes.
"""

from petrichor.model.errors import UsageError
from petrichor.model.names import path_bytes
from petrichor.model.steps import RetiredPath, Word
from petrichor.model.text import show

_SAFE = frozenset(
    b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/_-.,:=@+!#^~{}[]()|&<>?*"
)


def unit_word(word: Word) -> str:
    """Quote one word of an ``Exec…=`` line: systemd.service(5), COMMAND LINES.

    ``%`` starts a specifier and ``$`` a variable, so both are doubled; everything else that is
    not plain becomes ``\\xNN`` inside quotes.
    """
    if isinstance(word, RetiredPath):
        return unit_word(word.before) + "${PETRICHOR_STAMP}-%b"
    return _quoted(word, {ord("$"): "$$"})


def mounts_word(path: str) -> str:
    """Write one path of ``RequiresMountsFor=``, where quotes are undone and escapes are not.

    A backslash only takes the next byte as it is, whatever it is: systemd.unit(5) has no more.
    """
    one_line(path)
    if all(byte in _SAFE for byte in path_bytes(path)):
        return path
    return _raw_quoted(path)


def unit_value(text: str) -> str:
    """Write a setting that takes the rest of the line as it is, save specifiers."""
    return one_line(text).replace("%", "%%")


def one_line(text: str) -> str:
    """Return a text that a unit can hold where nothing is escaped.

    Raises:
        UsageError: it cannot: systemd.syntax(7) has no escape for line breaks, for blanks at the
            ends, or for a backslash at the end, and lines that are not UTF-8 are ignored.
    """
    raw = any(char < " " or char == "\x7f" or "\ud800" <= char <= "\udfff" for char in text)
    if not raw and text == text.strip() and not text.endswith("\\"):
        return text
    hint = "choose one without control characters, outer blanks and a backslash at the end"
    raise UsageError(f"{show(text)} cannot stand in a unit", hint=hint)


def tmpfiles_path(text: str) -> str:
    """Write a path of a tmpfiles.d line: raw bytes in quotes; it may not hold a newline."""
    if all(byte in _SAFE for byte in path_bytes(text)):
        return text
    return _raw_quoted(text)


def tmpfiles_argument(text: str) -> str:
    """Write the argument of a tmpfiles.d line: never quoted, C escapes and specifiers undone."""
    return _escaped(text, {})


def _raw_quoted(text: str) -> str:
    body = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{body}"'


def _quoted(text: str, doubled: dict[int, str]) -> str:
    special = {ord("%"), *doubled}
    plain = bool(text) and all(byte in _SAFE or byte in special for byte in path_bytes(text))
    body = _escaped(text, doubled)
    return body if plain else f'"{body}"'


def _escaped(text: str, doubled: dict[int, str]) -> str:
    special = {ord("%"): "%%", **doubled}
    return "".join(
        special.get(byte) or (chr(byte) if byte in _SAFE else f"\\x{byte:02x}")
        for byte in path_bytes(text)
    )


def fstab_field(text: str) -> str:
    """Write a path for a field of fstab(5): octal escapes, which libmount undoes for any byte."""
    keep = b'\\#"'
    return "".join(
        chr(byte) if 0x21 <= byte < 0x7F and byte not in keep else f"\\{byte:03o}"
        for byte in path_bytes(text)
    )


def ini_text(text: str) -> str:
    """Write a description: one line, specifiers undone; a last backslash would join the next."""
    plain = "".join(char if char.isprintable() and char != "\\" else "?" for char in text)
    return plain.replace("%", "%%")
