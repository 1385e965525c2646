"""Stores: mounted, elsewhere than on a volume, and closed."""

from dataclasses import replace

import pytest

from petrichor.model.declaration import Declaration, FileMethod, Filesystem, Kind
from petrichor.model.machine import FileFacts, Machine
from petrichor.model.mount import Mount
from petrichor.plan.hazards.stores import is_secret, store_hazards
from tests.unit.plan.hazards.cases import Case, check
from tests.unit.plan.hazards.facts import (
    DECLARATION,
    MACHINE,
    STORE,
    P,
    directory,
    file,
    kept,
    mount,
    with_files,
    with_kept,
)

HOST_KEY = with_kept(kept("/etc/ssh/ssh_host_ed25519_key", Kind.FILE))
HOST_KEY_FILE = STORE / "etc/ssh/ssh_host_ed25519_key"
BTRFS = replace(
    DECLARATION,
    filesystems=(
        Filesystem(
            mountpoint=P("/persist"),
            type="btrfs",
            device="LABEL=data",
            options=("subvol=persist",),
        ),
    ),
)


def mounts(*changed: Mount, without: str = "") -> Machine:
    points = {item.mountpoint for item in changed} | {P(without or "/no")}
    left = [item for item in MACHINE.mounts if item.mountpoint not in points]
    return replace(MACHINE, mounts=(*left, *changed))


CASES: list[Case] = [
    ("nothing", DECLARATION, MACHINE, []),
    ("store not mounted", DECLARATION, mounts(without="/persist"), ["error store-not-mounted"]),
    (
        "another dataset",
        DECLARATION,
        mounts(mount(2, "/persist", "zfs", "rpool/other")),
        ["error store-source"],
    ),
    (
        "another device",
        DECLARATION,
        replace(
            mounts(mount(4, "/usr", "ext4", "/dev/sdc")),
            devices={**MACHINE.devices, "/dev/sdc": "/dev/sdc"},
        ),
        ["error store-source"],
    ),
    (
        "another type",
        DECLARATION,
        mounts(mount(4, "/usr", "xfs", "/dev/sda2")),
        ["error store-source"],
    ),
    (
        "a device without node",
        DECLARATION,
        mounts(mount(4, "/usr", "ext4", "/dev/root")),
        [],
    ),
    (
        "the volume's own dataset",
        DECLARATION,
        mounts(mount(2, "/persist", "zfs", "rpool/root")),
        ["error store-source", "error store-on-volume"],
    ),
    ("subvolume", BTRFS, mounts(mount(2, "/persist", "btrfs", "/dev/sdb", "/persist")), []),
    (
        "another subvolume",
        BTRFS,
        mounts(mount(2, "/persist", "btrfs", "/dev/sdb", "/home/persist")),
        ["error store-source", "error store-on-volume"],
    ),
    (
        "private open",
        DECLARATION,
        with_files({STORE / "var/lib/private": directory(0o755)}),
        ["error private-mode"],
    ),
    (
        "private of nobody",
        DECLARATION,
        with_files({STORE / "var/log/private": directory(0o755)}),
        [],
    ),
    (
        "home's data open",
        DECLARATION,
        with_files({STORE / "home/alice": directory(0o755)}),
        ["warning store-open"],
    ),
    (
        "open behind a closed store",
        DECLARATION,
        with_files({STORE / "home/alice": directory(0o755), STORE: directory(0o700)}),
        [],
    ),
    (
        "keys open",
        DECLARATION,
        with_files({STORE / "home/alice/.ssh": directory(0o755)}),
        ["warning secret-mode"],
    ),
    ("host key", HOST_KEY, with_files({HOST_KEY_FILE: file(0o600)}), []),
    ("host key open", HOST_KEY, with_files({HOST_KEY_FILE: file()}), ["warning secret-mode"]),
    (
        "file is a directory",
        HOST_KEY,
        with_files({HOST_KEY_FILE: directory()}),
        ["error kept-kind"],
    ),
    (
        "directory is a file",
        DECLARATION,
        with_files({STORE / "var/log": file()}),
        ["error kept-kind"],
    ),
    (
        "link replaced by a file",
        with_kept(replace(kept("/etc/adjtime", Kind.FILE), method=FileMethod.SYMLINK)),
        with_files({STORE / "etc/adjtime": file(), P("/etc/adjtime"): file()}),
        ["error kept-replaced"],
    ),
    (
        "a link of this boot, replaced by a file",
        with_kept(replace(kept("/etc/adjtime", Kind.FILE), method=FileMethod.AUTO)),
        replace(
            with_files({STORE / "etc/adjtime": file(), P("/etc/adjtime"): file()}),
            noted=frozenset({P("/etc/adjtime")}),
        ),
        ["error kept-replaced"],
    ),
    (
        "declared, and not mounted yet",
        with_kept(replace(kept("/etc/adjtime", Kind.FILE), method=FileMethod.AUTO)),
        with_files({STORE / "etc/adjtime": file(), P("/etc/adjtime"): file()}),
        [],
    ),
    (
        "a copied file",
        with_kept(replace(kept("/etc/adjtime", Kind.FILE), method=FileMethod.COPY)),
        with_files({STORE / "etc/adjtime": file(), P("/etc/adjtime"): file()}),
        [],
    ),
    (
        "link in its place",
        with_kept(replace(kept("/etc/adjtime", Kind.FILE), method=FileMethod.SYMLINK)),
        with_files(
            {
                STORE / "etc/adjtime": file(),
                P("/etc/adjtime"): FileFacts(mode=0o120777, uid=0, gid=0),
            }
        ),
        [],
    ),
    (
        "machine id is a copy",
        with_kept(replace(kept("/etc/machine-id", Kind.FILE), method=FileMethod.AUTO)),
        with_files({STORE / "etc/machine-id": file(), P("/etc/machine-id"): file()}),
        [],
    ),
    (
        "cut off",
        DECLARATION,
        replace(MACHINE, cut_off={STORE: (P("/etc"),), P("/another"): ()}),
        ["warning adoption-cut-off"],
    ),
    (
        "deleted source",
        DECLARATION,
        mounts(mount(9, "/var/log", "zfs", "rpool/persist")._replace(deleted=True)),
        ["error kept-deleted"],
    ),
]


