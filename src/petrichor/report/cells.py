"""Cells of tables: sizes, times, owners, and columns that line up in a terminal."""

import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final
from unicodedata import combining, east_asian_width

_UNITS: Final = "KMGTPE"
_SPANS: Final = ((86_400, "day"), (3_600, "hour"), (60, "minute"))


def size_text(size: int) -> str:
    """Return bytes as ls(1) does with ``-h``: powers of 1024, rounded up."""
    if size < 1024:
        return str(size)
    unit = 0
    while size > 1023 * 1024**unit * 1024 and unit < len(_UNITS) - 1:
        unit += 1
    tenths = -(-size * 10 // 1024 ** (unit + 1))
    number = f"{tenths // 10}.{tenths % 10}" if tenths < 100 else str(-(-tenths // 10))
    return number + _UNITS[unit]


def amount_text(count: int, size: int) -> str:
    """Return how many entries, and of what size in bytes together."""
    return f"{count_text(count, 'entry', 'entries')}, {size_text(size)}"


def time_text(seconds: int) -> str:
    """Return seconds since 1970 as local time to the minute; nothing where it is not known."""
    if not seconds:
        return ""
    try:
        return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))
    except (OverflowError, ValueError, OSError):  # some filesystems hold any 64 bits
        return str(seconds)


def ago_text(seconds: int) -> str:
    """Return how long ago something was in its largest unit; nothing for what is yet to come."""
    if seconds < 0:
        return ""
    for size, noun in _SPANS:
        if seconds >= size:
            return f"{count_text(seconds // size, noun)} ago"
    return "just now"


def owner_text(uids: Collection[int], names: Mapping[int, str]) -> str:
    """Return who owns something: a name or number, and how many more there are."""
    if not uids:
        return ""
    first, *others = sorted(uids, key=lambda uid: (uid == 0, uid))
    name = names.get(first, str(first))
    return f"{name} +{len(others)}" if others else name


def count_text(number: int, noun: str, plural: str = "") -> str:
    """Return ``1 entry`` or ``1,234 entries``."""
    many = plural or f"{noun}s"
    return f"{number:,} {noun if number == 1 else many}"


def width(text: str) -> int:
    """Return how many cells of a terminal the text takes: Unicode Standard Annex 11."""
    if text.isascii():
        return len(text)
    return sum(0 if combining(char) else 1 + (east_asian_width(char) in "WF") for char in text)


def table(rows: Iterable[Sequence[str]], align: str) -> list[str]:
    """Return lines with the cells of each column under each other.

    ``align`` has ``<`` or ``>`` for each column; one that is empty in every row is left out.
    """
    kept = list(rows)
    widths = [max((width(row[i]) for row in kept), default=0) for i in range(len(align))]
    lines = []
    for row in kept:
        cells = []
        for cell, wide, side in zip(row, widths, align, strict=True):
            gap = " " * (wide - width(cell))
            cells += ([gap + cell] if side == ">" else [cell + gap]) if wide else []
        lines.append("  ".join(cells).rstrip())
    return lines
