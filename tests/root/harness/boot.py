"""Boots a tree with a real PID 1, runs a check in it, and hands back what it wrote.

`systemd-nspawn` needs no systemd on this machine when it neither registers nor moves units. There
is no initrd: what is tested here begins at `switch-root`.
"""

import fcntl
import os
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

CHECK: Final = """\
[Unit]
Description=What the test wants to know
DefaultDependencies=no
Requires={target}
After={target} basic.target
SuccessAction=exit-force
FailureAction=exit-force

[Service]
Type=oneshot
ExecStart=/petrichor-test/check
ExecStopPost=-/petrichor-test/journal
StandardOutput=append:/petrichor-test/out
StandardError=append:/petrichor-test/err
TimeoutStartSec={timeout}
"""
# The check comes after the target, so the target cannot be the one that starts it.
TARGET: Final = """\
[Unit]
Wants={target} basic.target petrichor-test-check.service
After={target}
"""
# A boot that ends in emergency mode is a result, not a hang.
EMERGENCY: Final = CHECK.replace("Requires={target}\nAfter={target} basic.target\n", "").replace(
    "Type=oneshot", "Type=oneshot\nExecStart=touch /petrichor-test/emergency"
)
# Nothing a boot test asks about, and each costs time.
MASKED: Final = (
    ("apt-daily.timer", "apt-daily-upgrade.timer", "dpkg-db-backup.timer", "e2scrub_all.timer")
    + ("fstrim.timer", "systemd-firstboot.service", "console-getty.service", "getty.target")
    + ("systemd-udevd.service", "systemd-udev-trigger.service", "systemd-timesyncd.service")
)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Booted:
    """What a boot left: output of the check, its exit code, and the journal for the reader."""

    out: bytes
    err: str
    code: int
    emergency: bool  # the boot ended in emergency mode; the check ran there
    journal: str
    root: Path  # the tree as the boot left it, below the folder given to `boot`

    def __str__(self) -> str:
        head = f"code {self.code}, emergency {self.emergency}"
        return f"{head}\nout: {self.out!r}\nerr: {self.err}\n{self.journal}"

    __repr__ = __str__


@dataclass(slots=True, kw_only=True)
class Machine:
    """What is laid over the tree before it boots."""

    files: Mapping[str, str | bytes] = field(default_factory=dict)  # path in the tree: content
    modes: Mapping[str, int] = field(default_factory=dict)  # of files: 0644 if not named
    links: Mapping[str, str] = field(default_factory=dict)  # path in the tree: target
    binds: dict[str, Path] = field(default_factory=dict)  # path in the tree: folder outside
    options: Iterable[str] = ()  # more arguments for systemd-nspawn
    kernel_cmdline: Iterable[str] = ()  # what systemd reads from its own command line
    target: str = "multi-user.target"


@contextmanager
def overlay(tree: Path, folder: Path) -> Iterator[Path]:
    """A writable view of the tree below `folder`, which must not be an overlay itself."""
    upper, work, merged = (folder / name for name in ("upper", "work", "merged"))
    for path in (upper, work, merged):
        path.mkdir()
    options = f"lowerdir={tree},upperdir={upper},workdir={work}"
    subprocess.run(["mount", "-t", "overlay", "overlay", "-o", options, str(merged)], check=True)
    try:
        yield merged
    finally:
        subprocess.run(["umount", "--lazy", str(merged)], check=True)


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """With --keep-unit every container is in the caller's cgroup, and two would meet there:
    the one that ends first takes `system.slice` away from the other. The lock is the machine's."""
    with Path("/run/lock/petrichor-boot.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def write(root: Path, path: str, content: str | bytes, mode: int = 0o644) -> None:
    place = root / path.lstrip("/")
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content.encode() if isinstance(content, str) else content)
    place.chmod(mode)


def _lay_out(root: Path, machine: Machine, talk: Path, check: str, timeout: int) -> None:
    units = root / "etc/systemd/system"
    units.mkdir(parents=True, exist_ok=True)
    for unit in MASKED:
        (units / unit).symlink_to("/dev/null")
    for path, content in machine.files.items():
        write(root, path, content, machine.modes.get(path, 0o644))
    for path, aim in machine.links.items():
        (root / path.lstrip("/")).parent.mkdir(parents=True, exist_ok=True)
        (root / path.lstrip("/")).symlink_to(aim)
    texts = {
        "petrichor-test-check.service": CHECK,
        "petrichor-test.target": TARGET,
        "emergency.service": EMERGENCY,
    }
    for name, text in texts.items():
        write(units, name, text.format(target=machine.target, timeout=timeout))
    (units / "default.target").unlink(missing_ok=True)
    (units / "default.target").symlink_to("petrichor-test.target")
    (root / "petrichor-test").mkdir()
    write(
        talk,
        "journal",
        "#!/bin/sh\nexec journalctl --boot --quiet --output=cat >/petrichor-test/log 2>&1\n",
        0o755,
    )
    write(talk, "check", f"#!/bin/sh\n{check}\n", 0o755)
    for path in machine.binds:
        (root / path.lstrip("/")).mkdir(parents=True, exist_ok=True)


def nspawn(root: Path, machine: Machine, talk: Path) -> list[str]:
    binds = {"/petrichor-test": talk, **machine.binds}
    return [
        "systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--private-network",
        "--directory", str(root), "--machine=petrichor-test", "--resolv-conf=off", "--timezone=off",
        "--link-journal=no", "--console=pipe", *machine.options,
        *(f"--bind={outside}:{inside}" for inside, outside in binds.items()),
        "--boot", *machine.kernel_cmdline,
    ]  # fmt: skip


def boot(
    tree: Path, machine: Machine, check: str, *, folder: Path | None = None, timeout: int = 60
) -> Booted:
    """Boots `machine` on an overlay over `tree`, runs the shell text `check` after its target.

    With `folder` (empty, on a real filesystem) the result stays there; without it, nothing stays.
    Raises `subprocess.TimeoutExpired` after `timeout` seconds; the container is dead by then.
    """
    with tempfile.TemporaryDirectory(prefix="petrichor-boot-") as scratch:
        base = folder or Path(scratch)
        talk = base / "talk"
        talk.mkdir()
        with one_at_a_time(), overlay(tree, base) as root:
            _lay_out(root, machine, talk, check, timeout)
            done = subprocess.run(
                nspawn(root, machine, talk), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, timeout=timeout, check=False,
                env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8"},
            )  # fmt: skip
        out, err, log = (talk / name for name in ("out", "err", "log"))
        return Booted(
            out=out.read_bytes() if out.exists() else b"",
            err=err.read_text(errors="replace") if err.exists() else "the check did not run",
            code=done.returncode,
            emergency=(talk / "emergency").exists(),
            journal=log.read_text(errors="replace") if log.exists() else done.stdout.decode(),
            root=base / "upper",
        )
