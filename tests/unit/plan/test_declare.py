"""Which entry a path becomes, and what need not or cannot be kept."""

from pathlib import PurePosixPath as P

import pytest

from petrichor.model.accounts import Account, Accounts
from petrichor.model.declaration import (
    Declaration,
    FileMethod,
    Home,
    KeptPath,
    Kind,
    Ownership,
    Phase,
    TmpfsVolume,
)
from petrichor.model.errors import RefusedError, UsageError
from petrichor.plan.adopt import Stands
from petrichor.plan.declare import Seen, Wanted, entry

ACCOUNTS = Accounts(
    users={
        "root": Account(name="root", uid=0, gid=0, home=P("/root")),
        "colord": Account(name="colord", uid=120, gid=121, home=P("/var/lib/colord")),
        "alice": Account(name="alice", uid=1000, gid=100, home=P("/home/alice")),
    },
    groups={"root": 0, "colord": 121, "users": 100, "adm": 4},
)


def kept(path: str, store: str, account: str | None = None) -> KeptPath:
    return KeptPath(path=P(path), store=P(store), kind=Kind.DIRECTORY, key="", account=account)


def declaration(*kept: KeptPath, homes: tuple[Home, ...] = ()) -> Declaration:
    volumes = tuple(TmpfsVolume(mountpoint=P(at), phase=Phase.INITRD) for at in ("/var", "/home"))
    return Declaration(volumes=volumes, kept=kept, homes=homes)


ONE = declaration(kept("/var/log", "/persist/root"))
TWO = declaration(
    kept("/var/log", "/persist/root"), kept("/home/alice/.ssh", "/persist/home", "alice")
)


@pytest.mark.parametrize(
    ("path", "seen", "ownership"),
    [
        ("/var/x", Seen(stands=Stands.DIRECTORY, mode=0o755), Ownership()),
        (
            "/var/lib/colord",
            Seen(stands=Stands.DIRECTORY, uid=120, gid=121, mode=0o750),
            Ownership(user="colord", mode=0o750),
        ),
        (
            "/var/log2",
            Seen(stands=Stands.DIRECTORY, uid=0, gid=4, mode=0o2755),
            Ownership(group="adm", mode=0o2755),
        ),
        (
            "/var/odd",
            Seen(stands=Stands.FILE, uid=77, gid=78, mode=0o644),
            Ownership(user="77", group="78"),
        ),
        ("/home/alice/x", Seen(stands=Stands.FILE, uid=1000, gid=100, mode=0o600), Ownership()),
        (
            "/home/alice/.ssh",
            Seen(stands=Stands.DIRECTORY, uid=1000, gid=100, mode=0o700),
            Ownership(),
        ),
        (
            "/home/alice/of root",
            Seen(stands=Stands.FILE, uid=0, gid=0, mode=0o600),
            Ownership(user="root"),
        ),
    ],
)
def test_owner_and_mode_where_they_are_not_the_usual(
    path: str, seen: Seen, ownership: Ownership
) -> None:
    found = entry(ONE, P(path), seen, Wanted(), ACCOUNTS)
    assert found.ownership == ownership
    assert found.account == ("alice" if path.startswith("/home") else None)
    assert found.store == P("/persist/root")


def test_the_store_that_has_the_home_already() -> None:
    seen = Seen(stands=Stands.EMPTY_FILE, uid=1000, gid=100, mode=0o600)
    found = entry(TWO, P("/home/alice/x"), seen, Wanted(), ACCOUNTS)
    assert (found.store, found.home) == (P("/persist/home"), P("/home/alice"))
    assert (found.kind, found.method) == (Kind.FILE, FileMethod.AUTO)
    with pytest.raises(UsageError, match="more than one store"):
        entry(TWO, P("/var/x"), seen, Wanted(), ACCOUNTS)
    chosen = entry(TWO, P("/var/x"), seen, Wanted(store=P("/persist/root")), ACCOUNTS)
    assert chosen.store == P("/persist/root")
    with pytest.raises(UsageError, match="no store yet"):
        entry(declaration(), P("/var/x"), seen, Wanted(), ACCOUNTS)


def test_a_declared_home_of_a_number() -> None:
    home = Home(user="1001", path=P("/home/bob"), mode=0o700, key="")
    known = declaration(kept("/var/log", "/persist/root"), homes=(home,))
    seen = Seen(stands=Stands.DIRECTORY, uid=1001, gid=1001, mode=0o755)
    found = entry(known, P("/home/bob/x"), seen, Wanted(), ACCOUNTS)
    assert (found.account, found.ownership) == ("1001", Ownership())


def test_a_link_has_no_mode() -> None:
    seen = Seen(stands=Stands.FILE, mode=0o600)
    found = entry(ONE, P("/var/x"), seen, Wanted(method=FileMethod.SYMLINK), ACCOUNTS)
    assert found.ownership == Ownership()


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/persist/root/x", "lies in the store"),
        ("/persist", "holds the store"),
        ("/etc/x", "lies on no volume"),
        ("/var", "whole volume"),
    ],
)
def test_what_is_refused(path: str, said: str) -> None:
    with pytest.raises(RefusedError, match=said):
        entry(ONE, P(path), Seen(stands=Stands.DIRECTORY), Wanted(), ACCOUNTS)


def test_kinds() -> None:
    def of(stands: Stands, kind: Kind | None = None) -> Kind:
        return entry(ONE, P("/var/x"), Seen(stands=stands), Wanted(kind=kind), ACCOUNTS).kind

    assert of(Stands.EMPTY_DIRECTORY) is Kind.DIRECTORY
    assert of(Stands.ABSENT, Kind.FILE) is Kind.FILE
    with pytest.raises(UsageError, match="there is no /var/x"):
        of(Stands.ABSENT)
    with pytest.raises(UsageError, match="is a file"):
        of(Stands.FILE, Kind.DIRECTORY)
    for stands in (Stands.LINK, Stands.OTHER):
        with pytest.raises(RefusedError, match="cannot be kept"):
            of(stands)
