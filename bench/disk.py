"""A Btrfs of the benchmark's own, with a volume on it and its declaration.

The image has no name once it is mounted, and the mounts are those of a private namespace: not even
SIGKILL leaves anything behind.  What the tools would write on this machine is covered for as long.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

COVERED: Final = ("/mnt", "/run", "/var/log", "/etc/snapper")
ANSWERING: Final = ("systemd", "dbus")
"""What below /run still answers, as on any machine."""
PLACE: Final = Path("/mnt/bench")


@dataclass(frozen=True)
class Disk:
    device: str
    top: Path
    """The top level, with the subvolumes `root` and `blank`."""
    live: Path
    """Where `root` is mounted, as a running system has it."""
    config: Path

    @property
    def blank(self) -> Path:
        return self.top / "blank"


def run(*arguments: str | Path) -> None:
    """Raises with what a command said, which is of no interest otherwise."""
    done = subprocess.run(arguments, check=False, stdin=subprocess.DEVNULL, capture_output=True)
    if done.returncode:
        said = done.stderr.decode(errors="replace")
        raise RuntimeError(f"{' '.join(map(str, arguments))}: code {done.returncode}\n{said}")


@contextmanager
def disk(size: int) -> Iterator[Disk]:
    """An empty filesystem; `size` in bytes, taken only as far as written."""
    with _covered(), _made(PLACE, size) as made:
        yield made


@contextmanager
def disks(sizes: Sequence[int]) -> Iterator[list[Disk]]:
    """Several, to be measured in the same minutes."""
    with _covered(), ExitStack() as stack:
        places = enumerate(sizes)
        yield [stack.enter_context(_made(PLACE / str(n), size)) for n, size in places]


@contextmanager
def _made(place: Path, size: int) -> Iterator[Disk]:
    top, live = place / "top", place / "live"
    for folder in (top, live):
        folder.mkdir(parents=True)
    device = _mount_image(size, top)
    # the device goes with its last user: this one keeps it while nothing of it is mounted
    with open(device, "rb"):
        yield Disk(device, top, live, place / "petrichor.toml")


@contextmanager
def _covered() -> Iterator[None]:
    if os.getpid() != 1:
        raise RuntimeError("this wants a namespace of its own: `make bench`")
    covered = [place for place in COVERED if Path(place).is_dir()]
    try:
        for place in covered:
            beneath = Path("/mnt/beneath", place[1:])
            if place != "/mnt":
                beneath.mkdir(parents=True)
                run("mount", "--rbind", place, beneath)
            run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", place)
        for name in ANSWERING:
            if Path("/mnt/beneath/run", name).is_dir():
                Path("/run", name).mkdir()
                run("mount", "--rbind", f"/mnt/beneath/run/{name}", f"/run/{name}")
        # there on a machine that booted with Petrichor, which remembers the declaration in it
        Path("/run/petrichor").mkdir()
        yield
    finally:
        for place in reversed(covered):
            run("umount", "--recursive", "--lazy", place)


def _mount_image(size: int, top: Path) -> str:
    """The loop device, which detaches itself with the last mount."""
    descriptor, image = tempfile.mkstemp(
        "-petrichor-bench", dir=os.environ.get("TMPDIR", "/var/tmp")
    )
    try:
        os.truncate(descriptor, size)
        run("mkfs.btrfs", "--quiet", image)
        run("mount", "-t", "btrfs", "-o", "loop,noatime", image, top)
    finally:
        os.unlink(image)
        os.close(descriptor)
    asked = ["findmnt", "--noheadings", "--output", "SOURCE", str(top)]
    device = subprocess.run(asked, check=True, text=True, capture_output=True).stdout.strip()
    _go_direct(device)
    return device


def _go_direct(device: str) -> None:
    """Several requests at a time, as a disk takes them; not every filesystem can do that."""
    try:
        run("losetup", "--direct-io=on", device)
    except RuntimeError as error:
        print(f"{device} takes one request at a time: {error}", file=sys.stderr)


def take_baseline(disk: Disk, source: str) -> None:
    """`blank` is what `source` holds, and `root` begins as its copy, mounted and declared."""
    run("btrfs", "subvolume", "snapshot", "-r", disk.top / source, disk.blank)
    run("btrfs", "subvolume", "snapshot", disk.blank, disk.top / "root")
    mount(disk, "root", disk.live)
    declare(disk)


def declare(disk: Disk, *more: str, subvolume: str = "root") -> None:
    """Declare the volume, with more lines if need be."""
    lines = (
        f'[volumes."{disk.live}"]',
        'backend = "btrfs"',
        f'device = "{disk.device}"',
        f'subvolume = "{subvolume}"',
        'baseline = "blank"',
        'phase = "system"',
        *more,
    )
    disk.config.write_text("\n".join(lines) + "\n", encoding="utf-8")


def mount(disk: Disk, subvolume: str, place: Path) -> None:
    options = f"noatime,subvol=/{subvolume}"
    run("mount", "-t", "btrfs", "-o", options, disk.device, place)


def freeze(disk: Disk) -> Path:
    """A read-only snapshot of `root` as it is now, for tools that need one."""
    run("btrfs", "subvolume", "snapshot", "-r", disk.top / "root", disk.top / "root_ro")
    return disk.top / "root_ro"
