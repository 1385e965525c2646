"""Which mount is seen at a path: the rule of the kernel's path walk, over mountinfo."""

from collections.abc import Iterable
from pathlib import PurePosixPath

from petrichor.model.mount import Mount


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

    def is_mountpoint(self, path: PurePosixPath) -> bool:
        """Tell whether something is mounted at exactly ``path``, and seen there."""
        return self.at(path) is not None
