"""What was found on the machine: frozen facts, gathered once, judged by pure code."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import NamedTuple

from petrichor.model.accounts import Accounts
from petrichor.model.mount import Mount


@dataclass(frozen=True, slots=True, kw_only=True)
class ZfsSnapshot:
    """A snapshot or bookmark: ``name`` is behind the ``@`` or ``#``; createtxg orders them."""

    name: str
    guid: int
    createtxg: int
    bookmark: bool = False
    holds: tuple[str, ...] = ()
    clones: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ZfsDataset:
    """A ZFS filesystem with what matters to a reset."""

    name: str
    guid: int
    origin: str
    mounted: bool
    mountpoint: str
    canmount: str
    encryption_root: str
    """The dataset that holds the key; empty when not encrypted."""
    createtxg: int = 0
    """The transaction group it was made in: orders datasets whatever the clock said."""
    snapshots: tuple[ZfsSnapshot, ...] = ()
    children: tuple[str, ...] = ()
    properties: Mapping[str, str] = field(default_factory=dict)
    """Properties set locally on this dataset, user properties among them."""


class ZfsIdentity(NamedTuple):
    """A dataset by what it is, whatever it is called."""

    name: str
    guid: int
    createtxg: int
    """The transaction that made it: it rises from dataset to dataset."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ZfsChild:
    """A filesystem below another dataset; ``path`` is where it is mounted, or would be."""

    name: str
    path: PurePosixPath
    mounted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ZfsPool:
    """An imported pool; ``bootfs`` is the dataset that ``root=zfs:AUTO`` boots, or empty."""

    name: str
    bootfs: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BtrfsSubvolume:
    """A Btrfs subvolume, named from the top level of its filesystem; the top level is ``.``.

    The uuids are 32 hexadecimal digits, all zero where there is none.
    """

    id: int
    path: PurePosixPath
    uuid: str
    parent_uuid: str
    read_only: bool
    generation: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """What a baseline holds at its top: found by looking into it."""

    entries: tuple[str, ...]
    mode: int
    """Permission bits of its top directory."""
    uid: int = 0
    gid: int = 0
    present: frozenset[PurePosixPath] = frozenset()
    """Of the paths that rules ask about, those that it holds, as they are called when mounted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitState:
    """A systemd unit as systemctl tells it; ``load`` is ``not-found`` for a missing one."""

    name: str
    load: str
    active: str
    sub: str
    result: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Initrd:
    """What an initrd holds: the names of all its files, and the content of those asked for.

    Names are relative to the initrd's root, without a leading slash or dot.
    """

    path: PurePosixPath
    names: frozenset[str]
    files: Mapping[str, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kernel:
    """This boot: release, boot id (32 digits), command line, and what it would resume from."""

    release: str
    boot_id: str
    words: tuple[str, ...]
    resume: str = ""

    def value(self, key: str) -> str | None:
        """Return the value of the last ``key=value`` on the command line, or None."""
        found = [word for word in self.words if word.startswith(f"{key}=")]
        return found[-1].partition("=")[2] if found else None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFacts:
    """A file as lstat(2) tells it: ``mode`` holds kind and permission bits."""

    mode: int
    uid: int
    gid: int

    @property
    def permissions(self) -> int:
        """Return the permission bits alone."""
        return self.mode & 0o7777

    @property
    def is_directory(self) -> bool:
        """Tell whether it is a directory."""
        return self.mode & 0o170000 == 0o040000


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """The machine as found: everything that the rules about hazards ask for.

    What is missing is absent from its mapping; what could not be read is in ``unreadable`` with
    the reason, under the name of the tool, device or snapshot.
    """

    accounts: Accounts
    mounts: tuple[Mount, ...] = ()
    kernel: Kernel | None = None
    """None for a system that is not the running one."""
    initrd: Initrd | None = None
    datasets: Mapping[str, ZfsDataset] = field(default_factory=dict)
    pools: Mapping[str, ZfsPool] = field(default_factory=dict)
    subvolumes: Mapping[str, tuple[BtrfsSubvolume, ...]] = field(default_factory=dict)
    """By device, as the declaration names it."""
    baselines: Mapping[PurePosixPath, Baseline] = field(default_factory=dict)
    """By the mount point of the volume."""
    devices: Mapping[str, str] = field(default_factory=dict)
    """Device nodes by the names that the declaration and mountinfo give them, links resolved."""
    files: Mapping[PurePosixPath, FileFacts] = field(default_factory=dict)
    databases: frozenset[PurePosixPath] = frozenset()
    """Kept files, as declared or in their store, that are SQLite's."""
    beside: Mapping[PurePosixPath, tuple[str, ...]] = field(default_factory=dict)
    """Names in the directory of a kept file that begin with its own, by its path."""
    cut_off: Mapping[PurePosixPath, tuple[PurePosixPath, ...]] = field(default_factory=dict)
    """Kept paths that a run was adopting when it was cut off, by their store."""
    noted: frozenset[PurePosixPath] = frozenset()
    """Kept paths that were noted as declared in this boot, at its start or since."""
    nixos: bool = False
    sshd: bool = False
    configured_logins: frozenset[str] = frozenset()
    """Users whose password or keys a NixOS configuration makes anew at every boot."""
    unreadable: Mapping[str, str] = field(default_factory=dict)
