"""Patterns of names that are of no interest: gitignore(5), on paths from the root directory.

Why there is no library behind it stands in docs/dependencies.md.
"""

import os
import re
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

_CLASS: Final = re.compile(
    rb"\[[!^]?\]?(?:\[:[a-z]+:\]|\\.|[^\]\\])*\]", re.DOTALL
)  # `]` first in a class is meant literally
_NAMED: Final = {
    b"alnum": rb"a-zA-Z0-9",
    b"alpha": rb"a-zA-Z",
    b"blank": rb" \t",
    b"cntrl": rb"\x00-\x1f\x7f",
    b"digit": rb"0-9",
    b"graph": rb"\x21-\x7e",
    b"lower": rb"a-z",
    b"print": rb"\x20-\x7e",
    b"punct": rb"!-/:-@\[-`{-~",
    b"space": rb"\s",
    b"upper": rb"A-Z",
    b"xdigit": rb"a-fA-F0-9",
}


class _Pattern(NamedTuple):
    text: str
    matches: re.Pattern[bytes]
    negated: bool
    directories: bool
    by_name: bool
    """Whether it is matched against the last part of a path alone."""


class Ignore:
    """A list of patterns: the last one that matches decides, and ``!`` takes a path back."""

    def __init__(self, patterns: Sequence[str]) -> None:
        """Compile the patterns; blank ones and comments are none."""
        found = [parsed for text in patterns if (parsed := _parse(text)) is not None]
        self._patterns = found[::-1]
        self._names = _any(item for item in found if item.by_name)
        self._paths = _any(item for item in found if not item.by_name)

    def __bool__(self) -> bool:
        """Tell whether there is any pattern."""
        return bool(self._patterns)

    def touches(self, directory: bytes, names: Sequence[bytes]) -> bool:
        """Tell whether a pattern may decide about any of the names of a directory."""
        if self._names is not None and any(map(self._names.fullmatch, names)):
            return True
        if self._paths is None:
            return False
        above = directory.rstrip(b"/") + b"/"
        return any(self._paths.fullmatch(above + name) for name in names)

    def match(self, path: bytes, *, is_directory: bool) -> str | None:
        """Return the pattern by which an absolute path is ignored, or None.

        What lies below an ignored directory is for the caller to know, as gitignore(5) has it.
        """
        name = path.rpartition(b"/")[2]
        for pattern in self._patterns:
            wanted = name if pattern.by_name else path
            if (is_directory or not pattern.directories) and pattern.matches.fullmatch(wanted):
                return None if pattern.negated else pattern.text
        return None


def _any(patterns: Iterable[_Pattern]) -> re.Pattern[bytes] | None:
    joined = b"|".join(b"(?:%s)" % item.matches.pattern for item in patterns)
    return re.compile(joined, re.DOTALL) if joined else None


def _parse(text: str) -> _Pattern | None:
    raw = os.fsencode(text)
    if raw.startswith(b"#"):
        return None
    while raw.endswith(b" ") and not _is_escaped(raw, len(raw) - 1):
        raw = raw[:-1]
    negated = raw.startswith(b"!")
    body = raw[1:] if negated else raw
    directories = body.endswith(b"/")
    body = body[:-1] if directories else body
    if not body:
        return None
    anchored = b"/" in body
    glob = _translate(body.removeprefix(b"/"))
    if glob is None:
        return None
    expression = b"/" + glob if anchored else glob
    matches = re.compile(expression, re.DOTALL)
    return _Pattern(text, matches, negated, directories, not anchored)


def _is_escaped(raw: bytes, index: int) -> bool:
    before = raw[:index]
    return (len(before) - len(before.rstrip(b"\\"))) % 2 == 1


def _translate(glob: bytes) -> bytes | None:
    """Return a pattern as a regular expression; None for one that matches nothing."""
    out, rest, start = b"", glob, True
    while rest:
        step = _step(rest, start)
        if step is None:
            return None
        taken, expression = step
        start = rest[:taken].endswith(b"/")
        out, rest = out + expression, rest[taken:]
    return out


def _step(rest: bytes, start: bool) -> tuple[int, bytes] | None:
    """Return how much of a pattern is taken next, and what it stands for."""
    if start and rest.startswith(b"**/"):
        return 3, b"(?:.*/)?"
    if start and rest == b"**":
        return 2, b".+"
    head = rest[:1]
    if head == b"*":
        return len(rest) - len(rest.lstrip(b"*")), b"[^/]*"
    if head == b"?":
        return 1, b"[^/]"
    if head == b"\\":
        return None if len(rest) == 1 else (2, re.escape(rest[1:2]))
    if head == b"[":
        found = _CLASS.match(rest)
        return None if found is None else _class(found[0])
    return 1, re.escape(head)


def _class(text: bytes) -> tuple[int, bytes] | None:
    inside = text[1:-1]
    negated = inside[:1] in (b"!", b"^")
    inside = inside[1:] if negated else inside
    out = b""
    for piece in re.findall(rb"\[:[a-z]+:\]|\\.|-|.", inside, re.DOTALL):
        if len(piece) > 4 and piece.startswith(b"[:"):
            if piece[2:-2] not in _NAMED:
                return None
            out += _NAMED[piece[2:-2]]
        else:
            plain = piece[1:] if len(piece) == 2 else piece
            out += plain if piece == b"-" else re.escape(plain)
    expression = b"(?!/)[" + (b"^" if negated else b"") + out + b"]"
    try:
        re.compile(expression)
    except re.error:
        return None  # a range that ends before it begins
    return len(text), expression
