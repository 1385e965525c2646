"""Retired subvolumes: known by UUID, removed by id, never by a path that somebody could change."""

import os
from contextlib import ExitStack
from pathlib import Path, PurePosixPath

from petrichor.act.opening import open_below, open_btrfs
from petrichor.act.views import Tree, View
from petrichor.model.declaration import BtrfsVolume
from petrichor.model.machine import BtrfsSubvolume
from petrichor.model.mounttable import MountTable
from petrichor.model.past import RetiredVolume, Room, retired_volume
from petrichor.model.text import show
from petrichor.plan.volumes.btrfs import retired, retired_stem
from petrichor.system.btrfs import default_subvolume, list_subvolumes
from petrichor.system.command import Runner
from petrichor.system.detached import open_filesystem
from petrichor.system.mounts import read_mounts


class BtrfsPast:
    """Those of one volume, below the top level of their filesystem, which is mounted at ``top``."""

    def __init__(self, volume: BtrfsVolume, top: Path, runner: Runner) -> None:
        """Remember where they are."""
        self._volume = volume
        self._top = top
        self._runner = runner

    def find(self) -> list[RetiredVolume]:
        """Return the subvolumes of the right place and name; ids rise as they are made."""
        stem, holder = retired_stem(self._volume), retired(self._volume)
        found = [
            retired_volume(
                stem, item.path.name, name=str(item.path), identity=item.uuid, order=item.id
            )
            for item in list_subvolumes(self._top)
            if item.path.parent == holder
        ]
        return [item for item in found if item is not None]

    def view(self, stack: ExitStack, item: RetiredVolume) -> View:
        """Open it beside the baseline."""
        subvolumes = os.fsencode(item.name), os.fsencode(self._volume.baseline)
        return open_btrfs(stack, self._device(), subvolumes, os.fsencode(self._volume.mountpoint))

    def trees(self, stack: ExitStack, item: RetiredVolume) -> list[Tree]:
        """Open it; nested subvolumes are a part of it."""
        level = stack.enter_context(open_filesystem("btrfs", self._device(), {"subvolid": "5"}))
        opened = open_below(stack, level, os.fsencode(item.name), "the retired subvolume")
        return [Tree(os.fsencode(self._volume.mountpoint), opened)]

    def _device(self) -> str:
        """Return the device node: the declaration may have a label."""
        mount = MountTable(read_mounts()).at(PurePosixPath(self._top))
        return mount.source if mount is not None else self._volume.device

    def obstacle(self, item: RetiredVolume) -> str:
        """Look whether it is still where it was, and whether anybody needs a part of it."""
        inside = self._inside(item)
        if not inside:
            return "it is not there any more"
        if default_subvolume(self._top) in {part.id for part in inside}:
            return "it holds the default subvolume: btrfs-subvolume(8), set-default"
        needed = {self._volume.subvolume, self._volume.baseline}
        if needed & {part.path for part in inside}:
            return "the volume itself lies in it"
        place = PurePosixPath("/") / inside[0].path
        shown = MountTable(read_mounts()).showing(PurePosixPath(self._top), place)
        return f"it is mounted at {show(shown[0].mountpoint)}" if shown else ""

    def _inside(self, item: RetiredVolume) -> list[BtrfsSubvolume]:
        """Return the subvolume, by its identity, and those nested in it; nothing if it moved."""
        known = list_subvolumes(self._top)
        own = next((one for one in known if one.uuid == item.identity), None)
        if own is None or str(own.path) != item.name:
            return []
        return [own, *(one for one in known if own.path in one.path.parents)]

    def remove(self, item: RetiredVolume) -> None:
        """Delete the innermost first; what lies in a read-only one cannot be deleted before."""
        inside = self._inside(item)
        for part in inside:
            if part.read_only and any(part.path in other.path.parents for other in inside):
                place = str(self._top / part.path)
                words = ("property", "set", "-f", "-t", "subvol", place, "ro", "false")
                self._runner.run(("btrfs", *words), changes=True)
        for part in sorted(inside, key=lambda one: len(one.path.parts), reverse=True):
            argv = ("btrfs", "subvolume", "delete", "--subvolid", str(part.id), str(self._top))
            self._runner.run(argv, changes=True)

    def settle(self) -> None:
        """Wait until deleted subvolumes gave back their space; a commit has that begin."""
        for words in (("filesystem", "sync"), ("subvolume", "sync")):
            self._runner.run(("btrfs", *words, str(self._top)), changes=False)

    def room(self) -> Room:
        """Ask statvfs(3)."""
        facts = os.statvfs(self._top)
        return Room(facts.f_bavail * facts.f_frsize, facts.f_blocks * facts.f_frsize)
