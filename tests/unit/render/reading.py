"""Readers of what is rendered, written from the manuals and not from the code that writes.

systemd.syntax(7), systemd.service(5) COMMAND LINES, systemd.unit(5), tmpfiles.d(5), fstab(5).
All of them take bytes, as the tools do.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

BLANKS = b" \t\n\r"


def lines(data: bytes) -> list[bytes]:
    """systemd ends a line at a newline, a carriage return or a NUL."""
    return re.split(rb"\r\n|\n|\r|\0", data)


def settings(data: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Section, key and value of every setting of a unit."""
    section, waiting = b"", b""
    for read in lines(data):
        read.decode("utf-8")  # a line that is not UTF-8 would be ignored
        if read.lstrip(BLANKS)[:1] in (b"#", b";") or (not read.strip(BLANKS) and not waiting):
            continue
        whole, waiting = waiting + read, b""
        if whole.endswith(b"\\"):
            waiting = whole[:-1] + b" "
            continue
        line = whole.strip(BLANKS)
        if line.startswith(b"["):
            section = line.strip(b"[]")
            continue
        key, separator, value = line.partition(b"=")
        assert separator, line
        yield section, key.rstrip(BLANKS), value.lstrip(BLANKS)


def words(text: bytes, *, escapes: bool) -> list[bytes]:
    """Words of a setting: quotes are undone; a backslash takes the next byte, or begins \\xNN."""
    found: list[bytes] = []
    word, quote, inside, at = bytearray(), 0, False, 0
    while at < len(text):
        byte = text[at]
        if byte == ord("\\"):
            taken, at = _escape(text, at, escapes)
            word += taken
            inside = True
            continue
        at += 1
        if quote:
            if byte == quote:
                quote = 0
            else:
                word.append(byte)
        elif byte in b"'\"":
            quote, inside = byte, True
        elif byte in BLANKS:
            if inside:
                found.append(bytes(word))
            word, inside = bytearray(), False
        else:
            word.append(byte)
            inside = True
    assert not quote, text
    return [*found, bytes(word)] if inside else found


def _escape(text: bytes, at: int, escapes: bool) -> tuple[bytes, int]:
    if escapes and text[at + 1 : at + 2] == b"x":
        return bytes([int(text[at + 2 : at + 4], 16)]), at + 4
    assert not escapes or text[at + 1 : at + 2] in (b"\\", b'"'), text
    return text[at + 1 : at + 2], at + 2


def specifiers(word: bytes) -> bytes:
    """Undo ``%%``; %b, the boot id, is the only specifier that we use."""
    return re.sub(rb"%(.)", lambda m: {b"%": b"%", b"b": b"BOOT"}[m[1]], word)


def variables(word: bytes) -> bytes:
    """Undo ``$$``; one variable is set."""
    known = {b"$$": b"$", b"${PETRICHOR_STAMP}": b"STAMP"}
    return re.sub(rb"\$\$|\$\{\w+\}|\$\w*", lambda m: known[m[0]], word)


def command(text: bytes) -> list[bytes]:
    """The words of an ``Exec…=`` line."""
    assert text != b";" and b" ; " not in text, "that would be two commands"
    return [variables(specifiers(word)) for word in words(text, escapes=True)]


@dataclass(frozen=True)
class Rule:
    letter: bytes
    path: bytes
    mode: bytes
    user: bytes
    group: bytes
    argument: bytes


def rules(data: bytes) -> Iterator[Rule]:
    """Rules of a tmpfiles.d file, as systemd before 254 reads them: no escapes in a path."""
    for line in lines(data):
        if not line.strip(BLANKS) or line.lstrip(BLANKS)[:1] == b"#":
            continue
        head = re.match(rb'(\S+)[ \t]+("(?:[^"\\]|\\.)*"|\S+)[ \t]+(.*)', line, re.DOTALL)
        assert head is not None, line
        letter, path, rest = head.groups()
        mode, user, group, age, argument = rest.split(b" ", 4)
        assert age == b"-" and b'"' not in mode + user + group
        (name,) = words(path, escapes=False)
        content = b"" if argument == b"-" else specifiers(c_escapes(argument))
        yield Rule(letter, specifiers(name), mode, user, group, content)


def c_escapes(text: bytes) -> bytes:
    return re.sub(rb"\\x([0-9a-f]{2})", lambda match: bytes([int(match[1], 16)]), text)


def table(data: bytes) -> Iterator[list[bytes]]:
    """Fields of an fstab: split at blanks, octal escapes undone."""
    for line in data.split(b"\n"):
        text = line.strip(b" \t")
        if text and not text.startswith(b"#"):
            fields = re.split(rb"[ \t]+", text)
            assert len(fields) == 6, line
            yield [re.sub(rb"\\([0-7]{3})", lambda m: bytes([int(m[1], 8)]), f) for f in fields]
