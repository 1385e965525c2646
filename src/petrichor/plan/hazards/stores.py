"""Hazards of stores: not mounted, on a volume, or open to everyone."""

import stat
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Final

from petrichor.model.declaration import (
    BtrfsVolume,
    Declaration,
    FileMethod,
    Filesystem,
    KeptPath,
    Kind,
)
from petrichor.model.declaration import ZfsVolume as Zfs
from petrichor.model.finding import Finding, error, warning
from petrichor.model.machine import FileFacts, Machine
from petrichor.model.mount import Mount
from petrichor.model.mounttable import MountTable
from petrichor.model.names import is_within
from petrichor.model.text import quote, show
from petrichor.plan.keep import MACHINE_ID

PRIVATE: Final = tuple(
    PurePosixPath(path) for path in ("/var/lib/private", "/var/cache/private", "/var/log/private")
)
_SHOWN: Final = 3
SECRETS: Final = frozenset({".ssh", ".gnupg", "keyrings", ".pki"})


def store_hazards(declaration: Declaration, machine: Machine) -> Iterator[Finding]:
    """Yield what is wrong with filesystems that survive, the stores on them, and what they hold."""
    table = MountTable(machine.mounts)
    for item in declaration.filesystems:
        yield from _filesystem(item, table, machine)
    for store in declaration.stores:
        yield from _on_volume(store, declaration, table)
        yield from _private(store, declaration, machine)
        yield from _open_trees(store, declaration, machine)
        yield from _cut_off(store, machine)
    for kept in declaration.kept:
        yield from _kept(kept, machine, table)


def _filesystem(item: Filesystem, table: MountTable, machine: Machine) -> Iterator[Finding]:
    mount = table.at(item.mountpoint)
    subject = show(item.mountpoint)
    if mount is None:
        why = "kept paths would lead to the volume below it, and be lost with it"
        todo = f"mount {item.device} there, or correct the declaration"
        yield error("store-not-mounted", subject, "is not a mount point", why, todo)
    elif not _is_source(item, mount, machine):
        what = f"is {mount.type} from {mount.source}, declared is {item.type} from {item.device}"
        why = "kept paths lead to another filesystem than the one declared"
        yield error("store-source", subject, what, why, "correct the declaration or the mount")


def _is_source(item: Filesystem, mount: Mount, machine: Machine) -> bool:
    if item.type not in ("none", "auto", mount.type) and "bind" not in item.options:
        return False
    if mount.type == "zfs":
        return mount.source == item.device
    subvolume = [word.removeprefix("subvol=") for word in item.options if word[:7] == "subvol="]
    if mount.type == "btrfs" and subvolume and mount.root != PurePosixPath("/", subvolume[-1]):
        return False
    declared, found = machine.devices.get(item.device), machine.devices.get(mount.source)
    # A Btrfs of several devices shows one of them; and what has no node cannot be compared.
    return mount.type == "btrfs" or declared is None or found is None or declared == found


def _on_volume(
    store: PurePosixPath, declaration: Declaration, table: MountTable
) -> Iterator[Finding]:
    mount = table.holding(store)
    filesystem = declaration.filesystem_of(store)
    if mount is None or (filesystem is not None and table.at(filesystem.mountpoint) is None):
        return  # said already
    for volume in declaration.volumes:
        same = mount.mountpoint == volume.mountpoint
        same = same or (isinstance(volume, Zfs) and mount.source == volume.dataset)
        same = same or (
            isinstance(volume, BtrfsVolume)
            and mount.type == "btrfs"
            and is_within(mount.root, PurePosixPath("/") / volume.subvolume)
            and filesystem is not None
            and filesystem.device == volume.device
        )
        if same:
            what = f"lies on the volume {show(volume.mountpoint)}"
            why = "all that is kept in it goes with the next reset"
            todo = "put the store on a filesystem of its own, and declare it under filesystems"
            yield error("store-on-volume", show(store), what, why, todo)


def _private(store: PurePosixPath, declaration: Declaration, machine: Machine) -> Iterator[Finding]:
    for path in PRIVATE:
        kept = any(is_within(item.path, path) for item in declaration.kept if item.store == store)
        source = store / path.relative_to("/")
        facts = machine.files.get(source)
        if facts is not None and kept and facts.permissions != 0o700:
            what = f"has mode {facts.permissions:04o}"
            why = "systemd refuses every DynamicUser= service whose parent is wider than 0700"
            yield error("private-mode", show(source), what, why, f"chmod 0700 {_word(source)}")


