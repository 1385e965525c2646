"""What decides how entries fare, gathered from the declaration and the machine."""

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Final, NamedTuple

from petrichor.config.programs import program_table
from petrichor.loss.rules import DIRECTORY, SYMLINK, Kept, Made, Owned, Packages, Rules
from petrichor.model.accounts import Accounts
from petrichor.model.declaration import Declaration
from petrichor.model.errors import PetrichorError
from petrichor.model.mount import Mount
from petrichor.model.mounttable import MountTable
from petrichor.model.program import Program, StatePath, Worth
from petrichor.system.command import Runner
from petrichor.system.files import same_files

_ROOT: Final = Path("/")
_LARGEST: Final = 1 << 20
"""Bytes of a file that is read to see whether it is as it was made."""
_BASE: Final = ("usr", "var", "etc", "proc", "sys", "dev", "run", "tmp", "root")
_LINKS: Final = ("bin", "sbin", "lib", "lib64")
"""What systemd makes where it is missing: file-hierarchy(7), base-filesystem.c."""
_NIXOS: Final = "nixos"


def gather_rules(
    declaration: Declaration,
    accounts: Accounts,
    runner: Runner,
    *,
    mounts: Sequence[Mount],
    root: Path = _ROOT,
) -> Rules:
    """Return the rules for the system below ``root``; what is slow to find out waits."""
    homes = _homes(declaration, accounts)
    return Rules(
        mounts=_mounts(declaration, mounts),
        kept=tuple(
            Kept(
                _bytes(kept.path),
                _bytes(kept.store),
                kept.key,
                _bytes(kept.source) if kept.is_copied else b"",
            )
            for kept in declaration.kept
        ),
        made=tuple(_made(declaration)),
        owned=tuple(_owned(declaration, homes, is_nixos=(root / "etc/NIXOS").exists())),
        ignore=declaration.ignore,
        source=_Machine(root, runner),
    )


def _mounts(declaration: Declaration, mounts: Sequence[Mount]) -> dict[bytes, frozenset[bytes]]:
    """Return what is mounted on each volume: what its own mount is the parent of."""
    table = MountTable(mounts)
    found = {}
    for volume in declaration.volumes:
        mount = table.at(volume.mountpoint)
        points = [
            _bytes(other.mountpoint)
            for other in mounts
            if mount is not None and other.parent == mount.id != other.id
        ]
        found[_bytes(volume.mountpoint)] = frozenset(points) - {_bytes(volume.mountpoint)}
    return found


def _made(declaration: Declaration) -> Iterator[Made]:
    for home in declaration.homes:
        yield Made(_bytes(home.path), DIRECTORY, home.key)
        yield from (Made(_bytes(path), DIRECTORY, home.key) for path in home.path.parents[:-1])
    for mounted in (*declaration.volumes, *declaration.filesystems):
        for path in (mounted.mountpoint, *mounted.mountpoint.parents[:-1]):
            yield Made(_bytes(path), DIRECTORY, f"mount point {mounted.mountpoint}")
    yield from (Made(b"/" + name.encode(), DIRECTORY, "systemd") for name in _BASE)
    for name in _LINKS:
        yield Made(b"/" + name.encode(), SYMLINK, "systemd", b"usr/" + name.encode())


def _homes(declaration: Declaration, accounts: Accounts) -> dict[str, PurePosixPath]:
    """Return the homes of people and of root by user; the declared ones come first."""
    homes = {home.user: home.path for home in declaration.homes}
    for kept in declaration.kept:
        if kept.account is not None and kept.home is not None:
            homes.setdefault(kept.account, kept.home)
    for name in accounts.users:
        user = accounts.users[name]
        if user.uid == 0 or 1000 <= user.uid < 60_000:
            homes.setdefault(name, user.home)
    return homes


