"""Gather everything that the rules about hazards ask for into one record; nothing is judged here.

What cannot be read becomes a reason in ``unreadable``: a check that stops at the first missing
tool would hide the hazards behind it.
"""

import json
import os
import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Final

from petrichor.model.accounts import Accounts
from petrichor.model.declaration import BtrfsVolume, Declaration, Volume, ZfsVolume
from petrichor.model.errors import PetrichorError
from petrichor.model.machine import (
    Baseline,
    BtrfsSubvolume,
    FileFacts,
    Initrd,
    Kernel,
    Machine,
    ZfsDataset,
    ZfsPool,
)
from petrichor.model.mount import Mount
from petrichor.model.names import is_within
from petrichor.model.text import show
from petrichor.system.btrfs import list_subvolumes, top_level
from petrichor.system.command import Runner
from petrichor.system.files import read_if_present
from petrichor.system.initrd import find_initrd, read_initrd
from petrichor.system.keptfiles import beside, databases
from petrichor.system.kernel import read_kernel
from petrichor.system.mounts import mounted, read_mounts
from petrichor.system.peek import look_into
from petrichor.system.zfs import find_dataset, find_pool

_ROOT: Final = Path("/")
_SSHD: Final = ("usr/sbin/sshd", "usr/bin/sshd", "run/current-system/sw/bin/sshd")
_TAGS: Final = {"LABEL": "label", "UUID": "uuid", "PARTLABEL": "partlabel", "PARTUUID": "partuuid"}
_USERS_FILE: Final = re.compile(rb"/nix/store/[^\s\"']*users-groups\.json")

Asked = Collection[PurePosixPath]


def probe(
    runner: Runner,
    declaration: Declaration,
    accounts: Accounts,
    asked: Asked,
    *,
    root: Path = _ROOT,
    wanted: Callable[[str], bool] = lambda name: "petrichor" in name,
) -> Machine:
    """Return the machine as found, seen by the system whose root directory is ``root``.

    ``asked`` are the paths whose owner and mode are told, and looked for in baselines; ``wanted``
    says which of the initrd's files are read.  Kernel and initrd are those of the running system,
    so they are left out for another one.
    """
    found = _Found(runner, asked)
    for volume in declaration.volumes:
        found.volume(volume)
    running = root == _ROOT
    kernel = read_kernel() if running else None
    mounts = mounts_below(read_mounts(), PurePosixPath(root))
    nixos = (root / "etc/NIXOS").exists()
    return Machine(
        accounts=accounts,
        mounts=mounts,
        kernel=kernel,
        initrd=found.initrd(kernel, wanted) if kernel else None,
        datasets=found.datasets,
        pools=found.pools,
        subvolumes=found.subvolumes,
        baselines=found.baselines,
        devices=_devices(_named(declaration, mounts)),
        files=read_files(root, asked),
        databases=databases(root, declaration.kept),
        beside=beside(root, declaration.kept),
        nixos=nixos,
        sshd=any(os.path.lexists(root / place) for place in _SSHD),
        configured_logins=found.configured_logins(root) if nixos else frozenset(),
        unreadable=found.unreadable,
    )


@dataclass(slots=True)
class _Found:
    """Collects facts volume by volume; each question is asked once."""

    runner: Runner
    asked: Asked
    datasets: dict[str, ZfsDataset] = field(default_factory=dict)
    pools: dict[str, ZfsPool] = field(default_factory=dict)
    subvolumes: dict[str, tuple[BtrfsSubvolume, ...]] = field(default_factory=dict)
    baselines: dict[PurePosixPath, Baseline] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)

    def volume(self, volume: Volume) -> None:
        match volume:
            case ZfsVolume():
                self._try(volume.dataset, lambda: self._zfs(volume))
            case BtrfsVolume() if volume.device not in self.unreadable:
                self._try(volume.device, lambda: self._btrfs(volume))
            case _:
                pass

    def _try(self, subject: str, ask: Callable[[], None]) -> None:
        try:
            ask()
        except (PetrichorError, OSError) as error:
            self.unreadable[subject] = _reason(error)

    def _zfs(self, volume: ZfsVolume) -> None:
        pool = self.pools.get(volume.pool) or find_pool(self.runner, volume.pool)
        dataset = find_dataset(self.runner, volume.dataset)
        if pool is not None:
            self.pools[volume.pool] = pool
        if dataset is None:
            return
        self.datasets[volume.dataset] = dataset
        names = {item.name for item in dataset.snapshots if not item.bookmark}
        if volume.baseline in names:
            self._try(volume.snapshot, lambda: self._snapshot(volume))

    def _snapshot(self, volume: ZfsVolume) -> None:
        """Look into a snapshot by a mount of its own.

        ``.zfs/snapshot`` needs a mounted dataset, and what it mounts stays for minutes.
        """
        with mounted(self.runner, "zfs", volume.snapshot, "ro") as directory:
            self._baseline(volume, directory)

    def _btrfs(self, volume: BtrfsVolume) -> None:
        with top_level(self.runner, volume.device, read_only=True) as top:
            if volume.device not in self.subvolumes:
                self.subvolumes[volume.device] = tuple(list_subvolumes(top))
            if any(item.path == volume.baseline for item in self.subvolumes[volume.device]):
                self._baseline(volume, top / volume.baseline)

    def _baseline(self, volume: Volume, directory: Path) -> None:
        baseline = look_into(directory)
        if baseline is not None:
            present = present_in(directory, volume.mountpoint, self.asked)
            self.baselines[volume.mountpoint] = replace(baseline, present=present)

    def initrd(self, kernel: Kernel, wanted: Callable[[str], bool]) -> Initrd | None:
        path = find_initrd(kernel.release)
        if path is None:
            return None
        try:
            return read_initrd(self.runner, path, wanted)
        except (PetrichorError, OSError) as error:
            self.unreadable["initrd"] = _reason(error)
            return None

    def configured_logins(self, root: Path) -> frozenset[str]:
        try:
            return configured_logins(root)
        except (OSError, ValueError, KeyError, TypeError) as error:
            self.unreadable["nixos-users"] = f"the configured users cannot be read: {error}"
            return frozenset()


