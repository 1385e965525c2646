"""The Btrfs template's layout makes baselines that resets can use, and makes them once."""

import re
import subprocess
from pathlib import Path, PurePosixPath

from petrichor.system.mounts import mount_at, read_mounts

REPO = Path(__file__).resolve().parents[2]
LAYOUT = REPO / "nix/templates/btrfs/disko.nix"
DEVICE = "/dev/mapper/crypt"
BLANKS = ("root-blank", "home-blank")


def hook(device: str) -> str:
    """Return what disko runs after it has made the subvolumes, for another device."""
    found = re.search(r"postCreateHook = ''\n(.*?)'';", LAYOUT.read_text("utf-8"), re.DOTALL)
    assert found is not None and DEVICE in found[1]
    return found[1].replace(DEVICE, device)


def run(*words: str | Path) -> str:
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


def test_baselines_are_made_once(btrfs: Path) -> None:
    mount = mount_at(read_mounts(), PurePosixPath(btrfs))
    assert mount is not None
    for name in ("root", "home"):
        run("btrfs", "subvolume", "create", btrfs / name)
    script = "set -euo pipefail\n" + hook(mount.source)
    run("bash", "-c", script)
    before = {name: run("btrfs", "subvolume", "show", btrfs / name) for name in BLANKS}
    (btrfs / "root/naughty-file").touch()
    run("bash", "-c", script)
    for name in BLANKS:
        assert "readonly" in before[name]
        assert run("btrfs", "subvolume", "show", btrfs / name) == before[name]
        assert list((btrfs / name).iterdir()) == []
    assert mount_at(read_mounts(), PurePosixPath(btrfs)) == mount
