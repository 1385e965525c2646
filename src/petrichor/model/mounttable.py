"""Which mount is seen at a path: the rule of the kernel's path walk, over mountinfo."""

from collections.abc import Iterable
from pathlib import PurePosixPath

from petrichor.model.errors import MachineError
from petrichor.model.mount import Mount
from petrichor.model.names import is_within


class MountTable:
    """The mounts of one namespace, ready to be asked for paths.

    A mount that another one covers, at its own mount point or above it, is not seen.
    """

    def __init__(self, mounts: Iterable[Mount]) -> None:
        """Index ``mounts``, all that mountinfo tells."""
        self.mounts = tuple(mounts)
        ids = {mount.id for mount in self.mounts}
        self._on: dict[tuple[int | None, PurePosixPath], Mount] = {}
        for mount in self.mounts:
            known = mount.parent in ids and mount.parent != mount.id
            self._on[mount.parent if known else None, mount.mountpoint] = mount

    def holding(self, path: PurePosixPath) -> Mount | None:
        """Return the mount that ``path`` lies on; None where even ``/`` is not listed."""
        current: Mount | None = None
        for place in (*reversed(path.parents), path):
            while (above := self._on.get((current.id if current else None, place))) is not None:
                current = above
        return current

    def at(self, path: PurePosixPath) -> Mount | None:
        """Return the topmost mount whose mount point is ``path``, or None."""
        mount = self.holding(path)
        return mount if mount is not None and mount.mountpoint == path else None

    def showing(self, top: PurePosixPath, path: PurePosixPath) -> list[Mount]:
        """Return the mounts of ``path`` and below, of the filesystem that is mounted at ``top``.

        Raises:
            MachineError: nothing is mounted there.
        """
        here = self.at(top)
        if here is None:
            raise MachineError(f"{top} is not mounted", hint="is /proc mounted?")
        return self._of_device(here, path)

    def of_directory(self, directory: PurePosixPath) -> list[Mount]:
        """Return the mounts that lie in a directory, and those that show a part of it."""
        below = [mount for mount in self.mounts if is_within(mount.mountpoint, directory)]
        holding = self.holding(directory)
        if holding is None:
            return below
        shown = holding.root / directory.relative_to(holding.mountpoint)
        return below + self._of_device(holding, shown)

    def _of_device(self, like: Mount, path: PurePosixPath) -> list[Mount]:
        same = [mount for mount in self.mounts if mount.device == like.device]
        return [mount for mount in same if is_within(mount.root, path)]

    def is_mountpoint(self, path: PurePosixPath) -> bool:
        """Tell whether something is mounted at exactly ``path``, and seen there."""
        return self.at(path) is not None
