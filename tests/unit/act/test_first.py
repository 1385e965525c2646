"""What a first declaration is made of; where it goes is shown on real filesystems."""

from pathlib import Path, PurePosixPath

from petrichor.act.first import starter_for
from petrichor.model.accounts import Account, Accounts
from petrichor.plan.starter import Wish

WISH = Wish(backend="btrfs", device="LABEL=os")


def account(name: str, uid: int, home: str, shell: str = "/bin/sh") -> Account:
    return Account(name=name, uid=uid, gid=uid, home=PurePosixPath(home), shell=shell)


def test_people_get_homes_and_daemons_do_not(tmp_path: Path) -> None:
    users = [
        account("alice", 1000, "/home/alice"),
        account("root", 0, "/root"),
        account("nobody", 65534, "/nonexistent"),
        account("builder", 1001, "/home/builder", "/usr/sbin/nologin"),
        account("svc", 1002, "/var/lib/svc"),
        account("old-daemon", 200, "/home/old"),
    ]
    accounts = Accounts(users={user.name: user for user in users})
    text = starter_for(WISH, tmp_path, accounts, False)
    assert [line for line in text.splitlines() if ".users." in line] == [
        '[persistence."/persist/root".users."alice"]'
    ]


def test_the_kind_of_system_is_seen(tmp_path: Path) -> None:
    assert '"debian"' in starter_for(WISH, tmp_path, Accounts(), False)
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/NIXOS").touch()
    assert '"nixos"' in starter_for(WISH, tmp_path, Accounts(), False)
