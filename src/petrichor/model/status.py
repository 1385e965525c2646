"""What is seen after boot, and the verdict on it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import PurePosixPath

from petrichor.model.mount import Mount


class VolumeState(StrEnum):
    """What a boot did with a volume."""

    RESET = "reset"
    NOT_RESET = "not reset"
    SKIPPED = "skipped"
    NOT_MOUNTED = "not mounted"
    UNKNOWN = "unknown"


class KeptState(StrEnum):
    """Whether a kept path shows what the store holds."""

    PRESENT = "present"
    NOT_MOUNTED = "not mounted"
    DELETED = "source deleted"
    REPLACED = "replaced"
    NO_SOURCE = "no source"
    NOT_COPIED = "not copied"
    NOT_SAVED = "not saved"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """What a canary says: the boot that wrote it, and that boot's verdict."""

    boot: str
    state: VolumeState


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenPath:
    """A path as ``lstat`` and ``readlink`` show it; None where there is nothing."""

    identity: tuple[int, int] | None = None
    """Device and inode number of what the path leads to."""
    link: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """All that a verdict needs; gathered at one moment."""

    boot: str
    time: str
    """UTC, ISO 8601."""
    reset_skipped: bool
    """``petrichor.reset=no`` stands on the kernel command line."""
    reset_begun: bool
    """A reset unit was started at this boot: the time that it names retired volumes by is there."""
    mounts: tuple[Mount, ...]
    canaries: Mapping[PurePosixPath, Canary] = field(default_factory=dict)
    unreadable: frozenset[PurePosixPath] = frozenset()
    """Volumes whose canary could not be read, and paths that could not be looked at."""
    paths: Mapping[PurePosixPath, SeenPath] = field(default_factory=dict)
    failed: frozenset[str] = frozenset()
    """Names of failed units; a reset that failed in the initrd is among them."""
    equal: frozenset[PurePosixPath] = frozenset()
    """Copied files that hold what their store holds."""
    copied: frozenset[PurePosixPath] = frozenset()
    """Files that this boot copied from their store, or saved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeStatus:
    """The verdict on one volume."""

    mountpoint: PurePosixPath
    backend: str
    state: VolumeState
    detail: str = ""

    @property
    def is_good(self) -> bool:
        """Tell whether the volume forgot, or was told not to."""
        return self.state in (VolumeState.RESET, VolumeState.SKIPPED)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptStatus:
    """The verdict on one kept path."""

    path: PurePosixPath
    source: PurePosixPath
    state: KeptState
    detail: str = ""

    @property
    def is_good(self) -> bool:
        """Tell whether the path shows what the store holds, or will be saved."""
        return self.state in (KeptState.PRESENT, KeptState.NOT_SAVED)


@dataclass(frozen=True, slots=True, kw_only=True)
class LossStatus:
    """How much the next reset takes of all volumes."""

    count: int = 0
    """Entries that are lost: added, removed and changed ones."""
    size: int = 0
    """Bytes, as ``diff`` adds them up."""
    unread: int = 0
    """Entries that could not be read: there may be more to lose."""
    detail: str = ""
    """Why it is not known; empty when it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The verdict on the whole machine."""

    boot: str
    time: str
    volumes: tuple[VolumeStatus, ...]
    kept: tuple[KeptStatus, ...]
    loss: LossStatus | None = None
    """None where nobody asked: it is no part of whether this boot went well."""

    @property
    def is_good(self) -> bool:
        """Tell whether every volume forgot and every kept path is there."""
        volumes = all(item.is_good for item in self.volumes)
        return volumes and all(item.is_good for item in self.kept)
