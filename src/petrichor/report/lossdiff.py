"""One file of the loss against its baseline, line by line."""

import os
from collections.abc import Iterator
from difflib import diff_bytes, unified_diff
from typing import Final

from petrichor.model.text import show_bytes

MOST: Final = 1 << 20
"""Bytes of the larger side, beyond which lines are not compared: that takes long."""
_LINE_ENDS: Final = b"\n"


def file_lines(path: bytes, old: bytes | None, new: bytes | None) -> Iterator[bytes]:
    """Yield a unified diff from the baseline to now; one line where no diff can be shown.

    None stands for a side that has no such file.
    """
    name = os.fsencode(show_bytes(path))
    if old == new:
        return
    if b"\0" in (old or b"") + (new or b""):
        yield b"binary file " + name + b" differs\n"
    elif max(len(old or b""), len(new or b"")) > MOST:
        yield b"file " + name + b" differs, and is too large to show how\n"
    else:
        before = b"/dev/null" if old is None else b"baseline" + name
        after = b"/dev/null" if new is None else b"now" + name
        yield from _unified(old or b"", new or b"", before, after)


def _unified(old: bytes, new: bytes, before: bytes, after: bytes) -> Iterator[bytes]:
    """Yield the diff; a last line without its newline is marked as diff(1) does."""
    lines = diff_bytes(unified_diff, _lines(old), _lines(new), before, after)
    for line in lines:
        if line.endswith(_LINE_ENDS):
            yield line
        else:
            yield line + b"\n\\ No newline at end of file\n"


def _lines(data: bytes) -> list[bytes]:
    """Split at newlines alone: ``splitlines`` also splits at carriage returns."""
    parts = data.split(_LINE_ENDS)
    lines = [part + _LINE_ENDS for part in parts[:-1]]
    return [*lines, parts[-1]] if parts[-1] else lines


def safe_line(line: bytes) -> str:
    """Return a line as a terminal may show it: no control character but tab and newline."""
    text = line.decode("utf-8", "backslashreplace")
    return "".join(
        char if char.isprintable() or char in "\t\n" else repr(char)[1:-1] for char in text
    )
