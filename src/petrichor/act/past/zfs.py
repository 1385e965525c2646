"""Retired datasets: known by GUID, removed with their children and snapshots, never with clones."""

import os
from contextlib import ExitStack
from pathlib import PurePosixPath

from petrichor.act.losing_zfs import open_child, open_retired_zfs
from petrichor.act.views import Tree, View
from petrichor.model.declaration import ZfsVolume
from petrichor.model.machine import ZfsChild
from petrichor.model.past import RetiredVolume, Room, retired_volume
from petrichor.model.text import show
from petrichor.plan.volumes.zfs import container, retired_stem
from petrichor.system.command import Runner
from petrichor.system.mounts import read_mounts
from petrichor.system.zfs import find_dataset, list_identities, list_retired_children, read_room


class ZfsPast:
    """Those of one volume, below the dataset that holds them."""

    def __init__(self, volume: ZfsVolume, runner: Runner) -> None:
        """Remember whose they are."""
        self._volume = volume
        self._runner = runner

    def find(self) -> list[RetiredVolume]:
        """Return the datasets of the right place and name, by the transaction that made them."""
        stem = retired_stem(self._volume)
        found = [
            retired_volume(
                stem,
                PurePosixPath(item.name).name,
                name=item.name,
                identity=str(item.guid),
                order=item.createtxg,
            )
            for item in list_identities(self._runner, container(self._volume))
        ]
        return [item for item in found if item is not None]

    def view(self, stack: ExitStack, item: RetiredVolume) -> View:
        """Open it beside the baseline, with its child datasets."""
        children, top = self._children(item), os.fsencode(self._volume.mountpoint)
        return open_retired_zfs(stack, self._volume, item.name, top, children)

    def trees(self, stack: ExitStack, item: RetiredVolume) -> list[Tree]:
        """Open it, and its child datasets."""
        own = ZfsChild(name=item.name, path=self._volume.mountpoint, mounted=False)
        opened = [open_child(stack, child) for child in (own, *self._children(item))]
        return [Tree(child.path, child.descriptor, child.error) for child in opened]

    def _children(self, item: RetiredVolume) -> list[ZfsChild]:
        return list_retired_children(self._runner, item.name, self._volume.mountpoint)

    def obstacle(self, item: RetiredVolume) -> str:
        """Look whether the name still stands for it, and whether anybody needs a part of it."""
        dataset = find_dataset(self._runner, item.name)
        if dataset is None or str(dataset.guid) != item.identity:
            return "it is not there any more"
        live = find_dataset(self._runner, self._volume.dataset)
        own = {snapshot.name for snapshot in live.snapshots} if live else set()
        if self._volume.baseline not in own:
            return f"{self._volume.snapshot} is missing, and this one may have it"
        for snapshot in dataset.snapshots:
            if snapshot.clones:
                return f"{snapshot.clones[0]} is a clone of its snapshot {snapshot.name}"
            if snapshot.holds:
                return f"its snapshot {snapshot.name} is held: zfs-hold(8)"
        for mount in read_mounts():
            if mount.type == "zfs" and f"{mount.source}/".startswith(f"{item.name}/"):
                return f"{mount.source} is mounted at {show(mount.mountpoint)}"
        return ""

    def remove(self, item: RetiredVolume) -> None:
        """Destroy it; without ``-R``, so that a clone elsewhere stops it."""
        self._runner.run(("zfs", "destroy", "-r", item.name), changes=True)

    def settle(self) -> None:
        """Have what was freed be written: zpool-sync(8)."""
        self._runner.run(("zpool", "sync", self._volume.pool), changes=False)

    def room(self) -> Room:
        """Return the pool's space as its top dataset has it."""
        return read_room(self._runner, self._volume.pool)
