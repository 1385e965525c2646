"""An initrd's second half: files as a cpio archive ("newc"), to be appended to a first part.

The kernel unpacks one archive after the other, later files win; each part must begin at a multiple
of four bytes (Documentation/driver-api/early-userspace/buffer-format.rst).
"""

import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath


@dataclass(frozen=True, slots=True)
class Entry:
    """One file, directory or link: its path without a leading slash, its mode and its content."""

    path: str
    mode: int
    data: bytes = b""


def file(path: str, text: str, mode: int = 0o644) -> Entry:
    """Return a regular file."""
    return Entry(path.lstrip("/"), stat.S_IFREG | mode, text.encode())


def link(path: str, target: str) -> Entry:
    """Return a symbolic link."""
    return Entry(path.lstrip("/"), stat.S_IFLNK | 0o777, target.encode())


def tree(place: Path, where: str = "") -> Iterator[Entry]:
    """Yield what lies below a directory, to lie below another."""
    for path in sorted(place.rglob("*")):
        mode = path.lstat().st_mode
        name = str(PurePosixPath("/", where, path.relative_to(place)).relative_to("/"))
        if stat.S_ISLNK(mode):
            yield Entry(name, mode, str(path.readlink()).encode())
        elif stat.S_ISREG(mode):
            yield Entry(name, mode, path.read_bytes())


def archive(entries: list[Entry]) -> bytes:
    """Return the archive, with the directories that the entries need, padded."""
    named = {entry.path: entry for entry in entries}
    for path in list(named):
        for parent in Path(path).parents:
            if str(parent) != ".":
                named.setdefault(str(parent), Entry(str(parent), stat.S_IFDIR | 0o755))
    ordered = [*sorted(named.values(), key=lambda entry: entry.path), Entry("TRAILER!!!", 0)]
    return b"".join(_member(number, entry) for number, entry in enumerate(ordered, 721))


def _member(inode: int, entry: Entry) -> bytes:
    name = entry.path.encode() + b"\0"
    fields = (inode, entry.mode, 0, 0, 1, 0, len(entry.data), 0, 0, 0, 0, len(name), 0)
    head = b"070701" + b"".join(b"%08X" % field for field in fields) + name
    return _padded(head) + _padded(entry.data)


def _padded(text: bytes) -> bytes:
    return text + bytes(-len(text) % 4)
