"""Rules across keys: what each value allows by itself and the whole does not.

Every rule returns all the mistakes it finds; none of them stops another.  One cause gives one
message: where several rules could speak about it, the one that says most does.
"""

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Final

from petrichor.config import layout
from petrichor.config.keys import key_text
from petrichor.config.layout import Found
from petrichor.model.accounts import Accounts
from petrichor.model.declaration import (
    Declaration,
    FileMethod,
    KeptPath,
    Kind,
    Ownership,
    Phase,
)
from petrichor.model.errors import Mistake
from petrichor.model.names import OWN, UNIT_NAME_MAX, copy_unit, is_within
from petrichor.model.text import show

ACCOUNT_FILES: Final = frozenset(
    PurePosixPath("/etc") / name for name in ("passwd", "shadow", "group", "gshadow")
)
"""Written by renaming a new file into place, which a bind-mounted file refuses with EBUSY."""

MACHINE_ID: Final = PurePosixPath("/etc/machine-id")


def check(
    declaration: Declaration, file: str, accounts: Accounts, *, layout_known: bool = True
) -> list[Mistake]:
    """Return every mistake in a declaration whose single values are right.

    With ``layout_known`` false a volume or filesystem is missing from ``declaration``, and what
    follows from that is not held against the rest.
    """
    found = [*layout.rules(declaration), *_homes(declaration, accounts)]
    if layout_known:
        found += _stores(declaration)
    for kept in declaration.kept:
        found += _kept(kept, declaration, layout_known=layout_known)
        found += _owners(kept, declaration, accounts)
        found += _copied(kept) if kept.is_copied else ()
    found += _pairs(declaration.kept)
    return [Mistake(file, key, message, hint) for key, message, hint in found]


def _stores(declaration: Declaration) -> Iterator[Found]:
    """A store survives, all of it; otherwise what is kept would be emptied with the rest."""
    for store in declaration.stores:
        key = key_text(["persistence", str(store)])
        volume = declaration.volume_of(store)
        if volume is not None:
            hint = "name the filesystem that carries it under filesystems, or choose another store"
            where = show(volume.mountpoint)
            yield key, f"the store lies on the volume at {where}, which is emptied", hint
            continue
        inner = sorted(
            {
                lost.mountpoint
                for kept in declaration.kept
                if kept.store == store and (lost := declaration.volume_of(kept.source))
            }
        )
        if inner:
            hint = "choose a store that no volume is mounted in"
            yield key, f"a part of the store lies on the volume at {show(inner[0])}", hint


def _homes(declaration: Declaration, accounts: Accounts) -> Iterator[Found]:
    for home in declaration.homes:
        volume = declaration.volume_of(home.path)
        early = volume is not None and volume.phase is Phase.INITRD
        if early and not _is_number(home.user) and home.user not in accounts.users:
            hint = "users' numbers are needed in the initrd: create the user, or name it by number"
            yield home.key, f"there is no user {home.user!r} on this machine", hint


def _kept(kept: KeptPath, declaration: Declaration, *, layout_known: bool) -> Iterator[Found]:
    """At most one mistake in where a kept path lies."""
    points = {item.mountpoint for item in (*declaration.volumes, *declaration.filesystems)}
    place = next((place for place in layout.KERNEL_PLACES if is_within(kept.path, place)), None)
    shown = show(kept.path)
    if kept.path in points:
        hint = "keep paths below it, or take the volume out of the declaration"
        yield kept.key, f"{shown} is itself a mount point", hint
    elif any(is_within(store, kept.path) for store in declaration.stores):
        yield kept.key, f"{shown} holds a store", "keep what lies beside the store"
    elif any(kept.path in point.parents for point in points):
        hint = "keep its parts one by one, or mount the inner filesystem elsewhere"
        yield kept.key, f"{shown} would cover a mount point below it", hint
    elif place is not None:
        yield kept.key, f"{place} is mounted anew at every boot", "remove the entry"
    elif is_within(kept.source, kept.store / OWN):
        yield kept.key, f"{shown} would lie where Petrichor's own files do", "remove the entry"
    elif layout_known and declaration.volume_of(kept.path) is None:
        hint = "it lies on no volume: remove the entry"
        yield kept.key, f"{shown} survives anyway", hint
    elif kept.kind is Kind.FILE and kept.path in ACCOUNT_FILES and not kept.is_copied:
        hint = 'declare users in the configuration, say method = "copy", or keep all of /etc'
        message = f"{kept.path} is replaced by renaming, which a kept file does not survive"
        yield kept.key, message, hint


def _copied(kept: KeptPath) -> Iterator[Found]:
    """A copied file is named in units, and comes with owner and mode of its own."""
    key = f"{kept.key}.method"
    if kept.path == MACHINE_ID:
        yield key, "the machine id is copied at every boot anyway", "remove the method"
    elif any(layout.unfit_for_units(str(path)) for path in (kept.path, kept.source)):
        hint = "keep its directory, or give it a name of plain text without '$'"
        yield key, f"{show(kept.path)} cannot be written in the units that copy it", hint
    elif len(copy_unit(kept.path)) > UNIT_NAME_MAX:
        yield key, f"{show(kept.path)} is too long for a unit name", "keep its directory"
    if kept.ownership != Ownership():
        hint = "remove user, group and mode: the program that writes the file sets them"
        yield kept.key, "a copied file has the owner and mode that it was saved with", hint


def _owners(kept: KeptPath, declaration: Declaration, accounts: Accounts) -> Iterator[Found]:
    volume = declaration.volume_of(kept.path)
    if volume is not None and volume.phase is Phase.INITRD:
        yield from _unknown(kept.ownership, kept.key, accounts)
        yield from _unknown(kept.parent, f"{kept.key}.parentDirectory", accounts)
    if kept.method is FileMethod.SYMLINK and kept.ownership.mode is not None:
        hint = "remove the mode: the program that writes the file sets it"
        yield f"{kept.key}.mode", "a symlink has no mode of its own", hint


def _unknown(owner: Ownership, key: str, accounts: Accounts) -> Iterator[Found]:
    hint = "names are not known in the initrd: create it first, or give its number"
    if owner.user and not _is_number(owner.user) and owner.user not in accounts.users:
        yield f"{key}.user", f"there is no user {owner.user!r} on this machine", hint
    if owner.group and not _is_number(owner.group) and owner.group not in accounts.groups:
        yield f"{key}.group", f"there is no group {owner.group!r} on this machine", hint


def _is_number(name: str) -> bool:
    return name.isascii() and name.isdigit()


def _pairs(kept: tuple[KeptPath, ...]) -> Iterator[Found]:
    by_path: dict[PurePosixPath, KeptPath] = {}
    for item in kept:
        first = by_path.setdefault(item.path, item)
        if first is not item:
            message = f"{show(item.path)} is kept twice: also by {first.key}"
            yield item.key, message, "remove one of the two"
    for item in kept:
        above = next((by_path[up] for up in item.path.parents if up in by_path), None)
        if above is not None and above.kind is Kind.FILE:
            yield item.key, f"{show(above.path)} is kept as a file", "keep it as a directory"
        elif above is not None and above.store != item.store:
            message = f"{show(item.path)} lies below {show(above.path)}, kept in another store"
            yield item.key, message, "keep both in one store"
        elif above is not None and item.is_copied:
            message = f"{show(item.path)} comes along with {show(above.path)}, and is not copied"
            yield item.key, message, "remove the entry, or its method"