def _reason(error: Exception) -> str:
    """Return an error and its hint on one line."""
    hint = error.hint if isinstance(error, PetrichorError) else ""
    text = " ".join(str(error).split())
    return f"{text} ({hint})" if hint else text


def present_in(
    directory: Path, mountpoint: PurePosixPath, asked: Asked
) -> frozenset[PurePosixPath]:
    """Return the paths that a mounted baseline holds, as they are called on its volume."""
    inside = [path for path in asked if is_within(path, mountpoint)]
    return frozenset(
        path for path in inside if os.path.lexists(directory / path.relative_to(mountpoint))
    )


def read_files(root: Path, paths: Iterable[PurePosixPath]) -> dict[PurePosixPath, FileFacts]:
    """Return kind, mode and owner of those paths that exist below ``root``."""
    found: dict[PurePosixPath, FileFacts] = {}
    for path in paths:
        try:
            facts = os.lstat(root / path.relative_to("/"))
        except OSError:
            continue
        found[path] = FileFacts(mode=facts.st_mode, uid=facts.st_uid, gid=facts.st_gid)
    return found


def mounts_below(mounts: Iterable[Mount], root: PurePosixPath) -> tuple[Mount, ...]:
    """Return mounts as the system whose root directory is ``root`` would see them."""
    if root == PurePosixPath("/"):
        return tuple(mounts)
    return tuple(
        item._replace(mountpoint=PurePosixPath("/") / item.mountpoint.relative_to(root))
        for item in mounts
        if is_within(item.mountpoint, root)
    )


def _named(declaration: Declaration, mounts: Iterable[Mount]) -> set[str]:
    names = {item.device for item in declaration.filesystems}
    return names | {item.source for item in mounts if item.source.startswith("/")}


def _devices(names: Iterable[str]) -> dict[str, str]:
    """Return the nodes behind device names; tags are looked up where udev links them."""
    found = {}
    for name in names:
        tag, equals, value = name.partition("=")
        known = equals and tag in _TAGS
        place = f"/dev/disk/by-{_TAGS[tag]}/{value}" if known else name
        if place.startswith("/") and os.path.exists(place):
            found[name] = os.path.realpath(place)
    return found


def configured_logins(root: Path) -> frozenset[str]:
    """Return the users that a NixOS configuration gives a password or keys at every boot.

    The activation script names the file: nixpkgs, nixos/modules/config/users-groups.nix.  An
    initial password counts as well: a user that is made anew gets it again.

    Raises:
        OSError, ValueError, KeyError: there is no such file, or it has another form.
    """
    system = root / "run/current-system/activate"
    named = _USERS_FILE.search(system.read_bytes())
    if named is None:
        raise ValueError(f"{show(str(system))} names no users")
    data = read_if_present(root / os.fsdecode(named[0]).lstrip("/"))
    return frozenset(item["name"] for item in json.loads(data or b"{}")["users"] if _opens(item))


def _opens(user: dict[str, object]) -> bool:
    keys = ("hashedPassword", "initialHashedPassword")
    hashes = [str(user[key]) for key in keys if user.get(key) is not None]
    plain = ("password", "initialPassword", "hashedPasswordFile", "passwordFile")
    usable = any(not text.startswith(("!", "*")) for text in hashes)
    return usable or any(user.get(key) is not None for key in plain)
