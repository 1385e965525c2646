"""A first declaration is one that the rules accept, whatever was asked for."""

import itertools
from pathlib import PurePosixPath as P

import pytest

from petrichor.config.load import load
from petrichor.model.accounts import Account, Accounts
from petrichor.model.declaration import BtrfsVolume, DirectoryVolume, ZfsVolume
from petrichor.model.errors import UsageError
from petrichor.plan.layout import declaration_home
from petrichor.plan.starter import PRESETS, Wish, starter

ACCOUNTS = Accounts(
    users={
        name: Account(name=name, uid=1000, gid=1000, home=P("/home") / name)
        for name in ("alice", "bob-2")
    }
)
FILE = P("/etc/petrichor/petrichor.toml")
SWITCHES = list(itertools.product([False, True], repeat=3))


@pytest.mark.parametrize("system", PRESETS)
@pytest.mark.parametrize(("nix", "usr", "installed"), SWITCHES)
@pytest.mark.parametrize("users", [(), ("alice", "bob-2")])
@pytest.mark.parametrize("backend", ["zfs", "btrfs", "directory"])
def test_every_starter_is_accepted(
    backend: str, users: tuple[str, ...], nix: bool, usr: bool, installed: bool, system: str
) -> None:
    wish = Wish(
        backend=backend,
        pool="rpool",
        device="/dev/disk/by-label/os",
        directory=P("/srv/petrichor"),
        nix=nix,
        usr=usr,
        system=system,
        installed=installed,
        users=users,
    )
    declaration = load(starter(wish).encode(), "starter.toml", ACCOUNTS)
    assert {home.user for home in declaration.homes} == set(users)
    kinds = {"zfs": ZfsVolume, "btrfs": BtrfsVolume, "directory": DirectoryVolume}
    assert {type(volume) for volume in declaration.volumes} == {kinds[backend]}
    home = declaration_home(declaration, FILE)
    assert home == (FILE if backend == "directory" else P("/persist/root") / FILE.relative_to("/"))
    mounted = {str(item.mountpoint) for item in declaration.filesystems}
    if backend != "directory":
        assert mounted == {"/persist", *(["/nix"] if nix else []), *(["/usr"] if usr else [])}


def test_the_scheme_of_zfs() -> None:
    wish = Wish(backend="zfs", pool="tank/os", nix=True)
    declaration = load(starter(wish).encode(), "starter.toml", ACCOUNTS)
    names = [item.snapshot for item in declaration.volumes if isinstance(item, ZfsVolume)]
    assert names == ["tank/os/root@blank", "tank/os/home@blank"]
    assert [item.device for item in declaration.filesystems] == ["tank/os/persist", "tank/os/nix"]


def test_an_empty_root_of_another_system_than_nixos_keeps_all_that_it_needs() -> None:
    blank = Wish(backend="btrfs", device="LABEL=os", usr=True)
    kept = {str(item.path) for item in load(starter(blank).encode(), "x.toml", ACCOUNTS).kept}
    assert {"/etc", "/var"} <= kept
    full = Wish(backend="btrfs", device="LABEL=os", installed=True)
    kept = {str(item.path) for item in load(starter(full).encode(), "x.toml", ACCOUNTS).kept}
    assert "/etc/petrichor" in kept and "/var" not in kept


@pytest.mark.parametrize("name", ['LABEL=a "b" \\n', "LABEL=ü", "LABEL=#", "LABEL='''"])
def test_names_are_quoted(name: str) -> None:
    declaration = load(starter(Wish(backend="btrfs", device=name)).encode(), "x.toml", ACCOUNTS)
    assert declaration.filesystems[0].device == name


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        (Wish(backend="zfs"), "--pool"),
        (Wish(backend="btrfs", pool="rpool"), "--device"),
        (Wish(backend="directory"), "--directory"),
        (Wish(backend="directory", directory=P("relative")), "--directory"),
        (Wish(backend="ext5"), "unknown backend"),
    ],
)
def test_what_is_missing_is_said(wish: Wish, message: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        starter(wish)
    assert caught.value.hint
