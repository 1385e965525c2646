"""From validated tables to the declaration's records; paths are decoded and made absolute."""

import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Final

from petrichor.config import schema
from petrichor.config.keys import key_text
from petrichor.config.presets import PresetError, preset_paths
from petrichor.config.shape import CUT
from petrichor.model.accounts import Accounts
from petrichor.model.declaration import (
    ROOT,
    BtrfsVolume,
    Declaration,
    DirectoryVolume,
    FileMethod,
    Filesystem,
    Home,
    KeptPath,
    Kind,
    OnFailure,
    Ownership,
    Phase,
    Reset,
    Retention,
    TmpfsVolume,
    Volume,
    ZfsVolume,
)
from petrichor.model.errors import Mistake
from petrichor.model.names import path_bytes

EARLY: Final = frozenset(
    PurePosixPath(path)
    for path in ("/", "/etc", "/nix", "/usr", "/var", "/var/lib", "/var/lib/nixos", "/var/log")
)
"""Mount points that a system needs before its init starts; NixOS's list of the same name."""


NAME_MAX: Final = 255
PATH_MAX: Final = 4000
"""Bytes of a path that may stand behind a store and ``/sysroot``: limits.h(0p) has 4096 for all."""


@dataclass(frozen=True, slots=True)
class Built:
    """The declaration as far as it could be built, and the mistakes in single values.

    ``layout_known`` is false when a volume or filesystem had to be left out.
    """

    declaration: Declaration
    mistakes: list[Mistake]
    layout_known: bool


def build(table: schema.DeclarationTable, file: str, accounts: Accounts) -> Built:
    """Build the declaration; rules across keys are checked later."""
    builder = _Builder(file, accounts)
    declaration = Declaration(
        volumes=tuple(builder.volumes(table.volumes)),
        filesystems=tuple(builder.filesystems(table.filesystems)),
        kept=tuple(builder.stores(table.persistence)),
        homes=tuple(builder.homes(table.persistence)),
        machine_id=table.machine_id,
        settings_file=builder.settings_file(table.settings_file),
        on_failure=OnFailure(table.on_failure),
        ignore=tuple(table.loss.ignore),
    )
    complete = len(declaration.volumes) == len(table.volumes)
    complete = complete and len(declaration.filesystems) == len(table.filesystems)
    kept = tuple(_without_surplus(declaration))
    return Built(replace(declaration, kept=kept), builder.mistakes, complete)


def _without_surplus(declaration: Declaration) -> Iterator[KeptPath]:
    """Leave out what a preset names in vain: it serves many machines, and the owner's word wins.

    That is what survives anyway, what is a mount point, what the owner keeps himself or as a part
    of more, what an earlier preset named, and what is a part of what a preset keeps.
    """
    own = {item.path for item in declaration.kept if not item.preset}
    mountpoints = {item.mountpoint for item in (*declaration.volumes, *declaration.filesystems)}
    chosen: dict[PurePosixPath, KeptPath] = {}
    for kept in declaration.kept:
        surplus = own.intersection((kept.path, *kept.path.parents))
        here = kept.path in mountpoints or declaration.volume_of(kept.path) is None
        if kept.preset and not surplus and not here:
            chosen.setdefault(kept.path, kept)
    for kept in declaration.kept:
        first = chosen.get(kept.path) is kept and chosen.keys().isdisjoint(kept.path.parents)
        if first or not kept.preset:
            yield kept


