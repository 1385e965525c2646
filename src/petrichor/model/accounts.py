"""Users and groups of a system, as its databases give them."""

from collections.abc import Mapping
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Final, NamedTuple

_PEOPLE: Final = range(1000, 60_000)


class Account(NamedTuple):
    """A user of the password database; every run makes all of them, so it is a named tuple."""

    name: str
    uid: int
    gid: int
    home: PurePosixPath
    shell: str = ""
    has_password: bool | None = None
    """Whether a password is set that can log in; None where that could not be read."""

    @property
    def is_person(self) -> bool:
        """Tell by the number whether it is a person's account: adduser.conf(5)."""
        return self.uid in _PEOPLE


class Accounts(NamedTuple):
    """Users and groups by name, as the machine's databases give them."""

    users: Mapping[str, Account] = MappingProxyType({})
    groups: Mapping[str, int] = MappingProxyType({})