@pytest.mark.parametrize("case", CASES, ids=[case[0] for case in CASES])
def test_stores(case: Case) -> None:
    check(store_hazards, case)


def advice(declaration: Declaration, machine: Machine) -> str:
    (found,) = store_hazards(declaration, machine)
    return found.todo


def test_commands_are_quoted_for_the_shell() -> None:
    """Whoever names a file must not get to run anything by root's hand."""
    name = "/etc/a b;reboot"
    odd = replace(kept(name, Kind.FILE), method=FileMethod.SYMLINK)
    quoted = f"'{name}'"
    deleted = mount(9, name, "zfs", "rpool/persist")._replace(deleted=True)
    assert advice(with_kept(odd), mounts(deleted)) == (
        f"cp -a {quoted} \"$(mktemp -d '{STORE}{name}.saved.XXXXXX')\""
        f" && umount {quoted} && petrichor apply"
    )
    replaced = with_files({STORE / name[1:]: file(), P(name): file()})
    assert advice(with_kept(odd), replaced).startswith(f"petrichor keep --take volume {quoted}; ")
    open_key = kept("/etc/a b/.ssh")
    machine = with_files({STORE / "etc/a b/.ssh": directory(0o755)})
    assert advice(with_kept(open_key), machine) == f"chmod 0700 '{STORE}/etc/a b/.ssh'"


@pytest.mark.parametrize(
    ("paths", "told", "todo"),
    [
        ([], "something", "petrichor apply, or keep"),
        (["/etc", "/v/a b"], "/etc, /v/a b", "petrichor keep /etc '/v/a b'"),
        (["/1", "/2", "/3", "/4"], "/1, /2, /3 and 1 more", "petrichor apply, or keep"),
    ],
)
def test_what_was_cut_off_is_named(paths: list[str], told: str, todo: str) -> None:
    machine = replace(MACHINE, cut_off={STORE: tuple(map(P, paths))})
    (found,) = store_hazards(DECLARATION, machine)
    assert found.what.endswith(f"that adopted {told}")
    assert found.todo == f"run it again: {todo}"


@pytest.mark.parametrize(
    ("path", "secret"),
    [
        ("/home/a/.ssh", True),
        ("/etc/ssh/ssh_host_rsa_key", True),
        ("/etc/ssh/ssh_host_rsa_key.pub", False),
        ("/home/a/.sshx", False),
    ],
)
def test_secrets(path: str, *, secret: bool) -> None:
    assert is_secret(P(path)) == secret