class _Builder:
    def __init__(self, file: str, accounts: Accounts) -> None:
        self.file = file
        self.accounts = accounts
        self.mistakes: list[Mistake] = []

    def report(self, key: str, message: str, hint: str) -> None:
        self.mistakes.append(Mistake(self.file, key, message, hint))

    def settings_file(self, text: str | None) -> PurePosixPath | None:
        return None if text is None else self.absolute(text, "settingsFile")

    def absolute(self, text: str, key: str) -> PurePosixPath | None:
        """Return an absolute path without ``..``, or report why it is none."""
        if not text.startswith("/"):
            self.report(key, f"{text!r} is a relative path", "write the path from the root: /…")
            return None
        relative = self.plain(text.lstrip("/") or ".", key, text)
        return None if relative is None else ROOT / relative

    def relative(self, text: str, key: str) -> PurePosixPath | None:
        """Return a relative path without ``..``, or report why it is none."""
        if text.startswith("/"):
            self.report(key, f"{text!r} is absolute", "here paths are relative: leave out the /")
            return None
        return self.plain(text, key, text)

    def plain(self, text: str, key: str, written: str) -> PurePosixPath | None:
        """Return a path that a filesystem can hold, or report why it cannot."""
        parts = text.split("/")
        if "\0" in text:
            self.report(key, "a path cannot hold a NUL byte", "remove it")
        elif ".." in parts:
            self.report(key, f"{written!r} holds '..'", "write the path that is meant")
        elif any(len(path_bytes(part)) > NAME_MAX for part in parts):
            self.report(key, f"a part of the path is longer than {NAME_MAX} bytes", "shorten it")
        elif len(path_bytes(text)) > PATH_MAX:
            self.report(key, f"the path is longer than {PATH_MAX} bytes", "shorten it")
        else:
            return PurePosixPath(text)
        return None

    def volumes(self, tables: dict[str, schema.VolumeTable]) -> Iterator[Volume]:
        for text, table in tables.items():
            key = key_text(["volumes", text])
            mountpoint = self.absolute(text, key)
            if mountpoint is None:
                continue
            yield self.volume(mountpoint, table, key)

    def volume(self, mountpoint: PurePosixPath, table: schema.VolumeTable, key: str) -> Volume:
        match table:
            case schema.ZfsTable():
                return ZfsVolume(
                    mountpoint=mountpoint,
                    phase=_phase(table.phase, mountpoint),
                    reset=Reset(table.reset),
                    retention=_retention(table.retired),
                    dataset=table.dataset,
                    baseline=table.baseline,
                )
            case schema.BtrfsTable():
                return self.btrfs(mountpoint, table, key)
            case schema.TmpfsTable():
                phase = _phase(table.phase, mountpoint)
                options = tuple(table.options)
                return TmpfsVolume(mountpoint=mountpoint, phase=phase, options=options)
            case schema.DirectoryTable():
                directory = self.absolute(table.directory, f"{key}.directory")
                if directory is None:
                    return _stand_in(mountpoint, Phase.SYSTEM)
                return DirectoryVolume(
                    mountpoint=mountpoint,
                    phase=Phase.SYSTEM,
                    reset=Reset(table.reset),
                    retention=_retention(table.retired),
                    directory=directory,
                )

    def btrfs(self, mountpoint: PurePosixPath, table: schema.BtrfsTable, key: str) -> Volume:
        phase = _phase(table.phase, mountpoint)
        subvolume = self.relative(table.subvolume.strip("/"), f"{key}.subvolume")
        if subvolume is None:
            return _stand_in(mountpoint, phase)
        name = table.baseline or f"{subvolume}-blank"
        baseline = self.relative(name.strip("/"), f"{key}.baseline")
        if baseline is None:
            return _stand_in(mountpoint, phase)
        return BtrfsVolume(
            mountpoint=mountpoint,
            phase=phase,
            reset=Reset(table.reset),
            retention=_retention(table.retired),
            device=table.device,
            subvolume=subvolume,
            baseline=baseline,
            options=tuple(table.options),
        )

    def filesystems(self, tables: dict[str, schema.FilesystemTable]) -> Iterator[Filesystem]:
        for text, table in tables.items():
            mountpoint = self.absolute(text, key_text(["filesystems", text]))
            if mountpoint is not None:
                yield Filesystem(
                    mountpoint=mountpoint,
                    type=table.type,
                    device=table.device,
                    options=tuple(table.options),
                )

    def homes(self, tables: dict[str, schema.StoreTable]) -> Iterator[Home]:
        """Yield each user's home once; two stores must agree about it."""
        seen: dict[str, Home] = {}
        for store, table in tables.items():
            for user, tree in table.users.items():
                key = key_text(["persistence", store, "users", user])
                path = self.home(user, tree, key)
                if path is None:
                    continue
                home = Home(user=user, path=path, mode=int(tree.home_mode, 8), key=key)
                first = seen.setdefault(user, home)
                if first is home:
                    yield home
                elif first.path != path:
                    message = f"the home differs from that in {first.key}"
                    self.report(f"{key}.home", message, "give it once, the same for all stores")

    def home(
        self, user: str, table: schema.UserTable, key: str, *, loud: bool = True
    ) -> PurePosixPath | None:
        """Return a user's home, from the declaration or else the password database."""
        if table.home == CUT:
            return None
        teller = self if loud else _Builder(self.file, self.accounts)
        if table.home is not None:
            return teller.absolute(table.home, f"{key}.home")
        account = self.accounts.users.get(user)
        if account is None:
            hint = 'add home = "/home/…", or create the user first'
            teller.report(key, f"no home is known for the user {user!r}", hint)
        return None if account is None else account.home

    def stores(self, tables: dict[str, schema.StoreTable]) -> Iterator[KeptPath]:
        for text, table in tables.items():
            key = key_text(["persistence", text])
            store = self.absolute(text, key)
            if store is None:
                continue
            yield from self.tree(table, _Place(ROOT, key, store, table))
            for user, tree in table.users.items():
                user_key = key_text(["persistence", text, "users", user])
                home = self.home(user, tree, user_key, loud=False)
                if home is not None:
                    yield from self.tree(tree, _Place(home, user_key, store, table, user))

    def presets(self, names: list[str], place: "_Place") -> Iterator[KeptPath]:
        for index, name in enumerate(names):
            key = f"{place.key}.presets[{index}]"
            if name == CUT:
                continue
            whole = KeptPath(
                path=place.base,
                store=place.store,
                kind=Kind.DIRECTORY,
                key=key,
                hide=place.table.hide_mounts,
                allow_trash=place.table.allow_trash,
                account=place.user or None,
                home=place.base if place.user else None,
                preset=name,
            )
            try:
                yield from preset_paths(whole, self.accounts)
            except PresetError as error:
                self.report(key, error.message, error.hint)

    def tree(self, table: schema.Tree, place: "_Place") -> Iterator[KeptPath]:
        yield from self.presets(table.presets, place)
        for index, directory in enumerate(table.directories):
            entry = directory
            if isinstance(entry, str):
                entry = schema.DirectoryEntry.model_construct(directory=entry)
            if entry.directory != CUT:
                yield from _some(self.kept(entry, place, f"{place.key}.directories[{index}]"))
        for index, file in enumerate(table.files):
            item = schema.FileEntry.model_construct(file=file) if isinstance(file, str) else file
            if item.file != CUT:
                yield from _some(self.kept(item, place, f"{place.key}.files[{index}]"))

    def kept(
        self, entry: schema.DirectoryEntry | schema.FileEntry, place: "_Place", key: str
    ) -> KeptPath | None:
        if isinstance(entry, schema.FileEntry):
            kind, name, method = Kind.FILE, entry.file, FileMethod(entry.method)
        else:
            kind, name, method = Kind.DIRECTORY, entry.directory, FileMethod.BIND
        text = _decode(name, entry.encoding)
        path = self.relative(text, key) if place.user else self.absolute(text, key)
        if path is None:
            return None
        hide = place.table.hide_mounts if entry.hide_mounts is None else entry.hide_mounts
        trash = place.table.allow_trash if entry.allow_trash is None else entry.allow_trash
        return KeptPath(
            path=place.base / path,
            store=place.store,
            kind=kind,
            key=key,
            method=method,
            ownership=_ownership(entry),
            parent=_ownership(entry.parent_directory),
            options=tuple(entry.options),
            hide=hide,
            allow_trash=trash,
            account=place.user or None,
            home=place.base if place.user else None,
        )