def _owned(
    declaration: Declaration, homes: dict[str, PurePosixPath], *, is_nixos: bool
) -> Iterator[Owned]:
    """Give the paths of known programs, those of presets in use first."""
    used = {(kept.preset, kept.account) for kept in declaration.kept if kept.preset}
    names = {preset for preset, _ in used}
    programs = sorted(
        program_table().values(),
        key=lambda item: (item.name not in names, (item.name == _NIXOS) != is_nixos),
    )
    for program in programs:
        reason = f"cache of the preset {program.name}"
        ignored = reason if (program.name, None) in used else ""
        yield from _claims(program, program.system, b"", ignored)
        for user, home in homes.items():
            ignored = reason if (program.name, user) in used else ""
            yield from _claims(program, program.home, _bytes(home), ignored)


def _claims(
    program: Program, paths: Iterable[StatePath], home: bytes, ignored: str
) -> Iterator[Owned]:
    top = home.rstrip(b"/") + b"/"
    for state in paths:
        said = ignored if state.worth is Worth.CACHE else ""
        for path in (state.path, *state.was):
            yield Owned(top + os.fsencode(path.lstrip("/")), program.title, state.worth, said)


class _Machine(NamedTuple):
    """The machine as a source of late answers."""

    root: Path
    runner: Runner

    def target(self, path: bytes) -> bytes | None:
        """Return where a symlink leads."""
        try:
            return os.readlink(self._inside(path))
        except OSError:
            return None

    def content(self, path: bytes) -> bytes | None:
        """Return what a small regular file holds."""
        try:
            descriptor = os.open(
                self._inside(path), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            )
        except OSError:
            return None
        with open(descriptor, "rb", buffering=0) as file:
            try:
                data = file.read(_LARGEST + 1)
            except OSError:
                return None
        return None if data is None or len(data) > _LARGEST else data

    def is_saved(self, path: bytes, source: bytes) -> bool:
        """Tell whether a store has a copied file as it is."""
        return is_saved(self._inside(path), self._inside(source))

    def _inside(self, path: bytes) -> bytes:
        return path if self.root == _ROOT else os.fsencode(self.root) + path

    def made(self) -> Sequence[Made]:
        """Return what tmpfiles lines make, and mount points of the fstab."""
        from petrichor.system.tmpfiles import read_tmpfiles

        lines = read_tmpfiles(self.root)
        made = [Made(line.path, line.kind, "tmpfiles.d", line.content) for line in lines]
        return made + [Made(path, 0, "fstab") for path in self._fstab()]

    def _fstab(self) -> Iterator[bytes]:
        import re

        try:
            data = (self.root / "etc/fstab").read_bytes()
        except OSError:
            return
        for line in data.split(b"\n"):
            fields = line.split()
            if len(fields) >= 2 and not line.lstrip().startswith(b"#") and fields[1][:1] == b"/":
                raw = re.sub(rb"\\([0-3][0-7]{2})", lambda m: bytes([int(m[1], 8)]), fields[1])
                yield os.path.normpath(raw)

    def units(self) -> tuple[Sequence[Owned], Sequence[Made]]:
        """Return the directories of loaded services."""
        from petrichor.system.unitdirs import unit_directories

        try:
            found = unit_directories(self.runner, self.root)
        except PetrichorError:
            return (), ()  # an answer without the names of units is an answer as well
        owned, made = [], []
        for item in found:
            kind = "cache" if item.setting == "CacheDirectory" else ""
            owned.append(Owned(item.path, item.unit, kind))
            if item.running and item.setting == "RuntimeDirectory":
                made.append(Made(item.path, DIRECTORY, item.unit, deep=True))
            if item.running and item.link:
                base = os.path.dirname(item.link)
                target = os.path.relpath(item.path, base)
                made.append(Made(item.link, SYMLINK, item.unit, target))
        return owned, made

    def packages(self) -> Packages | None:
        """Return what dpkg knows; None where there is no dpkg."""
        from petrichor.system.packages import dpkg_packages

        return dpkg_packages(self.root)


def is_saved(path: bytes, source: bytes) -> bool:
    """Tell whether two paths are files that hold the same."""
    try:
        return same_files(path, source)
    except OSError:
        return False


def _bytes(path: PurePosixPath) -> bytes:
    return os.fsencode(path)
