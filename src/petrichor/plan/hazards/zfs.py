"""Hazards of ZFS volumes: zfs-rollback(8), zfs-rename(8), zfs-promote(8)."""

from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from petrichor.model.declaration import ROOT, Declaration, Reset, ZfsVolume
from petrichor.model.finding import Finding, error, info, warning
from petrichor.model.machine import Kernel, Machine, ZfsDataset, ZfsSnapshot
from petrichor.model.text import command_line


def zfs_hazards(declaration: Declaration, machine: Machine) -> Iterator[Finding]:
    """Yield what is wrong with each ZFS volume."""
    for volume in declaration.volumes:
        if isinstance(volume, ZfsVolume):
            yield from _volume(volume, machine)


def _volume(volume: ZfsVolume, machine: Machine) -> Iterator[Finding]:
    reason = machine.unreadable.get(volume.dataset) or machine.unreadable.get("zfs")
    dataset = machine.datasets.get(volume.dataset)
    if reason is not None:
        why = "nothing can be said about this volume"
        yield error("zfs-unreadable", volume.dataset, reason, why, "mend that, and check again")
    elif dataset is None:
        why = "the reset fails, and the machine boots without this volume"
        yield error("volume-missing", volume.dataset, "does not exist", why, "run petrichor init")
    else:
        yield from _baseline(volume, dataset)
        yield from _layout(volume, dataset)
        yield from _encryption(volume, dataset)
    if volume.mountpoint == ROOT and machine.kernel is not None:
        yield from _root_word(volume, machine, machine.kernel)


def _baseline(volume: ZfsVolume, dataset: ZfsDataset) -> Iterator[Finding]:
    points = [item for item in dataset.snapshots if not item.bookmark]
    baseline = next((item for item in points if item.name == volume.baseline), None)
    if baseline is None:
        why = "there is nothing to return to: the reset fails"
        todo = "run petrichor init, or name an existing snapshot as baseline"
        yield error("baseline-missing", volume.snapshot, "does not exist", why, todo)
        return
    newer = [item for item in dataset.snapshots if item.createtxg > baseline.createtxg]
    if volume.reset is Reset.ROLLBACK:
        yield from _rollback(volume, newer)
    else:
        yield from _retire(volume, newer)


def _rollback(volume: ZfsVolume, newer: list[ZfsSnapshot]) -> Iterator[Finding]:
    held = [item for item in newer if item.holds]
    cloned = [item for item in newer if item.clones]
    bookmarks = [item for item in newer if item.bookmark]
    plain = [item for item in newer if item not in (*held, *cloned, *bookmarks)]
    retire = 'use reset = "retire", which leaves them alone'
    for item in held:
        what = f"{_full(volume, item)} is newer than the baseline and held: {_list(item.holds)}"
        why = "the rollback destroys other newer snapshots and then fails, its data unchanged"
        todo = "; ".join(_release(volume, item)) + f"; or {retire}"
        yield error("zfs-held-snapshot", volume.dataset, what, why, todo)
    for item in cloned:
        what = f"{_full(volume, item)} is newer than the baseline; cloned as {_list(item.clones)}"
        todo = f"promote or destroy the clone; or {retire}"
        why = "a rollback refuses while clones of newer snapshots exist"
        yield error("zfs-cloned-snapshot", volume.dataset, what, why, todo)
    if plain:
        what = f"newer than the baseline: {_names(volume, plain)}"
        why = "the rollback destroys them at the next boot"
        todo = f"copy what you need away and let no tool make snapshots here; or {retire}"
        yield warning("zfs-newer-snapshot", volume.dataset, what, why, todo)
    if bookmarks:
        what = f"bookmarks newer than the baseline: {_names(volume, bookmarks)}"
        why = "the rollback destroys them, and an incremental send that needs them has no base"
        todo = f"take this volume out of the replication; or {retire}"
        yield warning("zfs-newer-bookmark", volume.dataset, what, why, todo)


def _retire(volume: ZfsVolume, newer: list[ZfsSnapshot]) -> Iterator[Finding]:
    stuck = [item for item in newer if item.holds or item.clones]
    if stuck:
        what = f"held or cloned: {_names(volume, stuck)}"
        why = "they go with the retired volume, which then cannot be pruned and keeps its space"
        todo = "release the holds, promote or destroy the clones"
        yield warning("zfs-newer-snapshot", volume.dataset, what, why, todo)
    elif newer:
        what = f"newer than the baseline: {_names(volume, newer)}"
        why = "they go with the retired volume and are pruned with it"
        yield info("zfs-newer-snapshot", volume.dataset, what, why, "nothing, if that is meant")


def _full(volume: ZfsVolume, item: ZfsSnapshot) -> str:
    return f"{volume.dataset}{'#' if item.bookmark else '@'}{item.name}"


def _names(volume: ZfsVolume, items: list[ZfsSnapshot]) -> str:
    return _list(_full(volume, item) for item in items)


def _list(names: Iterable[str]) -> str:
    """Return names as text: all of a few, else the first ones and a count."""
    every = list(names)
    more = f" and {len(every) - 5} more" if len(every) > 6 else ""
    return ", ".join(every[:5] if more else every) + more


def _release(volume: ZfsVolume, item: ZfsSnapshot) -> list[str]:
    name = _full(volume, item)
    return [command_line(["zfs", "release", tag, name]) for tag in item.holds]