class _Place:
    """Where entries stand: the base of their paths, their store, and its defaults."""

    def __init__(
        self,
        base: PurePosixPath,
        key: str,
        store: PurePosixPath,
        table: schema.StoreTable,
        user: str = "",
    ) -> None:
        self.base = base
        self.key = key
        self.store = store
        self.table = table
        self.user = user


def _some(kept: KeptPath | None) -> Iterator[KeptPath]:
    if kept is not None:
        yield kept


def _decode(text: str, encoding: str) -> str:
    """Undo percent encoding: the way to write bytes that TOML and JSON cannot hold."""
    if encoding == "utf-8":
        return text
    return urllib.parse.unquote_to_bytes(text).decode("utf-8", "surrogateescape")


def _stand_in(mountpoint: PurePosixPath, phase: Phase) -> TmpfsVolume:
    """Keep the place of a volume with a mistake, for the rules that look at what lies where."""
    return TmpfsVolume(mountpoint=mountpoint, phase=phase)


def _phase(declared: str | None, mountpoint: PurePosixPath) -> Phase:
    if declared is not None:
        return Phase(declared)
    return Phase.INITRD if mountpoint in EARLY else Phase.SYSTEM


def _retention(table: schema.RetentionTable) -> Retention:
    return Retention(keep=table.keep, days=table.days, min_free=table.min_free)


def _ownership(table: schema.OwnershipTable) -> Ownership:
    mode = None if table.mode is None else int(table.mode, 8)
    return Ownership(user=table.user, group=table.group, mode=mode)
