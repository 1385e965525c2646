"""One kept path more or less in the file that says so, and the declaration that comes of it."""

import os
import stat
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from petrichor.config.edit import with_entry, without_entry
from petrichor.config.load import load
from petrichor.model.accounts import Accounts
from petrichor.model.declaration import Declaration, KeptPath
from petrichor.model.errors import MachineError
from petrichor.model.text import show
from petrichor.plan.adopt import Stands
from petrichor.plan.declare import Seen
from petrichor.system.attach import pin_path
from petrichor.system.files import read_if_present, write_atomic

_SETTINGS = "settingsFile in the declaration names a file of yours that it is made from"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """What a file will hold, and what is declared then."""

    file: Path
    data: bytes
    declaration: Declaration
    text: bytes
    """The declaration itself, which ``file`` may be only a part of."""


def declare(
    config: Path, declaration: Declaration, kept: list[KeptPath], accounts: Accounts
) -> Edit:
    """Return the declaration with these entries; nothing is written.

    Raises:
        DeclarationError: it would have mistakes.
        UsageError: it is written in a way that cannot be edited here.
        MachineError: it cannot be read, or is not the owner's to write.
    """
    return _edit(config, declaration, kept, accounts, add=True)


def undeclare(
    config: Path, declaration: Declaration, kept: list[KeptPath], accounts: Accounts
) -> Edit:
    """Return the declaration without these entries; nothing is written.

    Raises:
        UsageError: it has no such entry of its own, or cannot be edited here.
        MachineError: it cannot be read, or is not the owner's to write.
    """
    return _edit(config, declaration, kept, accounts, add=False)


def _edit(
    config: Path, declaration: Declaration, kept: list[KeptPath], accounts: Accounts, *, add: bool
) -> Edit:
    change = with_entry if add else without_entry
    text = _read(config)
    settings = declaration.settings_file
    file = Path(os.path.realpath(settings or config))
    data = text if settings is None else read_if_present(file) or b""
    if str(file).startswith("/nix/store/") or str(file).startswith("/run/"):
        raise MachineError(f"{show(str(file))} is not written by hand", hint=_SETTINGS)
    for item in kept:
        text = change(text, str(config), item)
        data = text if settings is None else change(data, str(file), item)
    result = load(text, str(config), accounts)
    return Edit(file=file, data=data, declaration=result, text=text)


def write(edit: Edit) -> None:
    """Write it, whole or not at all, with the owner and mode that the file has.

    Raises:
        MachineError: it cannot be written; it is as it was.
    """
    try:
        facts = edit.file.stat()
        mode, owner = stat.S_IMODE(facts.st_mode), (facts.st_uid, facts.st_gid)
    except FileNotFoundError:
        mode, owner = 0o644, (0, 0)
    try:
        write_atomic(edit.file, edit.data, mode=mode, owner=owner)
    except OSError as error:
        what = f"{show(str(edit.file))} cannot be written: {error.strerror}"
        raise MachineError(what, hint=_SETTINGS) from error


def _read(config: Path) -> bytes:
    try:
        return config.read_bytes()
    except OSError as error:
        raise MachineError(f"{show(str(config))}: {error.strerror}") from error


def see(path: PurePosixPath) -> Seen:
    """Look at what stands at a path.

    Raises:
        RefusedError: it leads through a link.
        MachineError: it cannot be looked at.
    """
    try:
        above = pin_path(os.fsencode(path.parent), os.O_DIRECTORY)
        try:
            facts = os.stat(os.fsencode(path.name), dir_fd=above, follow_symlinks=False)
        finally:
            os.close(above)
    except FileNotFoundError:
        return Seen(stands=Stands.ABSENT)
    except OSError as error:
        raise MachineError(f"{show(path)}: {error.strerror}") from error
    return seen(facts)


def seen(facts: os.stat_result) -> Seen:
    """Return what stands somewhere, by its lstat facts."""
    kinds = {
        stat.S_IFDIR: Stands.DIRECTORY,
        stat.S_IFREG: Stands.FILE,
        stat.S_IFLNK: Stands.LINK,
    }
    stands = kinds.get(stat.S_IFMT(facts.st_mode), Stands.OTHER)
    mode = stat.S_IMODE(facts.st_mode)
    return Seen(stands=stands, uid=facts.st_uid, gid=facts.st_gid, mode=mode)
