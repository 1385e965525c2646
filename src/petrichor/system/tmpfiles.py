"""What systemd-tmpfiles makes at every boot: tmpfiles.d(5), read without running anything."""

import base64
import os
import platform
import re
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

PLACES: Final = (
    "etc/tmpfiles.d",
    "run/tmpfiles.d",
    "usr/local/lib/tmpfiles.d",
    "usr/lib/tmpfiles.d",
    "lib/tmpfiles.d",
)
"""The most important directory first: a file there hides those of its name in the others."""
_KINDS: Final = {
    **dict.fromkeys("dDvqQ", stat.S_IFDIR),
    **dict.fromkeys("fF", stat.S_IFREG),
    "L": stat.S_IFLNK,
    "p": stat.S_IFIFO,
    "c": stat.S_IFCHR,
    "b": stat.S_IFBLK,
    "C": 0,
}
"""The types that make something where nothing is, and what."""
_TYPE: Final = re.compile(r"([A-Za-z])([-+!=~^$?]*)")
_ESCAPES: Final = {
    **dict(zip(b"abfnrtvs", b"\a\b\f\n\r\t\v ", strict=True)),
    **{byte: byte for byte in b"\\\"'"},
}
_ESCAPE: Final = re.compile(rb"\\(?:x([0-9a-fA-F]{2})|([0-7]{3})|(.))", re.DOTALL)
_SPECIFIER: Final = re.compile(rb"%(.)", re.DOTALL)
_BLANKS: Final = b" \t"


class Line(NamedTuple):
    """A line that makes something; ``kind`` is that of st_mode, 0 where it is that of a source."""

    path: bytes
    kind: int
    content: bytes | None
    """A file's content or a symlink's target; None where the line does not say."""


def read_tmpfiles(root: Path) -> list[Line]:
    """Return the lines of the system below ``root``; what cannot be read makes nothing."""
    specifiers = _specifiers(root)
    found: dict[bytes, Line] = {}
    for file in _files(root):
        try:
            data = file.read_bytes()
        except OSError:
            continue
        for line in parse_tmpfiles(data, specifiers):
            found.setdefault(line.path, line)  # the first line for a path is the one that counts
    return list(found.values())


def _files(root: Path) -> list[Path]:
    names: dict[str, Path] = {}
    for place in PLACES:
        try:
            listed = os.listdir(root / place)
        except OSError:
            continue
        for name in listed:
            if name.endswith(".conf"):
                names.setdefault(name, root / place / name)
    return [names[name] for name in sorted(names)]


def _specifiers(root: Path) -> Mapping[bytes, bytes]:
    machine = _word(root / "etc/machine-id")
    host = platform.node().encode()
    return {
        b"%": b"%",
        b"b": _word(Path("/proc/sys/kernel/random/boot_id")).replace(b"-", b""),
        b"m": machine,
        b"H": host,
        b"l": host.split(b".")[0],
        b"v": platform.release().encode(),
        b"u": b"root",
        b"g": b"root",
        b"U": b"0",
        b"G": b"0",
        b"h": b"/root",
        b"t": b"/run",
        b"S": b"/var/lib",
        b"C": b"/var/cache",
        b"L": b"/var/log",
        b"T": b"/tmp",
        b"V": b"/var/tmp",
    }


def _word(file: Path) -> bytes:
    try:
        return file.read_bytes().strip()
    except OSError:
        return b""


def parse_tmpfiles(data: bytes, specifiers: Mapping[bytes, bytes]) -> Iterator[Line]:
    """Give the lines of a file that make something; systemd skips a wrong line as well."""
    for raw in re.split(rb"[\r\n]", data):
        line = raw.strip(_BLANKS)
        if line and not line.startswith(b"#") and (parsed := _parse(line, specifiers)):
            yield parsed


def _parse(line: bytes, specifiers: Mapping[bytes, bytes]) -> Line | None:
    fields, rest = _fields(line, 6)
    if len(fields) < 2:
        return None
    type_ = _TYPE.fullmatch(os.fsdecode(fields[0]))
    path = _expand(fields[1], specifiers)
    if type_ is None or type_[1] not in _KINDS or path is None or not path.startswith(b"/"):
        return None
    clean = b"/" + b"/".join(part for part in path.split(b"/") if part not in (b"", b"."))
    if b".." in clean.split(b"/"):
        return None
    content = _content(type_[1], type_[2], clean, _argument(rest), specifiers)
    return Line(clean, _KINDS[type_[1]], content)


def _argument(rest: bytes) -> bytes:
    return b"" if rest == b"-" else rest


def _content(
    letter: str, modifiers: str, path: bytes, argument: bytes, specifiers: Mapping[bytes, bytes]
) -> bytes | None:
    if "^" in modifiers:
        return None  # from a credential
    if letter == "L":
        return _expand(argument, specifiers) if argument else b"/usr/share/factory" + path
    if letter not in "fF":
        return None
    if "~" in modifiers:
        try:
            return base64.b64decode(argument)
        except ValueError:
            return None
    return _expand(_unescape(argument), specifiers)


def _expand(text: bytes, specifiers: Mapping[bytes, bytes]) -> bytes | None:
    """Return a text with its specifiers replaced, or None where one is not known."""
    if b"%" not in text:
        return text
    if any(not specifiers.get(name) for name in _SPECIFIER.findall(text)):
        return None
    return _SPECIFIER.sub(lambda match: specifiers[match[1]], text)


def _unescape(text: bytes) -> bytes:
    return _ESCAPE.sub(_byte, text) if b"\\" in text else text


def _byte(match: re.Match[bytes]) -> bytes:
    if match[1]:
        return bytes([int(match[1], 16)])
    if match[2]:
        return bytes([int(match[2], 8) & 0xFF])
    known = _ESCAPES.get(match[3][0])
    return match[0] if known is None else bytes([known])


def _fields(line: bytes, most: int) -> tuple[list[bytes], bytes]:
    """Divide a line at blanks, quotes and escapes undone; return what is left behind ``most``."""
    fields: list[bytes] = []
    rest = line
    while rest and len(fields) < most:
        field, rest = _field(rest)
        fields.append(field)
        rest = rest.lstrip(_BLANKS)
    return fields, rest


def _field(text: bytes) -> tuple[bytes, bytes]:
    out, quote, index = bytearray(), 0, 0
    while index < len(text):
        byte = text[index]
        escape = _ESCAPE.match(text, index) if byte == ord("\\") else None
        if escape is not None:
            out += _byte(escape)
            index = escape.end()
            continue
        index += 1
        if quote:
            if byte == quote:
                quote = 0
            else:
                out.append(byte)
        elif byte in b"\"'":
            quote = byte
        elif byte in _BLANKS:
            break
        else:
            out.append(byte)
    return bytes(out), text[index:]
