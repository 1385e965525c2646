"""What the owner declared: volumes, filesystems that survive, kept paths.

Every run loads these records, and a frozen dataclass takes 0.4 ms to define, a named tuple a tenth
of it: so dataclasses are those alone of which changed copies are made.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import PurePosixPath
from typing import NamedTuple

ROOT = PurePosixPath("/")


class Reset(StrEnum):
    """How a volume comes back to its baseline."""

    RETIRE = "retire"
    ROLLBACK = "rollback"


class Phase(StrEnum):
    """Where in the boot a volume is mounted, and with it its kept paths."""

    INITRD = "initrd"
    SYSTEM = "system"


class OnFailure(StrEnum):
    """What the boot does when a reset failed."""

    CONTINUE = "continue"
    EMERGENCY = "emergency"


class Kind(StrEnum):
    """What a kept path is."""

    DIRECTORY = "directory"
    FILE = "file"


class FileMethod(StrEnum):
    """How a kept file appears on its volume."""

    AUTO = "auto"
    BIND = "bind"
    SYMLINK = "symlink"
    COPY = "copy"


class Retention(NamedTuple):
    """How long retired volumes stay: a count, an age in days, free space of the filesystem."""

    keep: int = 10
    days: int = 30
    min_free: str = "10%"


class ZfsVolume(NamedTuple):
    """A ZFS dataset that is emptied at boot; ``baseline`` is the snapshot's name behind ``@``."""

    mountpoint: PurePosixPath
    phase: Phase
    reset: Reset
    retention: Retention
    dataset: str
    baseline: str

    @property
    def snapshot(self) -> str:
        """Return the full name of the baseline."""
        return f"{self.dataset}@{self.baseline}"

    @property
    def pool(self) -> str:
        """Return the pool's name."""
        return self.dataset.partition("/")[0]


class BtrfsVolume(NamedTuple):
    """A Btrfs subvolume; it and its baseline are named from the top level of ``device``."""

    mountpoint: PurePosixPath
    phase: Phase
    reset: Reset
    retention: Retention
    device: str
    subvolume: PurePosixPath
    baseline: PurePosixPath
    options: tuple[str, ...] = ()


class TmpfsVolume(NamedTuple):
    """A tmpfs: empty at every boot by nature."""

    mountpoint: PurePosixPath
    phase: Phase
    options: tuple[str, ...] = ()


class DirectoryVolume(NamedTuple):
    """A plain directory on a filesystem that survives, bind-mounted at ``mountpoint``."""

    mountpoint: PurePosixPath
    phase: Phase
    reset: Reset
    retention: Retention
    directory: PurePosixPath


Volume = ZfsVolume | BtrfsVolume | TmpfsVolume | DirectoryVolume


class Filesystem(NamedTuple):
    """A filesystem that survives and must be mounted before the kept paths that live on it."""

    mountpoint: PurePosixPath
    type: str
    device: str
    options: tuple[str, ...] = ()


class Ownership(NamedTuple):
    """Owner and mode of a directory or file; None means the default of its place."""

    user: str | None = None
    group: str | None = None
    mode: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPath:
    """A file or directory declared to survive.

    ``path`` is where programs expect it, ``store`` the directory that holds kept data, ``account``
    the user whose home it lies in (with ``home``), ``key`` the place in the declaration that says
    so, for messages.
    """

    path: PurePosixPath
    store: PurePosixPath
    kind: Kind
    key: str
    method: FileMethod = FileMethod.BIND
    ownership: Ownership = field(default_factory=Ownership)
    parent: Ownership = field(default_factory=Ownership)
    options: tuple[str, ...] = ()
    hide: bool = True
    allow_trash: bool = False
    account: str | None = None
    home: PurePosixPath | None = None
    preset: str = ""
    """The preset that names it; empty for what the owner wrote."""

    @property
    def source(self) -> PurePosixPath:
        """Return where the data lives: the same path below the store."""
        return self.store / self.path.relative_to("/")

    @property
    def is_copied(self) -> bool:
        """Tell whether it is a file that is copied in at boot, and saved when it changed."""
        return self.kind is Kind.FILE and self.method is FileMethod.COPY

    @property
    def previous(self) -> PurePosixPath:
        """Return where the store has what it had before a copied file was last saved."""
        return self.source.with_name(f"{self.path.name}.petrichor-previous")


class Home(NamedTuple):
    """A user's home, made after its volume was reset; ``mode`` are its permission bits."""

    user: str
    path: PurePosixPath
    mode: int
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """The whole declaration, checked."""

    volumes: tuple[Volume, ...]
    filesystems: tuple[Filesystem, ...] = ()
    kept: tuple[KeptPath, ...] = ()
    homes: tuple[Home, ...] = ()
    machine_id: str | None = None
    settings_file: PurePosixPath | None = None
    """Where ``keep`` and ``forget`` write, where this declaration is made from another."""
    on_failure: OnFailure = OnFailure.CONTINUE
    ignore: tuple[str, ...] = ()

    def volume_of(self, path: PurePosixPath) -> Volume | None:
        """Return the volume that ``path`` lies on, or None where it survives anyway."""
        mountpoints = [volume.mountpoint for volume in self.volumes]
        mountpoints += [filesystem.mountpoint for filesystem in self.filesystems]
        nearest = nearest_mountpoint(path, mountpoints)
        return next((volume for volume in self.volumes if volume.mountpoint == nearest), None)

    def filesystem_of(self, path: PurePosixPath) -> Filesystem | None:
        """Return the declared filesystem that carries ``path``, or None."""
        nearest = nearest_mountpoint(path, [item.mountpoint for item in self.filesystems])
        return next((item for item in self.filesystems if item.mountpoint == nearest), None)

    @property
    def stores(self) -> tuple[PurePosixPath, ...]:
        """Return the stores, sorted."""
        return tuple(sorted({kept.store for kept in self.kept}))


def nearest_mountpoint(
    path: PurePosixPath, mountpoints: list[PurePosixPath]
) -> PurePosixPath | None:
    """Return the deepest of ``mountpoints`` that is ``path`` or lies above it."""
    above = [point for point in mountpoints if point == path or point in path.parents]
    return max(above, key=lambda point: len(point.parts), default=None)
