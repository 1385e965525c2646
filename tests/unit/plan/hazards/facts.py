"""A machine that is safe to reset, to be spoilt one fact at a time."""

from dataclasses import replace
from pathlib import PurePosixPath

from petrichor.model.accounts import Account, Accounts
from petrichor.model.declaration import (
    BtrfsVolume,
    Declaration,
    Filesystem,
    Home,
    KeptPath,
    Kind,
    Phase,
    Reset,
    Retention,
    ZfsVolume,
)
from petrichor.model.machine import (
    Baseline,
    BtrfsSubvolume,
    FileFacts,
    Initrd,
    Kernel,
    Machine,
    ZfsDataset,
    ZfsPool,
    ZfsSnapshot,
)
from petrichor.model.mount import Mount

P = PurePosixPath
CONFIG = P("/etc/petrichor/petrichor.toml")
STORE = P("/persist/root")
UNITS = "usr/lib/systemd/system"
UNIT = b"[Unit]\nAfter=zfs-import.target systemd-hibernate-resume.service\n"


def directory(mode: int = 0o755) -> FileFacts:
    return FileFacts(mode=0o040000 | mode, uid=0, gid=0)


def file(mode: int = 0o644) -> FileFacts:
    return FileFacts(mode=0o100000 | mode, uid=0, gid=0)


def kept(path: str, kind: Kind = Kind.DIRECTORY, account: str | None = None) -> KeptPath:
    return KeptPath(path=P(path), store=STORE, kind=kind, key=path, account=account)


def zfs(mountpoint: str = "/", dataset: str = "rpool/root", reset: str = "retire") -> ZfsVolume:
    return ZfsVolume(
        mountpoint=P(mountpoint),
        phase=Phase.INITRD,
        reset=Reset(reset),
        retention=Retention(),
        dataset=dataset,
        baseline="blank",
    )


def btrfs(mountpoint: str = "/home", reset: str = "retire") -> BtrfsVolume:
    return BtrfsVolume(
        mountpoint=P(mountpoint),
        phase=Phase.INITRD,
        reset=Reset(reset),
        retention=Retention(),
        device="LABEL=data",
        subvolume=P("home"),
        baseline=P("home-blank"),
    )


def mount(number: int, mountpoint: str, kind: str, source: str, root: str = "/") -> Mount:
    return Mount(
        id=number,
        parent=1,
        device="0:1",
        root=P(root),
        mountpoint=P(mountpoint),
        options=("rw",),
        type=kind,
        source=source,
    )


def subvolume(number: int, path: str, *, read_only: bool = False) -> BtrfsSubvolume:
    zero = "0" * 32
    return BtrfsSubvolume(id=number, path=P(path), uuid=zero, parent_uuid=zero, read_only=read_only)


def snapshot(name: str, txg: int, **more) -> ZfsSnapshot:
    return ZfsSnapshot(name=name, guid=txg, createtxg=txg, **more)


DATASET = ZfsDataset(
    name="rpool/root",
    guid=1,
    origin="",
    mounted=True,
    mountpoint="legacy",
    canmount="on",
    encryption_root="",
    snapshots=(snapshot("blank", 10),),
)

DECLARATION = Declaration(
    volumes=(zfs(), btrfs()),
    filesystems=(
        Filesystem(mountpoint=P("/persist"), type="zfs", device="rpool/persist"),
        Filesystem(mountpoint=P("/usr"), type="ext4", device="/dev/disk/by-label/usr"),
    ),
    kept=(
        kept("/etc"),
        kept("/var/log"),
        kept("/var/lib/private/x"),
        kept("/home/alice/.ssh", account="alice"),
    ),
    homes=(Home(user="alice", path=P("/home/alice"), mode=0o700, key="alice"),),
)

ALICE = Account(name="alice", uid=1000, gid=100, home=P("/home/alice"), has_password=True)

MACHINE = Machine(
    accounts=Accounts(users={"alice": ALICE}),
    mounts=(
        mount(1, "/", "zfs", "rpool/root"),
        mount(2, "/persist", "zfs", "rpool/persist"),
        mount(3, "/home", "btrfs", "/dev/sdb", "/home"),
        mount(4, "/usr", "ext4", "/dev/sda2"),
    ),
    kernel=Kernel(release="6.1", boot_id="0" * 32, words=("root=zfs:rpool/root", "quiet")),
    initrd=Initrd(
        path=P("/boot/initrd.img-6.1"),
        names=frozenset(
            (
                "usr/lib/systemd/systemd",
                f"{UNITS}/petrichor-reset@-.service",
                f"{UNITS}/petrichor-reset@home.service",
            )
        ),
        files={
            f"{UNITS}/petrichor-reset@-.service": UNIT,
            f"{UNITS}/petrichor-reset@home.service": UNIT,
        },
    ),
    datasets={"rpool/root": DATASET},
    pools={"rpool": ZfsPool(name="rpool", bootfs="rpool/root")},
    subvolumes={
        "LABEL=data": (
            subvolume(5, "."),
            subvolume(256, "home"),
            subvolume(257, "home-blank", read_only=True),
        )
    },
    baselines={
        P("/"): Baseline(entries=(), mode=0o755),
        P("/home"): Baseline(entries=(), mode=0o755),
    },
    devices={"/dev/disk/by-label/usr": "/dev/sda2", "/dev/sda2": "/dev/sda2"},
    files={
        P("/"): directory(),
        P("/persist"): directory(),
        STORE: directory(),
        STORE / "home": directory(),
        STORE / "home/alice": directory(0o700),
        STORE / "home/alice/.ssh": directory(0o700),
        STORE / "var/lib/private": directory(0o700),
        P("/etc/ssh/ssh_host_ed25519_key"): file(0o600),
    },
    sshd=True,
)


def dataset(**changes) -> Machine:
    """Return the machine with a changed root dataset."""
    return replace(MACHINE, datasets={"rpool/root": replace(DATASET, **changes)})


def snapshots(*more: ZfsSnapshot) -> Machine:
    return dataset(snapshots=(*DATASET.snapshots, *more))


def subvolumes(*more: BtrfsSubvolume, without: str = "") -> Machine:
    old = [item for item in MACHINE.subvolumes["LABEL=data"] if str(item.path) != without]
    return replace(MACHINE, subvolumes={"LABEL=data": (*old, *more)})


def words(*more: str) -> Machine:
    kernel = Kernel(release="6.1", boot_id="0" * 32, words=more)
    return replace(MACHINE, kernel=kernel)


def with_files(changes: dict[PurePosixPath, FileFacts | None]) -> Machine:
    merged = {**MACHINE.files, **changes}
    return replace(MACHINE, files={path: facts for path, facts in merged.items() if facts})


def without_kept(*paths: str) -> Declaration:
    left = tuple(item for item in DECLARATION.kept if str(item.path) not in paths)
    return replace(DECLARATION, kept=left)


def with_kept(*more: KeptPath) -> Declaration:
    return replace(DECLARATION, kept=(*DECLARATION.kept, *more))