def _layout(volume: ZfsVolume, dataset: ZfsDataset) -> Iterator[Finding]:
    if dataset.children:
        what = f"has child datasets: {_list(dataset.children)}"
        todo = f"move them beside it: zfs rename {dataset.children[0]} …"
        if volume.reset is Reset.RETIRE:
            why = "a rename takes them along: after the reset they belong to the retired volume"
            yield error("zfs-children", volume.dataset, what, why, todo)
        else:
            why = "a rollback never touches children: what lies on them survives"
            yield info("zfs-children", volume.dataset, what, why, todo)
    if dataset.origin:
        yield _origin(volume, dataset)
    yield from _mountpoint(volume, dataset)


def _origin(volume: ZfsVolume, dataset: ZfsDataset) -> Finding:
    what = f"is a clone of {dataset.origin}"
    if PurePosixPath(dataset.origin).parent.name == "retired":
        why = "a reset was cut off between clone and promote"
        todo = "nothing: the next boot finishes it"
        return warning("zfs-unfinished-reset", volume.dataset, what, why, todo)
    why = "it shares its blocks with a dataset that cannot be destroyed as long as it lives"
    return warning("zfs-clone", volume.dataset, what, why, f"zfs promote {volume.dataset}")


def _mountpoint(volume: ZfsVolume, dataset: ZfsDataset) -> Iterator[Finding]:
    legacy = dataset.mountpoint == "legacy"
    root = volume.mountpoint == ROOT
    if dataset.canmount == "off":
        todo = f"zfs set canmount=noauto {volume.dataset}"
        why = "it cannot be mounted at all"
        yield error("zfs-canmount", volume.dataset, "has canmount=off", why, todo)
    elif not legacy and not (root and dataset.mountpoint == "/" and dataset.canmount == "noauto"):
        what = f"has mountpoint={dataset.mountpoint}, canmount={dataset.canmount}"
        why = "zfs mount -a may mount it, or a retired copy of it, behind systemd's back"
        todo = f"zfs set mountpoint=legacy {volume.dataset}"
        level = warning if root else error
        yield level("zfs-mountpoint", volume.dataset, what, why, todo)


def _encryption(volume: ZfsVolume, dataset: ZfsDataset) -> Iterator[Finding]:
    """A promote moves an encryption root to the clone, where its key is not loaded.

    Seen on OpenZFS 2.3.9: afterwards keystatus is unavailable, for retired datasets as well,
    until ``zfs load-key`` is run again.  Below an encrypted parent nothing of that happens.
    """
    if dataset.encryption_root == volume.dataset and volume.reset is Reset.RETIRE:
        what = "is an encryption root of its own"
        why = "a reset takes the loaded key away, and the volume cannot be mounted in that boot"
        todo = f"put it below an encrypted dataset and let it inherit: {_inherit(volume)}"
        yield error("zfs-encryption-root", volume.dataset, what, why, todo)


def _inherit(volume: ZfsVolume) -> str:
    return command_line(["zfs", "change-key", "-i", volume.dataset])


def _root_word(volume: ZfsVolume, machine: Machine, kernel: Kernel) -> Iterator[Finding]:
    for word in kernel.words:
        if word == "bootfs.rollback" or word.startswith("bootfs.rollback="):
            why = "it rolls back with -R, which destroys newer snapshots and their clones"
            todo = "take the word off the kernel command line"
            yield error("zfs-bootfs-rollback", word, "is on the kernel command line", why, todo)
    named = root_dataset(kernel)
    pool = machine.pools.get(volume.pool)
    why = "the machine boots another root than the one that is reset"
    if named == "AUTO" and volume.reset is Reset.RETIRE:
        what = "the machine boots root=zfs:AUTO, the dataset that the property bootfs names"
        why = "bootfs follows a renamed dataset: the next boot would have the retired root"
        todo = f"put root=zfs:{volume.dataset.replace(' ', '+')} on the kernel command line"
        yield error("zfs-bootfs", volume.pool, what, why, todo)
    elif named == "AUTO" and pool is not None and pool.bootfs != volume.dataset:
        what = f"bootfs is {pool.bootfs or 'not set'}, and the machine boots root=zfs:AUTO"
        todo = command_line(["zpool", "set", f"bootfs={volume.dataset}", volume.pool])
        yield error("zfs-bootfs", volume.pool, what, why, todo)
    elif named not in (None, "AUTO", volume.dataset):
        what = f"the kernel command line names {named} as root"
        todo = f"put root=zfs:{volume.dataset.replace(' ', '+')} there"
        yield error("zfs-root-word", volume.dataset, what, why, todo)


def root_dataset(kernel: Kernel) -> str | None:
    """Return the dataset that ``root=`` names, ``AUTO`` for bootfs, None where it names none.

    The forms are those of dracut.zfs(7); a ``+`` stands for a space.
    """
    word = kernel.value("root")
    if word is None:
        return None
    for prefix in ("zfs:", "zfs=", "ZFS=", "ZFS:"):
        if word.startswith(prefix):
            return word.removeprefix(prefix).replace("+", " ") or "AUTO"
    return word if kernel.value("rootfstype") == "zfs" and "/" in word.strip("/") else None
