"""`petrichor try`: the whole cycle, in whatever way this machine allows, and nothing left behind."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.root.harness.program import REPO, petrichor
from tests.root.test_harness import wait_until

COMMAND = [sys.executable, "-m", "petrichor", "try"]
PLACES = ("/run", "/run/petrichor", "/tmp", "/var/tmp", "/dev/shm")
OURS = ("petrichor-try", "volume", "image")


def loops() -> set[str]:
    """Loop devices that hold an image of a trial."""
    listed = ["losetup", "--list", "--noheadings", "--output", "NAME,BACK-FILE"]
    done = subprocess.run(listed, check=True, capture_output=True, text=True)
    return {line for line in done.stdout.splitlines() if "petrichor-try" in line}


def traces() -> set[str]:
    """Mounts, and names in the places where something could be left."""
    mounts = set(Path("/proc/self/mountinfo").read_text().splitlines())
    names = {f"{p}/{n}" for p in PLACES if os.path.isdir(p) for n in os.listdir(p)}
    return mounts | {name for name in names if name.rpartition("/")[2].startswith(OURS)}


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    before = traces()
    yield
    wait_until(lambda: not loops())
    assert traces() - before == set()


def test_as_root_on_btrfs() -> None:
    started = time.monotonic()
    done = petrichor("--json", "try")
    seconds = time.monotonic() - started
    answer = json.loads(done.stdout)
    assert answer["backend"] == "btrfs" and answer["passed"]
    assert len(answer["checks"]) >= 10 and all(check["passed"] for check in answer["checks"])
    assert "btrfs subvolume snapshot" in done.stderr and "mv -T" in done.stderr
    assert seconds < 15


def test_the_story_is_told() -> None:
    told = petrichor("try").stdout
    assert "/naughty-file is gone" in told
    assert "/var/lib/garden/roses is there, unchanged" in told
    assert "WRONG" not in told


NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
NO_MOUNT = ["setpriv", "--bounding-set=-sys_admin"]
# What /dev holds that Python needs, but no loop device.
NO_LOOP = [
    "unshare", "--mount", "sh", "-c",
    'mount -t tmpfs dev /dev && mknod -m 666 /dev/null c 1 3 && exec "$@"', "sh",
]  # fmt: skip


def outside_of_home() -> list[str]:
    """The command for a user who may not read root's home, where this interpreter may lie."""
    if Path(sys.executable).resolve().is_relative_to("/root"):
        found = Path("/usr/bin/python3")
        if not found.exists():
            pytest.skip("no interpreter that another user may run")
        packages = next(REPO.glob(".venv/lib/python3*/site-packages"))
        path = f"PYTHONPATH={REPO / 'src'}:{packages}"
        return ["env", path, "PYTHONDONTWRITEBYTECODE=1", str(found), "-m", "petrichor", "try"]
    return ["env", f"PYTHONPATH={REPO / 'src'}", "PYTHONDONTWRITEBYTECODE=1", *COMMAND]


# A mkfs.btrfs that makes nothing: then no Btrfs can be mounted.
NO_BTRFS = [
    "unshare", "--mount", "sh", "-c",
    'mount --bind /bin/true "$(command -v mkfs.btrfs)" && exec "$@"', "sh",
]  # fmt: skip


@pytest.mark.parametrize(
    ("before", "why"),
    [
        (NOBODY, "this is not root"),
        (NO_MOUNT, "this root may not mount"),
        (NO_LOOP, "this machine has no loop devices"),
        (NO_BTRFS, "no Btrfs can be mounted here"),
    ],
    ids=["a user", "a root without rights", "no loop devices", "no Btrfs"],
)
def test_otherwise_on_a_directory(before: list[str], why: str) -> None:
    command = outside_of_home() if before is NOBODY else COMMAND
    done = subprocess.run(
        [*before, *command], capture_output=True, text=True, check=False, cwd="/",
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"not one on Btrfs: {why}" in done.stdout.splitlines()[0]
    assert "naughty-file is gone" in done.stdout and "WRONG" not in done.stdout


def test_where_nothing_is_allowed_it_says_why() -> None:
    forbid = "echo 0 >/proc/sys/user/max_user_namespaces; echo 0 >/proc/sys/user/max_mnt_namespaces"
    command = ["unshare", "--user", "--map-root-user", "sh", "-c", f'{forbid}; exec "$@"', "sh"]
    done = subprocess.run([*command, *COMMAND], capture_output=True, text=True, check=False)
    assert done.returncode == 7, done.stdout + done.stderr
    assert "namespace" in done.stderr and "hint:" in done.stderr
    assert done.stdout == ""


BROKEN = {
    "nothing is reset": "tryout.reset_volume = lambda *a: None",
    "nothing is kept": "tryout.fstab = lambda *a: ''",
    "the retired volume is lost": (
        "real = tryout.reset_volume; import subprocess\n"
        "def reset_volume(*a):\n"
        "    real(*a)\n"
        "    subprocess.run('mv /run/petrichor-try/top/retired /run/petrichor-try/top/x', shell=True)\n"
        "    subprocess.run('mkdir /run/petrichor-try/top/retired', shell=True)\n"
        "tryout.reset_volume = reset_volume"
    ),
}


@pytest.mark.parametrize("what", BROKEN)
def test_it_sees_what_goes_wrong(what: str) -> None:
    script = f"""
import sys
from petrichor.act import tryout
{BROKEN[what]}
from petrichor.cli.main import run
sys.exit(run(["try"]))
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, cwd=REPO
    )
    assert done.returncode == 8, done.stdout + done.stderr
    assert "WRONG" in done.stdout


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
@pytest.mark.parametrize("round_", range(4))
def test_interrupted_at_any_time(number: signal.Signals, round_: int) -> None:
    delay = random.Random(f"{number}-{round_}").uniform(0.1, 0.6)  # it runs about as long
    with subprocess.Popen(
        COMMAND, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        cwd=REPO,
    ) as process:  # fmt: skip
        time.sleep(delay)
        process.send_signal(number)
        _, said = process.communicate(timeout=30)
    assert process.returncode in (0, 130, -number), said.decode()


def test_interrupted_when_the_image_is_in_use() -> None:
    """The moment in which most would be left: everything is mounted."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        with subprocess.Popen(
            COMMAND, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, cwd=REPO, env={**os.environ, "PYTHONUNBUFFERED": "1"},
        ) as process:  # fmt: skip
            assert process.stdout
            for line in process.stdout:
                if line.startswith("use:"):
                    break
            assert loops()
            process.send_signal(number)
            process.communicate(timeout=30)
        wait_until(lambda: not loops())
