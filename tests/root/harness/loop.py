"""A Btrfs filesystem in a sparse file.

`mount -o loop` sets up a loop device that detaches itself with the last mount, and the whole ring
runs in a mount namespace of its own: not even SIGKILL leaves a device behind.
"""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from petrichor.system.mounts import mount_at, read_mounts


@contextmanager
def btrfs(folder: Path, *, size: int = 512 << 20, options: str = "noatime") -> Iterator[Path]:
    """Its top level mounted at `folder`/top; `size` in bytes, taken only as far as written."""
    image, top = folder / "btrfs.img", folder / "top"
    top.mkdir(parents=True)
    with image.open("wb") as file:
        file.truncate(size)
    made = ["mkfs.btrfs", "--quiet", str(image)]
    subprocess.run(made, check=True, stdout=subprocess.DEVNULL)  # notes of no interest
    mount = ["mount", "-t", "btrfs", "-o", f"loop,{options}", str(image), str(top)]
    subprocess.run(mount, check=True)
    try:
        yield top
    finally:
        subprocess.run(["umount", "--recursive", "--lazy", str(top)], check=True)


def device(top: Path) -> str:
    """The loop device that is mounted there."""
    found = mount_at(read_mounts(), PurePosixPath(top))
    assert found is not None
    return found.source


def loop_devices(image: Path) -> list[str]:
    """The loop devices that still hold the file."""
    listed = ["losetup", "--associated", str(image), "--noheadings", "--output", "NAME"]
    return subprocess.run(listed, check=True, text=True, capture_output=True).stdout.split()
