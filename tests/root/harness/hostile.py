"""Names that break programs which treat paths as words, lines, patterns or UTF-8."""

from typing import Final
from urllib.parse import quote_from_bytes

NAMES: Final[dict[str, bytes]] = {
    "space": b"a name with spaces",
    "outer spaces": b" around ",
    "newline": b"two\nlines",
    "last newline": b"ends with one\n",
    "tab": b"tab\tbed",
    "percent": b"100%n %% %H",
    "backslash": b"back\\slash \\x20 \\040 \\n",
    "last backslash": b"at the end\\",
    "star": b"*",
    "pattern": b"[a-z]?{b,c}*",
    "dash": b"-dash",
    "option": b"--help",
    "not UTF-8": b"\xff\xfe\x80 latin \xe9",
    "half a character": b"\xc3",
    "UTF-8": "Пётр·雨の匂い\u2028\u202e".encode(),
    "longest": b"n" * 255,
    "longest, escaped": b"\xff" * 255,
    "hash": b"#comment",
    "semicolon": b";comment",
    "quotes": b"\"double\" 'single' `back`",
    "open quote": b'"',
    "dollar": b"$HOME ${PATH} $$",
    "prefixes": b"+!-:@|~",
    "mount option": b"a,b=c,ro",
    "tag": b"LABEL=root",
    "control": bytes(range(1, 32)),
    "delete": b"\x7f",
    "dots": b"...",
    "hidden": b".hidden",
    "escaped by systemd": b"\\x2d-\\x2f",
    "deleted": b"gone//deleted".replace(b"//", b" "),
    "octal": b"\\134\\012",
}


def entry(path: bytes, kind: str = "directory", **more: object) -> dict[str, object]:
    """An entry of a declaration that names `path` whatever bytes it holds."""
    return {kind: quote_from_bytes(path, safe="/"), "encoding": "percent", **more}


def unescape(field: bytes) -> bytes:
    """A path as mountinfo writes it: proc_pid_mountinfo(5)."""
    head, *rest = field.split(b"\\")
    return head + b"".join(bytes([int(part[:3], 8)]) + part[3:] for part in rest)


def mounted(mountinfo: bytes) -> dict[bytes, bytes]:
    """From where each mount is seen to which part of its filesystem it shows."""
    rows = (line.split(b" ") for line in mountinfo.split(b"\n") if line)
    return {unescape(row[4]): unescape(row[3]) for row in rows}
