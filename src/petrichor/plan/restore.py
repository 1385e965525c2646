"""What is brought back, and under which names."""

from collections.abc import Collection, Iterable
from typing import Final

from petrichor.model.version import Version

_LONGEST: Final = 255
"""The longest name in bytes: path_resolution(7), NAME_MAX."""


def newest(versions: Iterable[Version]) -> list[Version]:
    """Return the newest version of each path, by path.

    What lies below another one comes with it.
    """
    first: dict[bytes, Version] = {}
    for version in versions:
        known = first.setdefault(version.path, version)
        if version.boot.number < known.boot.number:
            first[version.path] = version
    chosen: list[Version] = []
    for path in sorted(first, key=lambda path: path.split(b"/")):
        if not chosen or not path.startswith(chosen[-1].path.rstrip(b"/") + b"/"):
            chosen.append(first[path])
    return chosen


def guard_name(name: bytes, stamp: str, taken: Collection[bytes] = ()) -> bytes:
    """Return what stands at a name is called when it makes way; ``stamp`` is UTC time."""
    for number in range(1, len(taken) + 2):
        end = f".petrichor-{stamp}{f'-{number}' if number > 1 else ''}".encode()
        guard = name[: _LONGEST - len(end)] + end
        if guard not in taken:
            return guard
    raise AssertionError("there is one more name than are taken")


def folder_of(version: Version) -> bytes:
    """Return the name of the directory that takes all versions of one boot."""
    return f"{version.boot.number:03}-{version.boot.boot[:8]}".encode()
