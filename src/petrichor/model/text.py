"""Text for people: paths and command lines on one line, whatever bytes they hold."""

import os
import shlex
from collections.abc import Iterable
from pathlib import PurePosixPath


def show(path: PurePosixPath | str) -> str:
    """Return a path as it can stand in a message."""
    text = str(path)
    return text if text.isprintable() else quote(text)


def show_bytes(path: bytes) -> str:
    """Return a path of any bytes as it can stand in a message."""
    return show(os.fsdecode(path))


def quote(word: str) -> str:
    """Quote one word for a shell; what cannot be printed becomes ``$'\\xNN'``.

    That form is known to bash, zsh, ksh and busybox: POSIX.1-2024, 2.2.4 Dollar-Single-Quotes.
    """
    if word.isprintable():
        return shlex.quote(word)
    raw = word.encode("utf-8", "surrogateescape")
    return "$'" + "".join(_escape(byte) for byte in raw) + "'"


def _escape(byte: int) -> str:
    plain = 0x20 <= byte < 0x7F and byte not in b"\\'"
    return chr(byte) if plain else f"\\x{byte:02x}"


def command_line(argv: Iterable[str]) -> str:
    """Return a command as a line to paste into a shell."""
    return " ".join(quote(word) for word in argv)
