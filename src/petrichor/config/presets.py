"""Presets: what the table of programs says of one, as kept paths of a store or of a home in it."""

import difflib
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from petrichor.config.programs import program_table
from petrichor.model.accounts import Accounts
from petrichor.model.declaration import FileMethod, KeptPath, Kind, Ownership
from petrichor.model.program import Program, StatePath

LIST: Final = "docs/programs.md lists them"


class PresetError(ValueError):
    """No preset has that name, or it has nothing to keep at that place."""

    def __init__(self, message: str, hint: str) -> None:
        """Keep both halves of what is said about it."""
        super().__init__(message)
        self.message = message
        self.hint = hint


def preset_paths(whole: KeptPath, accounts: Accounts) -> Iterator[KeptPath]:
    """Yield what ``whole.preset`` keeps: of a home if ``whole`` is one, else of the system.

    Raises:
        PresetError: there is no such preset, or none for this place.
    """
    program = program_table().get(whole.preset)
    if program is None:
        raise PresetError(f"unknown preset {whole.preset!r}", _near(whole.preset))
    items = program.system if whole.home is None else program.home
    if not any(item.keepable for item in items):
        raise _misplaced(program, in_home=whole.home is not None)
    for item in items:
        if item.keepable:
            yield _kept(item, whole, accounts)


def _near(name: str) -> str:
    near = difflib.get_close_matches(name.casefold(), program_table(), n=3)
    return f"write {' or '.join(near)}; {LIST}" if near else LIST


def _misplaced(program: Program, *, in_home: bool) -> PresetError:
    elsewhere = program.system if in_home else program.home
    here = "of a home" if in_home else "of the system"
    message = f"the preset {program.name!r} keeps nothing {here}"
    if not any(item.keepable for item in elsewhere):
        return PresetError(message, "what it holds cannot be kept one by one: docs/programs.md")
    right = 'persistence."STORE"' if in_home else 'persistence."STORE".users.NAME'
    return PresetError(message, f"name it in {right}.presets")


def _kept(item: StatePath, whole: KeptPath, accounts: Accounts) -> KeptPath:
    """Lay one path out; a link has no mode of its own."""
    link = item.type is Kind.FILE and item.method is FileMethod.SYMLINK
    return replace(
        whole,
        path=whole.path / item.path,
        kind=item.type,
        method=item.method if item.type is Kind.FILE else FileMethod.BIND,
        ownership=_owner(item, accounts, mode=None if link else item.mode),
    )


def _owner(item: StatePath, accounts: Accounts, *, mode: int | None) -> Ownership:
    """Return the owner it gets when it is made: root where this machine lacks the program's.

    Distributions name the accounts of some programs differently, and adopting keeps the true
    owner; a preset that passed the path over would lose it instead.
    """
    user = item.user if item.user and item.user in accounts.users else None
    group = item.group if item.group and item.group in accounts.groups else None
    return Ownership(user=user, group=group, mode=mode)
