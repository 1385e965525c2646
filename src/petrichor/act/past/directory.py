"""Retired directories: known by their inode, removed by rm(1), which enters no other filesystem."""

import os
import stat
from contextlib import ExitStack
from pathlib import Path, PurePosixPath

from petrichor.act.opening import open_below
from petrichor.act.views import Tree, View, WalkView
from petrichor.model.declaration import DirectoryVolume
from petrichor.model.errors import MachineError
from petrichor.model.mounttable import MountTable
from petrichor.model.past import RetiredVolume, Room, retired_volume
from petrichor.model.text import show
from petrichor.plan.volumes.directory import retired, retired_stem
from petrichor.system.beneath import DIRECTORY, open_volume
from petrichor.system.copy.remove import remove_tree
from petrichor.system.mounts import read_mounts


class DirectoryPast:
    """Those of one volume, beside it."""

    def __init__(self, volume: DirectoryVolume) -> None:
        """Remember where they are."""
        self._volume = volume
        self._holder = Path(retired(volume))

    def find(self) -> list[RetiredVolume]:
        """Return the directories of the right name; only clocks tell their order."""
        try:
            names = os.listdir(self._holder)
        except (FileNotFoundError, NotADirectoryError):
            return []
        stem = retired_stem(self._volume)
        places = [self._holder / name for name in sorted(names)]
        found = [
            retired_volume(stem, place.name, name=str(place), identity=identity, order=None)
            for place in places
            if (identity := _identity(place))
        ]
        return [item for item in found if item is not None]

    def view(self, stack: ExitStack, item: RetiredVolume) -> View:
        """Open it; its baseline is empty."""
        return WalkView(self._open(stack, item), os.fsencode(self._volume.mountpoint))

    def trees(self, stack: ExitStack, item: RetiredVolume) -> list[Tree]:
        """Open it."""
        return [Tree(os.fsencode(self._volume.mountpoint), self._open(stack, item))]

    def _open(self, stack: ExitStack, item: RetiredVolume) -> int:
        """Open it on its filesystem alone, where no mount is in the way."""
        holding = MountTable(read_mounts()).holding(retired(self._volume))
        if holding is None:
            raise MachineError(f"{show(item.name)}: its filesystem is not mounted")
        level = stack.enter_context(open_volume(holding.mountpoint))
        where = os.fsencode(Path(item.name).relative_to(holding.mountpoint))
        return open_below(stack, level, where, "the retired directory")

    def obstacle(self, item: RetiredVolume) -> str:
        """Look whether it is still the same directory, and whether a part of it is mounted."""
        if _identity(Path(item.name)) != item.identity:
            return "it is not there any more"
        place = PurePosixPath(item.name)
        table = MountTable(read_mounts())
        if table.holding(place) is None:
            return "its filesystem is not mounted"
        shown = table.of_directory(place)
        return f"a part of it is mounted at {show(shown[0].mountpoint)}" if shown else ""

    def remove(self, item: RetiredVolume) -> None:
        """Remove the tree, with the subvolumes that programs made in it where it is on Btrfs."""
        try:
            holder = os.open(self._holder, DIRECTORY)
        except OSError as error:
            raise MachineError(f"{show(str(self._holder))}: {error.strerror}") from error
        try:
            remove_tree(holder, os.fsencode(Path(item.name).name))
        finally:
            os.close(holder)

    def settle(self) -> None:
        """Wait for nothing: what was removed is gone."""

    def room(self) -> Room:
        """Ask statvfs(3)."""
        facts = os.statvfs(self._holder)
        return Room(facts.f_bavail * facts.f_frsize, facts.f_blocks * facts.f_frsize)


def _identity(path: Path) -> str:
    """Return what a directory is known by; empty for anything else."""
    try:
        facts = path.lstat()
    except OSError:
        return ""
    return f"{facts.st_dev}:{facts.st_ino}" if stat.S_ISDIR(facts.st_mode) else ""
