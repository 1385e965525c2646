"""Users and groups of a system: passwd(5), group(5), shadow(5) below its root directory."""

import grp
import os
import pwd
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Final, TypeVar

from petrichor.model.accounts import Account, Accounts

_Value = TypeVar("_Value")
_ROOT: Final = Path("/")


def read_accounts(root: Path = _ROOT) -> Accounts:
    """Return the users and groups of the system whose root directory is ``root``.

    The running system's other sources of names (nsswitch.conf(5)) are asked for a name that its
    files do not have, and only then.
    """
    etc = root / "etc"
    shadow = _read(etc / "shadow")
    passwords = None if shadow is None else parse_shadow(shadow)
    users = parse_passwd(_read(etc / "passwd") or b"", passwords)
    groups = parse_group(_read(etc / "group") or b"")
    if root == _ROOT:
        return Accounts(users=_Fallback(users, _nss_user), groups=_Fallback(groups, _nss_group))
    return Accounts(users=users, groups=groups)


def parse_passwd(data: bytes, passwords: Mapping[str, bool] | None) -> dict[str, Account]:
    """Return the users of a passwd file by name; a line of another form is skipped.

    ``passwords`` is what parse_shadow gave, None where shadow could not be read.
    """
    return {
        name: Account(
            name=name,
            uid=int(uid),
            gid=int(gid),
            home=PurePosixPath(home or "/"),
            shell=shell,
            has_password=_has_password(name, password, passwords),
        )
        for name, password, uid, gid, _gecos, home, shell in _lines(data, 7)
        if uid.isdecimal() and gid.isdecimal()
    }


def parse_group(data: bytes) -> dict[str, int]:
    """Return the groups of a group file by name."""
    return {name: int(gid) for name, _, gid, _ in _lines(data, 4) if gid.isdecimal()}


def parse_shadow(data: bytes) -> dict[str, bool]:
    """Return for each user of a shadow file whether a password can log in."""
    return {fields[0]: _opens(fields[1]) for fields in _lines(data, 9)}


def _lines(data: bytes, width: int) -> Iterator[list[str]]:
    for line in os.fsdecode(data).split("\n"):
        fields = line.split(":")
        if len(fields) == width and fields[0] and not line.startswith(("#", "+", "-")):
            yield fields


def _opens(field: str) -> bool:
    """Tell whether a password field lets anyone in; ``!`` and ``*`` in front close it."""
    return not field.startswith(("!", "*"))


def _has_password(name: str, field: str, passwords: Mapping[str, bool] | None) -> bool | None:
    if field != "x":
        return _opens(field)
    return None if passwords is None else passwords.get(name, False)


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return None


class _Fallback(Mapping[str, _Value]):
    """A mapping that asks elsewhere for what it does not have; only its own keys are listed."""

    def __init__(self, known: dict[str, _Value], ask: Callable[[str], _Value]) -> None:
        self._known = known
        self._ask = ask

    def __getitem__(self, name: str) -> _Value:
        if name not in self._known:
            self._known[name] = self._ask(name)
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)


def _nss_user(name: str) -> Account:
    """Return a user of any source; raises KeyError."""
    entry = pwd.getpwnam(name)
    return Account(
        name=name,
        uid=entry.pw_uid,
        gid=entry.pw_gid,
        home=PurePosixPath(entry.pw_dir),
        shell=entry.pw_shell,
    )


def _nss_group(name: str) -> int:
    """Return a group's number from any source; raises KeyError."""
    return grp.getgrnam(name).gr_gid
