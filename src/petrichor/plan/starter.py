"""The starter: the text of a first declaration, for ``init`` to write."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from petrichor.model.errors import UsageError

PRESETS: Final = {"nixos": ("nixos",), "debian": ("debian",)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a person asked ``init`` for."""

    backend: str
    pool: str = ""
    device: str = ""
    directory: PurePosixPath | None = None
    nix: bool = False
    usr: bool = False
    system: str = "debian"
    """The kind of system, a key of PRESETS."""
    installed: bool = False
    """The baseline holds an installed system, so the store need not bring one."""
    users: tuple[str, ...] = ()
    """Users whose homes are made anew after a reset of ``/home``."""


def starter(wish: Wish) -> str:
    """Return the text of the declaration.

    Raises:
        UsageError: the options do not go together.
    """
    match wish.backend:
        case "zfs":
            _need(wish.pool, "--pool", "zfs")
            return _whole(wish, _zfs(wish), [_zfs_filesystem(wish, name) for name in _names(wish)])
        case "btrfs":
            _need(wish.device, "--device", "btrfs")
            survivors = [_btrfs_filesystem(wish, name) for name in _names(wish)]
            return _whole(wish, _btrfs(wish), survivors)
        case "directory":
            if wish.directory is None or not wish.directory.is_absolute():
                hint = "name one on a filesystem that survives, like /srv/petrichor"
                raise UsageError("--backend directory needs --directory", hint=hint)
            return _directory(wish, wish.directory)
        case _:
            raise UsageError(f"unknown backend {wish.backend!r}", hint="zfs, btrfs or directory")


def _need(value: str, option: str, backend: str) -> None:
    if not value:
        raise UsageError(f"--backend {backend} needs {option}", hint="see petrichor init --help")


def _names(wish: Wish) -> Iterable[str]:
    yield "persist"
    if wish.nix:
        yield "nix"
    if wish.usr:
        yield "usr"


def _text(value: str) -> str:
    """Quote for TOML, whose basic strings know all of JSON's escapes but a bare DEL."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


_HEAD: Final = """\
# What this machine keeps. Everything else on a volume is gone after a reboot: petrichor.toml(5).
# After a change: petrichor apply
"""

_RETIRE: Final = """\
# A reset sets the old content aside ("retire"), for as long as the three numbers allow;
# reset = "rollback" drops it at once.
"""


def _whole(wish: Wish, volumes: list[str], survivors: list[str]) -> str:
    return "\n".join(
        [
            _HEAD,
            _RETIRE + volumes[0],
            *volumes[1:],
            "# What survives, and must be mounted before kept paths are.",
            "\n".join(survivors),
            _store(wish, "/persist/root"),
        ]
    )


def _zfs(wish: Wish) -> list[str]:
    return [
        f"""\
[volumes."{point}"]
backend = "zfs"
dataset = {_text(f"{wish.pool}/{name}")}
baseline = "blank"
reset = "retire"
retired = {{ keep = 10, days = 30, minFree = "10%" }}
"""
        for point, name in (("/", "root"), ("/home", "home"))
    ]


def _zfs_filesystem(wish: Wish, name: str) -> str:
    device = _text(f"{wish.pool}/{name}")
    return f"""\
[filesystems."/{name}"]
type = "zfs"
device = {device}
"""


def _btrfs(wish: Wish) -> list[str]:
    return [
        f"""\
[volumes."{point}"]
backend = "btrfs"
device = {_text(wish.device)}
subvolume = "{name}"
baseline = "{name}-blank"
reset = "retire"
retired = {{ keep = 10, days = 30, minFree = "10%" }}
"""
        for point, name in (("/", "root"), ("/home", "home"))
    ]


def _btrfs_filesystem(wish: Wish, name: str) -> str:
    return f"""\
[filesystems."/{name}"]
type = "btrfs"
device = {_text(wish.device)}
options = ["subvol=/{name}"]
"""


def _directory(wish: Wish, base: PurePosixPath) -> str:
    volume = f"""\
[volumes."/home"]
backend = "directory"
directory = {_text(str(base / "home"))}
reset = "retire"
retired = {{ keep = 10, days = 30, minFree = "10%" }}
"""
    return "\n".join([_HEAD, _RETIRE + volume, _users(wish, str(base / "persist"), bare=True)])


def _store(wish: Wish, store: str) -> str:
    """Return the store: presets, and this very file."""
    presets = [*PRESETS[wish.system], "openssh", *(["zfs"] if wish.backend == "zfs" else [])]
    keep_all = wish.system != "nixos" and not wish.installed
    if keep_all:
        note = (
            "# A blank root holds no system: all of /etc and /var are kept. Replace them by the\n"
        )
        note += "# parts that you want to keep once something else brings the rest.\n"
        directories = ["/etc", "/root", "/var"]
    else:
        note = "# Keep /etc/petrichor: this file lies there.\n"
        directories = ["/etc/petrichor"]
    listed = ", ".join(_text(item) for item in directories)
    named = ", ".join(_text(item) for item in presets)
    return f"""\
[persistence.{_text(store)}]
presets = [{named}]
{note}directories = [{listed}]
files = []

{_users(wish, store)}"""


def _users(wish: Wish, store: str, *, bare: bool = False) -> str:
    """Return the users' tables: without one a user has no home after a reset of ``/home``."""
    example = """\
# directories = ["Documents", ".ssh"]
# files = [".bash_history"]
"""
    head = f"[persistence.{_text(store)}]\n\n" if bare else ""
    intro = "# A user named here has a home after every reset; keep what should not be lost.\n"
    if not wish.users:
        return f"{head}{intro}# [persistence.{_text(store)}.users.alice]\n{example}"
    tables = [f"[persistence.{_text(store)}.users.{_text(user)}]\n{example}" for user in wish.users]
    return head + intro + "\n".join(tables)
