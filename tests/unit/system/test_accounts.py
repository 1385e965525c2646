"""passwd, group and shadow files, also those of another root directory."""

from pathlib import Path, PurePosixPath

from petrichor.system.accounts import parse_group, parse_passwd, parse_shadow, read_accounts

PASSWD = b"""root:x:0:0:root:/root:/bin/bash
alice:x:1000:100:Alice,,,:/home/alice:/bin/zsh
+nis::::::
# comment:x:1:1::/:/x
broken:x:one:1::/:/x
short:x
open::1001:1001::/home/open:/bin/sh
locked:!:1002:1002::/home/locked:/bin/sh
"""
SHADOW = b"""root:$y$j9T$abc:19000:0:99999:7:::
alice:!$y$j9T$abc:19000:0:99999:7:::
"""


def test_users_with_readable_shadow() -> None:
    users = parse_passwd(PASSWD, parse_shadow(SHADOW))
    assert list(users) == ["root", "alice", "open", "locked"]
    assert users["alice"].home == PurePosixPath("/home/alice")
    assert (users["alice"].uid, users["alice"].gid) == (1000, 100)
    assert [users[name].has_password for name in users] == [True, False, True, False]


def test_unreadable_shadow_leaves_it_open() -> None:
    assert parse_passwd(PASSWD, None)["root"].has_password is None


def test_groups() -> None:
    assert parse_group(b"root:x:0:\nusers:x:100:alice\nbad:x:y:\n") == {"root": 0, "users": 100}


def test_below_another_root(tmp_path: Path) -> None:
    assert not read_accounts(tmp_path).users
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/passwd").write_bytes(PASSWD)
    (tmp_path / "etc/group").write_bytes(b"users:x:100:\n")
    accounts = read_accounts(tmp_path)
    assert "alice" in accounts.users and accounts.groups == {"users": 100}
    assert "daemon" not in accounts.users


def test_running_system_asks_all_sources() -> None:
    accounts = read_accounts()
    assert accounts.users["root"].uid == 0
    assert accounts.groups.get("no such group") is None
    assert "no such user" not in accounts.users