def _open_trees(
    store: PurePosixPath, declaration: Declaration, machine: Machine
) -> Iterator[Finding]:
    """A home is closed where it is mounted, and may be open where its data lies."""
    for home in declaration.homes:
        top = store / home.path.relative_to("/")
        used = any(item.store == store and item.account == home.user for item in declaration.kept)
        way = [machine.files.get(place) for place in (top, *top.parents)]
        facts = machine.files.get(top)
        is_open = all(step is None or step.permissions & 0o001 for step in way)
        if used and facts is not None and is_open and facts.permissions & 0o007 & ~home.mode:
            what = f"has mode {facts.permissions:04o}, and the way to it is open to everyone"
            why = f"others can read there what {home.user} keeps in a home of mode {home.mode:04o}"
            todo = f"chmod {home.mode:04o} {_word(top)}"
            yield warning("store-open", show(top), what, why, todo)


def _cut_off(store: PurePosixPath, machine: Machine) -> Iterator[Finding]:
    paths = machine.cut_off.get(store)
    if paths is None:
        return
    first = ", ".join(map(show, paths[:_SHOWN]))
    more = f" and {len(paths) - _SHOWN:,} more" if len(paths) > _SHOWN else ""
    what = f"is where a run was cut off that adopted {first or 'something'}{more}"
    why = "what it had not adopted yet goes with the next reset, and half a copy may lie about"
    again = " ".join(map(_word, paths))
    todo = f"petrichor keep {again}" if 0 < len(paths) <= _SHOWN else "petrichor apply, or keep"
    yield warning("adoption-cut-off", show(store), what, why, f"run it again: {todo}")


def _kept(kept: KeptPath, machine: Machine, table: MountTable) -> Iterator[Finding]:
    facts = machine.files.get(kept.source)
    mount = table.at(kept.path)
    if mount is not None and mount.deleted:
        why = "what is written there is lost: the file in the store was replaced behind it"
        what = "is mounted from a deleted file"
        yield error("kept-deleted", show(kept.path), what, why, _saving(kept))
    if facts is None:
        return
    standing = machine.files.get(kept.path)
    if kept.kind is Kind.FILE and mount is None and _is_replaced(kept, standing, machine):
        why = "a program replaced it by renaming: what it writes there goes with the next reset"
        again = f"petrichor keep --take volume {_word(kept.path)}"
        todo = f'{again}; for good: keep its directory, or say method = "copy"'
        what = "is a file of its own, and not what the store holds"
        yield error("kept-replaced", show(kept.path), what, why, todo)
    if facts.is_directory != (kept.kind is Kind.DIRECTORY):
        what = f"is kept as a {kept.kind}, and something else lies in the store"
        why = "the mount fails, and with it all kept paths of this phase of the boot"
        todo = f"correct the declaration, or look at {show(kept.source)}"
        yield error("kept-kind", show(kept.path), what, why, todo)
    elif is_secret(kept.path) and facts.permissions & 0o077:
        what = f"has mode {facts.permissions:04o}"
        why = "it holds keys, and programs refuse keys that others can read"
        yield warning("secret-mode", show(kept.source), what, why, _close(kept))


def _saving(kept: KeptPath) -> str:
    """Return commands that save what is mounted to a place of its own, and show the store again.

    What such a command saved before may be the only copy, and is not to be overwritten.
    """
    path, beside = _word(kept.path), quote(f"{kept.source}.saved.XXXXXX")
    return f'cp -a {path} "$(mktemp -d {beside})" && umount {path} && petrichor apply'


def _is_replaced(kept: KeptPath, standing: FileFacts | None, machine: Machine) -> bool:
    """Tell whether a file stands where a link was made; the machine id is always a copy.

    Of ``auto`` only what this boot knows of was: else it is not mounted yet, and the file is older.
    """
    auto = kept.method is FileMethod.AUTO and kept.path in machine.noted
    linked = (auto or kept.method is FileMethod.SYMLINK) and kept.path != MACHINE_ID
    return linked and standing is not None and stat.S_ISREG(standing.mode)


def is_secret(path: PurePosixPath) -> bool:
    """Tell whether a path is known to hold keys."""
    host_key = path.name.startswith("ssh_host_") and path.name.endswith("_key")
    return host_key or path.name in SECRETS


def _close(kept: KeptPath) -> str:
    mode = "0700" if kept.kind is Kind.DIRECTORY else "0600"
    return f"chmod {mode} {_word(kept.source)}"


def _word(path: PurePosixPath) -> str:
    """Return a path as a word of a command."""
    return quote(str(path))
