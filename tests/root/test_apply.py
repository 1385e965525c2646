"""`apply` with the real dracut, on a system below a folder and on a running one."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from petrichor.system.command import SystemRunner
from petrichor.system.initrd import read_initrd
from tests.root.harness import petrichor as command
from tests.root.harness import tree as trees
from tests.root.harness.boot import Machine, boot, overlay

PACKAGES = ("dracut", "linux-image-cloud-amd64", "zstd", "cpio", "kmod", "btrfs-progs")
MODULE = "usr/lib/dracut/modules.d/90petrichor"
UNITS = "usr/lib/systemd/system"

# What takes dracut's time and is not ours: compression, and drivers for every machine.
QUICK = """\
compress="cat"
hostonly="no"
drivers="btrfs"
filesystems="btrfs"
omit_dracutmodules+=" network-manager network ifcfg kernel-network-modules dracut-systemd-x "
omit_dracutmodules+=" systemd-networkd bluetooth nfs iscsi cifs nbd lunmask qemu qemu-net "
"""

CONFIG = """\
[volumes."/"]
backend = "btrfs"
device = "/dev/disk/by-label/system"
subvolume = "root"

[filesystems."/persist"]
type = "btrfs"
device = "/dev/disk/by-label/system"
options = ["subvol=/persist"]
"""
KEPT = """
[persistence."/persist/root"]
directories = ["/var/log", "/etc/a name"]
"""


@pytest.fixture(scope="session")
def dracut_tree() -> Path:
    """A tree with dracut and a kernel; the first time it is made, which takes minutes."""
    return trees.tree(PACKAGES)


class System:
    """A machine below a folder, as an installer has it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.config = root / "etc/petrichor/petrichor.toml"
        self.config.parent.mkdir(parents=True)
        (root / "etc/dracut.conf.d/10-quick.conf").write_text(QUICK)
        self.initrd = next((root / "boot").glob("initrd.img-*"))

    def argv(self, *words: str) -> list[str]:
        program = ["--petrichor", "/usr/bin/petrichor"]
        start = [sys.executable, "-m", "petrichor", "--root", str(self.root)]
        return [*start, "apply", "--yes", *program, *words]

    def apply(self, *words: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(self.argv(*words), text=True, capture_output=True, check=False)

    def wanted(self) -> set[str]:
        """Every file that the module says goes into the initrd."""
        tree = self.root / MODULE / "initrd"
        return {str(f.relative_to(tree)) for f in tree.rglob("*") if f.is_file()}

    def names(self) -> set[str]:
        return set(read_initrd(SystemRunner(), self.initrd, lambda _: False).names)

    def listed(self) -> str:
        """What dracut's own tool sees in it."""
        inside = f"/boot/{self.initrd.name}"
        argv = ["chroot", self.root, "lsinitrd", inside]
        return subprocess.run(argv, text=True, capture_output=True, check=True).stdout


@pytest.fixture
def system(tmp_path: Path, dracut_tree: Path) -> Iterator[System]:
    with overlay(dracut_tree, tmp_path) as root:
        yield System(root)


def wait_for(file: Path, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not file.exists():
        assert time.monotonic() < end, f"{file} did not come"
        time.sleep(0.05)


def killed_while_building(system: System) -> None:
    """SIGKILL when everything is written and dracut has begun."""
    dracut = system.root / "usr/bin/dracut"
    dracut.rename(dracut.with_name("dracut.real"))
    dracut.write_text("#!/bin/sh\necho $$ >/begun\nexec sleep 600\n")
    dracut.chmod(0o755)
    with subprocess.Popen(system.argv(), stderr=subprocess.DEVNULL) as process:
        wait_for(system.root / "begun")
        process.kill()
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        if place.read_bytes() == b"sleep\x00600\x00":
            os.kill(int(place.parent.name), signal.SIGKILL)
    dracut.with_name("dracut.real").rename(dracut)


def test_from_a_cut_off_run_to_one_that_finds_nothing_to_do(system: System) -> None:
    system.config.write_text(CONFIG + KEPT)
    killed_while_building(system)
    assert not system.wanted() <= system.names()

    done = system.apply()
    assert done.returncode == 0, done
    assert [line for line in done.stderr.splitlines() if line.startswith("  ")] == [
        "  build    the initrds of all kernels"
    ], done
    wanted, names = system.wanted(), system.names()
    assert f"{UNITS}/petrichor-reset@-.service" in wanted and wanted <= names
    assert {"usr/lib/petrichor/initrd.fstab", "usr/lib/petrichor/initrd.tmpfiles"} <= wanted
    assert {"usr/bin/btrfs", "usr/bin/mv", "usr/bin/systemd-tmpfiles"} <= names
    text = system.listed()
    assert all(name.rpartition("/")[2] in text for name in wanted)

    again = system.apply()
    assert (again.returncode, "nothing to do" in again.stderr) == (0, True), again

    system.config.write_text(CONFIG)  # nothing is kept any more
    less = system.apply()
    assert less.returncode == 0 and "remove " in less.stderr, less
    assert system.wanted() <= system.names()
    assert "usr/lib/petrichor/initrd.fstab" not in system.names()
    assert f"{UNITS}/petrichor-keep-initrd.service" not in system.names()


def test_a_module_that_dracut_leaves_out_is_no_success(system: System) -> None:
    """Without btrfs-progs the module cannot be installed, and dracut says so."""
    system.config.write_text(CONFIG)
    for tool in ("usr/bin/btrfs", "usr/sbin/btrfs", "bin/btrfs"):
        (system.root / tool).unlink(missing_ok=True)
    done = system.apply()
    assert done.returncode == 3 and "petrichor" in done.stderr, done
    assert not (system.root / MODULE / "built").exists()


def test_a_dracut_that_lies(system: System) -> None:
    system.config.write_text(CONFIG)
    (system.root / "usr/bin/dracut").unlink()
    shutil.copy("/bin/true", system.root / "usr/bin/dracut")
    done = system.apply()
    assert done.returncode == 7 and "lacks /usr/lib/" in done.stderr, done
    assert "build " in system.apply().stderr


LIVE = """\
[volumes."/home"]
backend = "directory"
directory = "/persist/volumes/home"

[filesystems."/persist"]
type = "ext4"
device = "/dev/disk/by-label/persist"

[persistence."/persist/root".users.worker]
home = "/home/worker"
directories = [{directories}]
files = [{{ file = ".profile", method = "bind" }}, {{ file = ".link", method = "symlink" }}]
"""

# As dracut would, as far as the module goes, in a tenth of a second.
DRACUT = """\
#!/bin/sh
cd /usr/lib/dracut/modules.d/90petrichor/initrd
find . | cpio --quiet -o -H newc >/boot/initrd.img-"$(ls /lib/modules)"
"""

SCRIPT = """
    run() { echo "== $1"; shift; "$@" 2>&1; echo "code $?"; }
    mount_count() { grep -c ' /home/worker/' /proc/self/mountinfo; }
    mkdir -p /home/worker/Documents /home/worker/empty
    echo old >/home/worker/Documents/a; echo old >/home/worker/Documents/b
    echo old >/home/worker/.profile; echo old >/home/worker/.link
    mkdir -p /persist/root/home/worker/Documents
    echo other >/persist/root/home/worker/Documents/a
    chown -R 1000:1000 /persist/root/home/worker
    cp /configs/one /etc/petrichor.toml
    apply="petrichor --config /etc/petrichor.toml --yes apply"
    run refused $apply
    run untouched sh -c 'ls /run/systemd/system /persist; ls -d /usr/lib/dracut/modules.d/*petri*'
    run mistyped $apply --hide /home/worker/Documnets
    run hidden $apply --hide /home/worker/Documents
    run mounted sh -c 'ls /home/worker/Documents; stat -c %u:%g:%a /home/worker/Documents; cat /home/worker/.profile'
    run linked sh -c 'readlink /home/worker/.link; cat /home/worker/.link'
    echo kept >/home/worker/Documents/new
    run again $apply --hide /home/worker/.link
    run count mount_count
    run units sh -c 'ls /run/systemd/system; systemctl cat petrichor-keep.service | grep -c fstab'
    cp /configs/two /etc/petrichor.toml
    sh -c 'cd /home/worker/empty && exec sleep 100' &
    sleep 0.3
    run changed $apply --hide /home/worker/.link
    run after sh -c 'ls /home/worker/Documents; grep -o " /home/worker/[^ ]*" /proc/self/mountinfo; ls /persist/root/home/worker/Documents'
    cp /configs/none /etc/petrichor.toml
    run nothing $apply
    run left sh -c 'ls -A /run/systemd/system; ls /run/petrichor'
    umount /persist; cp /configs/one /etc/petrichor.toml
    run storeless $apply
"""


@pytest.mark.boots
@command.needs_same_python
def test_on_a_running_system(tmp_path: Path, dracut_tree: Path) -> None:
    configs, persist = tmp_path / "configs", tmp_path / "persist"
    for place in (configs, persist / "volumes/home"):
        place.mkdir(parents=True)
    (configs / "one").write_text(LIVE.format(directories='"Documents", "empty"'))
    (configs / "two").write_text(LIVE.format(directories='"Documents/deep", "two words"'))
    (configs / "none").write_text('[volumes."/var/tmp"]\nbackend = "tmpfs"\n')
    passwd, group = ((dracut_tree / "etc" / name).read_text() for name in ("passwd", "group"))
    machine = Machine(
        files={
            **command.FILES,
            "/etc/passwd": f"{passwd}worker:x:1000:1000::/home/worker:/bin/sh\n",
            "/etc/group": f"{group}worker:x:1000:\n",
            "/usr/bin/dracut": DRACUT,
        },
        modes={**command.MODES, "/usr/bin/dracut": 0o755},
        binds={"/persist": persist, "/configs": configs, **command.binds()},
    )
    scratch = tmp_path / "boot"
    scratch.mkdir()
    result = boot(dracut_tree, machine, SCRIPT, folder=scratch, timeout=150)
    parts = dict(part.split("\n", 1) for part in result.out.decode().split("== ")[1:])
    said = json.dumps(parts, indent=1) + str(result)

    assert parts["refused"].endswith("code 6\n"), said
    assert "  /home/worker/Documents: " in parts["refused"], said
    assert "holds something else" in parts["refused"] and "--take" in parts["refused"], said
    assert ".profile" not in parts["refused"] and "petrichor" not in parts["untouched"], said
    assert parts["mistyped"].endswith("code 2\n") and "Documnets" in parts["mistyped"], said
    assert parts["hidden"].endswith("3 kept paths are mounted\ncode 0\n"), said
    assert parts["mounted"] == "a\n1000:1000:755\nold\ncode 0\n", said
    assert parts["linked"] == "/persist/root/home/worker/.link\nold\ncode 0\n", said
    assert "nothing to do" in parts["again"], said
    assert parts["count"] == "3\ncode 0\n", said
    assert "home.mount" in parts["units"] and "petrichor-keep.service" in parts["units"], said
    assert "code 0" in parts["changed"] and "/home/worker/empty is in use" in parts["changed"], said
    after = parts["after"].splitlines()
    assert after[:3] == ["a", "b", "deep"], said  # what the mount had hidden
    assert {" /home/worker/Documents/deep", " /home/worker/two\\040words"} <= set(after), said
    assert " /home/worker/Documents" not in after, said
    assert after[-2:] == ["new", "code 0"] or "new" in after[-4:], said
    assert parts["nothing"].endswith("code 0\n") or "in use" in parts["nothing"], said
    assert "home.mount" not in parts["left"] and "petrichor-keep" not in parts["left"], said
    assert "system.fstab" not in parts["left"], said
    assert parts["storeless"].endswith("code 7\n") and "mount /persist" in parts["storeless"], said
