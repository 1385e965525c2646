"""The harness itself: what it boots is real, and what it mounts goes away whatever happens."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.root.harness import loop
from tests.root.harness.boot import Booted, Machine

REPO = Path(__file__).resolve().parents[2]

EARLY = """\
[Unit]
DefaultDependencies=no
Before=local-fs.target
After=systemd-remount-fs.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=mkdir /proof
ExecStart=mount --bind /var/lib /proof
"""
PULLED_IN = """\
[Unit]
Requires=early.service
"""


def test_btrfs_is_real_and_detached_afterwards(tmp_path: Path) -> None:
    with loop.btrfs(tmp_path / "fs") as top:
        subprocess.run(["btrfs", "--quiet", "subvolume", "create", str(top / "home")], check=True)
        assert (top / "home").stat().st_ino == 256
    wait_until(lambda: not loop.loop_devices(tmp_path / "fs" / "btrfs.img"))


HOLD = """
import sys, time
from pathlib import Path
from tests.root.harness import loop
with loop.btrfs(Path(sys.argv[1])):
    print("mounted", flush=True)
    time.sleep(600)
"""


@pytest.mark.parametrize("victim", ["namespace", "test"])
def test_sigkill_leaves_no_loop_device(tmp_path: Path, victim: str) -> None:
    held = str(tmp_path / "fs")
    command = [str(REPO / "scripts/in-namespace"), sys.executable, "-c", HOLD, held]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=REPO) as process:
        assert process.stdout and process.stdout.readline() == b"mounted\n"
        image = tmp_path / "fs" / "btrfs.img"
        assert loop.loop_devices(image)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
        os.kill(process.pid if victim == "namespace" else int(children), signal.SIGKILL)
    wait_until(lambda: not loop.loop_devices(image))


def wait_until(condition: Callable[[], bool], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


@pytest.mark.boots
def test_pid_1_is_systemd_and_early_units_run_before_local_fs(
    booted: Callable[..., Booted],
) -> None:
    machine = Machine(
        files={
            "/etc/systemd/system/early.service": EARLY,
            "/etc/systemd/system/local-fs.target.d/early.conf": PULLED_IN,
        }
    )
    check = """
        cat /proc/1/comm
        mountpoint -q /proof && echo mounted
        systemctl --failed --no-legend
        systemctl show --value -p ActiveEnterTimestampMonotonic early.service local-fs.target
    """
    result = booted(machine, check)
    assert result.code == 0, str(result)
    name, proof, early, _, target = result.out.decode().splitlines()
    assert (name, proof) == ("systemd", "mounted"), str(result)
    assert 0 < int(early) < int(target), str(result)


@pytest.mark.boots
def test_a_failed_check_and_a_hung_boot_are_told_apart(booted: Callable[..., Booted]) -> None:
    result = booted(Machine(), "echo why >&2; exit 7")
    assert (result.code, result.err) == (7, "why\n"), str(result)
    with pytest.raises(subprocess.TimeoutExpired):
        booted(Machine(), "sleep 100", timeout=4)
