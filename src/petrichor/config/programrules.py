"""What must be true of the table of programs beyond its form."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Final

from petrichor.model.declaration import FileMethod, Kind
from petrichor.model.names import is_within
from petrichor.model.program import Hazard, Program, StatePath, Worth

Found = tuple[str, str, str]
"""The program, what is wrong with it, what to do."""


def _paths(*names: str) -> tuple[PurePosixPath, ...]:
    return tuple(PurePosixPath(name) for name in names)


REGENERATED: Final = _paths(
    *("/bin", "/dev", "/etc/mtab", "/etc/static", "/lib", "/lib64", "/nix", "/proc", "/run"),
    *("/sbin", "/sys", "/tmp", "/usr", "/var/lock", "/var/run"),
)
"""What the system makes anew at every boot, or brings itself: hier(7), file-hierarchy(7)."""

SHELVES: Final = frozenset(
    _paths(
        *("/", "/boot", "/efi", "/etc", "/home", "/media", "/mnt", "/opt", "/root", "/srv", "/var"),
        *("/var/cache", "/var/cache/private", "/var/db", "/var/lib", "/var/lib/private"),
        *("/var/log/private", "/var/mail", "/var/spool", "/var/tmp"),
        *(".", ".cache", ".config", ".local", ".local/bin", ".local/share", ".local/state"),
        *(".var", ".var/app"),
    )
)
"""Directories of many programs: hier(7), XDG Base Directory Specification."""

PRIVATE: Final = _paths("/var/lib/private", "/var/cache/private", "/var/log/private")
"""Where the data of a unit with ``DynamicUser=`` lies: systemd.exec(5)."""


def rules(programs: Mapping[str, Program]) -> Iterator[Found]:
    """Yield every mistake in a table whose form is right."""
    for program in programs.values():
        if not program.system and not program.home:
            yield program.name, "has no path", "state one, or remove it"
        for items, absolute in ((program.system, True), (program.home, False)):
            for item in items:
                for message, hint in (*_form(item, absolute=absolute), *_sense(item)):
                    yield program.name, f"{item.path}: {message}", hint
    yield from _claims(programs)


def _form(item: StatePath, *, absolute: bool) -> Iterator[tuple[str, str]]:
    for path in map(PurePosixPath, (item.path, *item.was)):
        if path.is_absolute() is not absolute:
            yield f"{path} stands in the wrong list", "system: absolute; home: relative"
        elif ".." in path.parts:
            yield f"{path} holds '..'", "write the path that is meant"
    if not absolute and (item.user or item.group):
        yield "belongs to the user", "remove user and group"
    if item.place in SHELVES:
        yield "is a directory of many programs", "name the part that is meant"
    elif any(is_within(item.place, place) for place in REGENERATED):
        yield "the system makes it anew", "remove it"


def _sense(item: StatePath) -> Iterator[tuple[str, str]]:
    if item.worth is Worth.SECRET and (item.mode is None or item.mode & 0o077):
        yield "a secret is the owner's alone", 'add mode = "0700", or "0600" for a file'
    if item.type is Kind.DIRECTORY and item.mode is not None and not item.mode & 0o100:
        yield "its owner cannot enter this directory", "mend the mode"
    if item.type is Kind.FILE and item.mode is not None and item.mode & 0o111:
        yield "its mode is that of a directory", "mend the mode or the type"
    if item.type is Kind.DIRECTORY and item.method is not FileMethod.AUTO:
        yield "a method is for files", "remove it"
    if item.method is FileMethod.SYMLINK and item.mode is not None and item.worth != Worth.SECRET:
        yield "a link has no mode of its own", "remove the mode"
    private = any(is_within(item.place, place) and item.place != place for place in PRIVATE)
    if private is not (Hazard.DYNAMIC_USER in item.hazards):
        yield "dynamic-user is what lies in /var/lib/private", "mend the path or the hazard"


def _claims(programs: Mapping[str, Program]) -> Iterator[Found]:
    """Two programs with one path, or one path above the other's, must say so, and only they."""
    for section in ("system", "home"):
        claims: dict[PurePosixPath, list[tuple[str, StatePath]]] = defaultdict(list)
        for name, program in programs.items():
            items: tuple[StatePath, ...] = getattr(program, section)
            for item in items:
                if any(name == other for other, _ in claims[item.place]):
                    yield name, f"{item.path}: is stated twice", "remove one"
                claims[item.place].append((name, item))
        yield from _unstated(claims)
        yield from _in_vain(claims)


Claims = Mapping[PurePosixPath, list[tuple[str, StatePath]]]


def _unstated(claims: Claims) -> Iterator[Found]:
    for path, holders in claims.items():
        for up in (path, *path.parents):
            for other, above in claims.get(up, ()):
                for name, item in holders:
                    stated = other in item.shared or name in above.shared
                    if name != other and not stated and (up != path or name < other):
                        message = f"{path}: {other} states {up}"
                        yield name, message, f'add shared = ["{other}"] if both are right'


def _in_vain(claims: Claims) -> Iterator[Found]:
    for path, holders in claims.items():
        near = {n for up in (path, *path.parents) for n, _ in claims.get(up, ())}
        near |= {n for low, those in claims.items() if path in low.parents for n, _ in those}
        for name, item in holders:
            for other in sorted({*item.shared} - (near - {name})):
                message = f"{path}: {other} states nothing like it"
                yield name, message, "take it off shared"
