"""The declarations of the ring's machines."""

from typing import Final

KEPT_EMPTY: Final = """
[persistence."/persist/root"]
directories = ["/etc", "/var", "/root"]
[persistence."/persist/root".users.alice]
directories = ["Documents"]
files       = [".bash_history"]
"""
KEPT_COPIED: Final = KEPT_EMPTY.replace(
    '".bash_history"', '".bash_history", { file = ".settings", method = "copy" }'
)
KEPT_FULL: Final = """
[persistence."/persist/root"]
directories = [
    "/root", "/etc/petrichor",
    { directory = "/srv/data", user = "alice", group = "games", mode = "0750" },
]
files = ["/var/lib/ring/token"]
[persistence."/persist/root".users.alice]
directories = ["Documents"]
"""


def zfs(reset: str, *mounts: str, kept: str = "", parent: str = "rpool") -> str:
    """Return a declaration of `/` and `/home` on ZFS, with filesystems at the mounts named."""
    text = "".join(
        f'[volumes."{where}"]\nbackend = "zfs"\ndataset = "{parent}/{name}"\n'
        f'baseline = "blank"\nreset = "{reset}"\n'
        for where, name in (("/", "root"), ("/home", "home"))
    )
    for name in mounts:
        text += f'[filesystems."/{name}"]\ntype = "zfs"\ndevice = "{parent}/{name}"\n'
    return text + kept


def btrfs(reset: str, *mounts: str, kept: str = "") -> str:
    """Return the same on Btrfs."""
    device = 'device = "/dev/disk/by-label/system"\n'
    text = "".join(
        f'[volumes."{where}"]\nbackend = "btrfs"\n{device}subvolume = "{name}"\n'
        f'baseline = "{name}-blank"\nreset = "{reset}"\n'
        for where, name in (("/", "root"), ("/home", "home"))
    )
    for name in mounts:
        options = f'options = ["subvol=/{name}"]\n'
        text += f'[filesystems."/{name}"]\ntype = "btrfs"\n{device}{options}'
    return text + kept
