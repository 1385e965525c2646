"""The machine every scenario starts from: a Debian tree with ZFS, its kernel and its initrd.

Built once and kept outside the checkout under a name made of what it is built from.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.vm import host

PACKAGES: Final = (
    "acl", "attr", "btrfs-progs", "cpio", "dbus", "dracut", "e2fsprogs", "kmod",
    "linux-headers-cloud-amd64", "linux-image-cloud-amd64", "mount", "passwd", "python3-click",
    "python3-pydantic", "python3-tomlkit", "systemd", "systemd-sysv", "udev", "util-linux",
    "zfs-dkms", "zfs-dracut", "zfsutils-linux", "zstd",
)  # fmt: skip
SUITE: Final = "trixie"

# What builds the ZFS module, and what nobody reads in a virtual machine.
NEEDLESS: Final = (
    "boot/*", "usr/src/*", "usr/include/*", "usr/libexec/gcc", "usr/lib/gcc", "usr/lib/bfd-plugins",
    "usr/share/perl", "usr/lib/x86_64-linux-gnu/perl", "usr/lib/linux*", "usr/bin/*-linux-gnu-*",
    "usr/lib/x86_64-linux-gnu/*.a", "usr/lib/x86_64-linux-gnu/lib*san.so*",
    "usr/lib/x86_64-linux-gnu/*gprof*", "usr/lib/x86_64-linux-gnu/ldscripts",
    "var/lib/dkms/*", "var/cache/apt/*", "var/cache/debconf/*", "var/lib/apt/lists/*",
    "var/lib/dpkg/info/*", "usr/lib/file", "usr/lib/udev/hwdb*", "usr/share/info",
    "usr/share/misc/magic*", "usr/share/zoneinfo", "usr/share/lintian", "usr/share/bug",
)  # fmt: skip

# What a machine runs without, but not the building of its initrd: every file unpacked onto a pool
# costs milliseconds under emulation.
UNUSED: Final = (
    "./usr/lib/modules/*/kernel/drivers", "./usr/lib/dracut",
    "./usr/lib/x86_64-linux-gnu/gconv",
    "./usr/lib/python3.*/test", "./usr/lib/python3/dist-packages/dns", "./usr/share/perl5",
    "./usr/lib/x86_64-linux-gnu/perl-base/unicore", "./usr/share/bash-completion",
)  # fmt: skip

# Units that a pool of one disk does not need, each worth seconds under emulation.
MASKED: Final = (
    "zfs-mount.service", "zfs-share.service", "zfs-zed.service", "zfs-volume-wait.service",
    "systemd-udev-settle.service",
    "apt-daily.timer", "apt-daily-upgrade.timer", "dpkg-db-backup.timer", "e2scrub_all.timer",
    "e2scrub_reap.service", "fstrim.timer", "getty@tty1.service", "serial-getty@ttyS0.service",
    "ldconfig.service", "systemd-journal-catalog-update.service", "systemd-hwdb-update.service",
    "systemd-update-done.service", "systemd-pstore.service", "systemd-logind.service",
)  # fmt: skip

# Tools that petrichor's units in the initrd call, and that the ring's own checks call there.
PRODUCT_TOOLS: Final = (
    "zfs zpool btrfs mount umount mv mkdir rm test date cp cat ln touch systemctl systemd-tmpfiles"
)
CHECK_TOOLS: Final = "sh ls sync sleep sed grep find stat tar sort head"
DRIVERS: Final = "btrfs virtio_blk virtio_pci ext4"
OMIT: Final = "hwdb nvdimm lunmask virtfs virtiofs overlay-root terminfo systemd-pcrphase"


@dataclass(frozen=True, slots=True)
class Image:
    """A built image; every path in it is only read."""

    path: Path

    @property
    def tree(self) -> Path:
        """Return the installed system, without compilers and sources."""
        return self.path / "tree"

    @property
    def kernel(self) -> Path:
        """Return the kernel."""
        return self.path / "vmlinuz"

    @property
    def release(self) -> str:
        """Return the kernel's release."""
        return (self.path / "release").read_text().strip()

    @property
    def initrd(self) -> Path:
        """Return dracut's initrd of the tree, with nothing of petrichor in it."""
        return self.path / "initrd"

    @property
    def installer(self) -> Path:
        """Return the tree as an initramfs that runs a job and nothing else."""
        return self.path / "installer.cpio"

    @property
    def content(self) -> Path:
        """Return the tree as a tar."""
        return self.path / "content.tar"


def cache() -> Path:
    """Return the directory that outlives the checkout."""
    default = Path(os.environ.get("HOME", "/root")) / ".cache" / "petrichor"
    place = Path(os.environ.get("PETRICHOR_CACHE", default))
    place.mkdir(parents=True, exist_ok=True)
    return place


def _name() -> str:
    recipe = hashlib.sha256()
    guest = Path(__file__).parent / "guest"
    for part in (Path(__file__), guest / "agent", guest / "init", guest / "ring-agent.service"):
        recipe.update(part.read_bytes())
    return f"vm-{recipe.hexdigest()[:16]}"


@contextlib.contextmanager
def scratch(prefix: str) -> Iterator[Path]:
    """Give a directory beside the image; those left by a ring that was killed are removed."""
    for left in cache().glob("vmwork-*"):
        with contextlib.suppress(OSError), _locked(left):
            shutil.rmtree(left)
    place = Path(tempfile.mkdtemp(prefix=f"vmwork-{prefix}-", dir=cache()))
    place.chmod(0o755)
    with _locked(place):
        try:
            yield place
        finally:
            shutil.rmtree(place, ignore_errors=True)


