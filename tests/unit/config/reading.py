"""How the tests of this room read a declaration."""

from pathlib import PurePosixPath
from typing import Final

import pytest

from petrichor.config.load import load
from petrichor.model.accounts import Account, Accounts
from petrichor.model.declaration import Declaration
from petrichor.model.errors import DeclarationError, Mistake
from tests.unit.config.cases import RIGHT, Case


def account(name: str, number: int, home: str) -> Account:
    return Account(name=name, uid=number, gid=number, home=PurePosixPath(home))


ACCOUNTS: Final = Accounts(
    users={
        "root": account("root", 0, "/root"),
        "alice": account("alice", 1000, "/home/alice"),
        "colord": account("colord", 989, "/var/lib/colord"),
    },
    groups={"root": 0, "alice": 1000, "colord": 989},
)


def read(text: str, file: str = "petrichor.toml") -> Declaration:
    return load(_whole(text).encode(), file, ACCOUNTS)


def mistakes(text: str | bytes, file: str = "petrichor.toml") -> tuple[Mistake, ...]:
    data = text if isinstance(text, bytes) else _whole(text).encode()
    with pytest.raises(DeclarationError) as caught:
        load(data, file, ACCOUNTS)
    return caught.value.mistakes


def assert_one_message(case: Case) -> None:
    """One mistake gives one message, at its key, with a hint."""
    _, text, key, part = case
    found = mistakes(text)
    assert [mistake.key for mistake in found] == [key]
    assert part in found[0].message
    assert found[0].hint


def case_name(case: Case) -> str:
    return case[0]


def _whole(text: str) -> str:
    return f"{RIGHT}\n{text[1:]}" if text.startswith("+") else text