@contextlib.contextmanager
def _locked(place: Path) -> Iterator[None]:
    handle = os.open(place, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(handle)


def image() -> Image:
    """Return the image, building it when there is none for this recipe."""
    place = cache() / _name()
    if not place.is_dir():
        host.say("vm: building the image: Debian with a ZFS module, about 6 minutes, once")
        with scratch("image") as work:
            built = work / "image"
            _build(built)
            with contextlib.suppress(FileExistsError):
                built.rename(place)
    fcntl.flock(os.open(place, os.O_RDONLY), fcntl.LOCK_SH)  # until this process ends
    _forget_others(place)
    return Image(place)


def _forget_others(place: Path) -> None:
    """Remove images of other recipes, but none that another run uses."""
    for old in cache().glob("vm-[0-9a-f]*"):
        if old != place and len(old.name) == len(place.name):
            with contextlib.suppress(OSError), _locked(old):
                shutil.rmtree(old)


def _build(place: Path) -> None:
    place.mkdir()
    image = Image(place)
    _install(image.tree)
    _take_kernel(image)
    _settle(image.tree)
    with chroot(image.tree):
        dracut(image.tree, image.release, place / "initrd", "petrichor")
    _slim(image.tree)
    unused = [f"--exclude={pattern}" for pattern in UNUSED]
    tar = ["tar", "--numeric-owner", "--xattrs", *unused]
    host.run([*tar, "-cf", image.content, "-C", image.tree, "."])
    _make_installer(image)


def _make_installer(image: Image) -> None:
    shutil.copy(Path(__file__).parent / "guest/init", image.tree / "init")
    (image.tree / "init").chmod(0o755)
    pack = "find . ! -path './usr/lib/dracut*' -print0 | cpio --null --quiet -o -H newc"
    host.run(["sh", "-c", f'{pack} >"$1"', "sh", image.installer], cwd=image.tree)
    (image.tree / "init").unlink()


def _install(tree: Path) -> None:
    """Install Debian; the ZFS module is built by its package on the way.

    The keyring is this machine's: an older Debian's apt has no key of its own for a newer suite.
    """
    command = [
        "mmdebstrap", "--variant=minbase", "--mode=root", "--components=main,contrib",
        f"--keyring={host.KEYRING}", f"--include={','.join(PACKAGES)}",
        '--aptopt=APT::Install-Recommends "false"', '--aptopt=Acquire::Languages "none"',
        SUITE, str(tree), host.mirror(),
    ]  # fmt: skip
    command += [f"--aptopt={line}" for line in host.proxies()]
    command += [f"--dpkgopt=path-exclude=/usr/share/{x}/*" for x in ("doc", "man", "locale")]
    host.run(command)


def _take_kernel(image: Image) -> None:
    (kernel,) = (image.tree / "boot").glob("vmlinuz-*")
    shutil.copy(kernel, image.kernel)
    release = kernel.name.removeprefix("vmlinuz-")
    if not list((image.tree / "usr/lib/modules" / release).glob("updates/dkms/zfs.ko*")):
        raise host.RingError("the ZFS module was not built for " + release)
    (image.path / "release").write_text(release)


def _settle(tree: Path) -> None:
    """Make the tree a machine of the ring: quick to boot, with the ring's agent in it.

    Units are masked below /etc, where dracut looks only for those of ZFS: the initrd needs some.
    """
    for unit in MASKED:
        (tree / "etc/systemd/system" / unit).unlink(missing_ok=True)
        (tree / "etc/systemd/system" / unit).symlink_to("/dev/null")
    (tree / "etc/machine-id").write_text("0123456789abcdef0123456789abcdef\n")
    (tree / "etc/hostname").write_text("ring\n")
    (tree / "etc/fstab").write_text("")
    (tree / "etc/resolv.conf").write_text("")
    host.run(["chroot", tree, "useradd", "-m", "-u", "1000", "-s", "/bin/sh", "alice"])
    guest = Path(__file__).parent / "guest"
    units = tree / "usr/lib/systemd/system"
    shutil.copy(guest / "ring-agent.service", units)
    wants = units / "multi-user.target.wants"
    wants.mkdir(exist_ok=True)
    (wants / "ring-agent.service").symlink_to("../ring-agent.service")
    (tree / "usr/lib/ring").mkdir()
    shutil.copy(guest / "agent", tree / "usr/lib/ring/agent")
    (tree / "usr/lib/ring/agent").chmod(0o755)


@contextlib.contextmanager
def chroot(tree: Path) -> Iterator[None]:
    """Give a tree the kernel's filesystems that a program in it needs."""
    places = [tree / "proc", tree / "sys", tree / "dev"]
    mounted: list[Path] = []
    try:
        for place in places:
            host.run(["mount", "--rbind", f"/{place.name}", place])
            mounted.append(place)
        yield
    finally:
        for place in reversed(mounted):
            host.run(["umount", "--recursive", "--lazy", place])


def dracut(tree: Path, release: str, output: Path, omit: str = "") -> None:
    """Build an initrd in a tree with its own dracut; pad it so that a cpio can follow it."""
    host.run([
        "chroot", tree, "dracut", "--force", "--no-hostonly", "--no-hostonly-cmdline",
        "--add", "systemd zfs btrfs", "--omit", f"{OMIT} {omit}", "--add-drivers", DRIVERS,
        "--install", f"{PRODUCT_TOOLS} {CHECK_TOOLS}", "--compress", "zstd -1",
        "/boot/ring", release,
    ])  # fmt: skip
    text = (tree / "boot/ring").read_bytes()
    output.write_bytes(text + bytes(-len(text) % 4))


def _slim(tree: Path) -> None:
    for pattern in NEEDLESS:
        for path in sorted(tree.glob(pattern)):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
