"""A virtual machine whose disks outlive its boots."""

import io
import os
import re
import shlex
import subprocess
import tarfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.vm import cpio, host
from tests.vm.image import Image

# QEMU 7.2 translates cmpxchg16b wrongly, and ZFS uses it: cx16 is off.  It does `rep stosb` byte by
# byte, so that a kernel which clears pages that way stands still for minutes: erms and fsrm are
# off, and CMDLINE has init_on_alloc=0.  Without avx ZFS measures fewer implementations of
# its checksums when it is loaded.
QEMU: Final = (
    "qemu-system-x86_64 -accel tcg,thread=multi"
    " -cpu max,cx16=off,erms=off,fsrm=off,avx=off,avx2=off -m 1536 -nographic"
    " -no-reboot -nodefaults -nic none -device virtio-rng-pci"
)
# Where the host is busy, ticks come late, and the kernel takes its timer for broken: no_timer_check.
CMDLINE: Final = (
    "console=ttyS0 quiet mitigations=off audit=0 apparmor=0 init_on_alloc=0 panic=-1 rd.shell=0"
    " no_timer_check"
    " systemd.default_timeout_start_sec=200 systemd.default_device_timeout_sec=200"
)
# One each: two machines at once use two cores better than one machine does.
CPUS: Final = int(os.environ.get("PETRICHOR_VM_CPUS", "1"))
PATIENCE: Final = 900.0  # seconds; a boot takes 30 to 110 on an idle machine
DEAD: Final = ("Entering emergency mode", "Kernel panic", "Warning: Boot has failed")
CUT: Final = "RING-CUT"
STUCK: Final = re.compile(r"soft lockup - CPU#\d+ stuck for (\d+)s")
LONGEST: Final = 150
"""Seconds that a guest's kernel may stand still: from 180 on its systemd kills what waits."""

# More machines at once than this only slow each other down under emulation.
_slots = threading.BoundedSemaphore(int(os.environ.get("PETRICHOR_VM_SLOTS", "2")))


class BootError(Exception):
    """A boot did not end as it should; the text holds the end of its console."""


class StalledError(Exception):
    """The guest's kernel stood still: emulation failed, and nothing is known of what was tested."""


@dataclass(frozen=True, slots=True)
class Job:
    """What a boot is to do: a shell script, one for the initrd, and files beside them."""

    script: str = ""
    initrd: str = ""
    files: dict[str, bytes] = field(default_factory=dict)

    def tar(self) -> bytes:
        """Return the job as the agent wants it."""
        files = dict(self.files)
        if self.script:
            files["job.sh"] = self.script.encode()
        if self.initrd:
            files["initrd.sh"] = self.initrd.encode()
        return _tar(files)


@dataclass(frozen=True, slots=True)
class Boot:
    """What a boot left: its console, the job's files, how long it took in seconds."""

    console: str
    files: dict[str, str]
    seconds: float

    def __getitem__(self, name: str) -> str:
        if name not in self.files:
            raise BootError(f"the job left no file {name!r}, only {sorted(self.files)}")
        return self.files[name].strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Drive:
    """A disk; `spare` means that what is written to it is forgotten when the machine stops."""

    serial: str
    path: Path
    format: str = "raw"
    spare: bool = False

    def arguments(self) -> list[str]:
        """Return QEMU's options for the disk."""
        options = f"if=none,id={self.serial},file={self.path},format={self.format}"
        options += ",cache=unsafe,snapshot=on" if self.spare else ",cache=writeback"
        device = f"virtio-blk-pci,drive={self.serial},serial={self.serial}"
        return ["-drive", options, "-device", device]


class Machine:
    """A machine of an image, with a directory of its own for what a boot needs and leaves."""

    def __init__(self, image: Image, place: Path, drives: Sequence[Drive], cmdline: str) -> None:
        self.image = image
        self.place = place
        self.drives = tuple(drives)
        self.cmdline = cmdline
        self.initrd = image.initrd
        self.cpus = CPUS
        self.extra: list[cpio.Entry] = []
        self.boots = 0
        place.mkdir(parents=True, exist_ok=True)

    def boot(
        self, job: Job, *, extra: Sequence[cpio.Entry] = (), cmdline: str = "", cut: bool = False
    ) -> Boot:
        """Boot, do the job, and wait for the machine to stop.

        With `cut` the machine is killed as soon as it prints the marker, as by a power failure.
        Raises BootError when it does not end as asked, StalledError when it cannot be told.
        """
        self.boots += 1
        place = self.place / f"boot-{self.boots}"
        place.mkdir()
        out = place / "out"
        (place / "job").write_bytes(job.tar() + bytes(1 << 20))
        out.write_bytes(b"")
        os.truncate(out, 64 << 20)
        with _slots:
            began = time.monotonic()
            console = self._run(place, [*self.extra, *extra], cmdline, cut)
            seconds = time.monotonic() - began
        files = {} if cut else _untar(out)
        out.unlink()
        for name, text in files.items():
            (place / f"job-{name}").write_text(text, errors="surrogateescape")
        result = Boot(console, files, seconds)
        if not cut and files.get("status", "").strip() != "0":
            raise BootError(f"{place}: the job failed\n{_end(result)}")
        return result

    def _run(self, place: Path, extra: list[cpio.Entry], cmdline: str, cut: bool) -> str:
        initrd = place / "initrd"
        initrd.write_bytes(self.initrd.read_bytes() + cpio.archive(extra))
        console = place / "console"
        drives = [
            *self.drives,
            Drive(serial="job", path=place / "job", spare=True),
            Drive(serial="out", path=place / "out"),
        ]
        command: list[str | Path] = [
            *shlex.split(QEMU),
            *("-smp", str(self.cpus)),
            *("-kernel", self.image.kernel, "-initrd", initrd),
            *("-append", f"{CMDLINE} {self.cmdline} {cmdline}"),
            *("-serial", f"file:{console}"),
            *(word for drive in drives for word in drive.arguments()),
        ]
        qemu = host.start(command, place / "qemu")
        try:
            return _watch(qemu, console, cut)
        finally:
            qemu.kill()
            qemu.wait()
            initrd.unlink()
            (place / "job").unlink()


def _watch(qemu: subprocess.Popen[bytes], console: Path, cut: bool) -> str:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        ended = qemu.poll() is not None
        text = console.read_bytes().decode(errors="replace") if console.exists() else ""
        if cut and CUT in text:
            return text
        if any(int(seconds) >= LONGEST for seconds in STUCK.findall(text)):
            raise StalledError(f"{console}: the guest's kernel stands still")
        if dead := next((words for words in DEAD if words in text), ""):
            raise BootError(f"{console}: {dead}\n{text[-4000:]}")
        if ended:
            if qemu.returncode or cut:
                said = (console.parent / "qemu").read_text()
                raise BootError(f"{console}: stopped too early\n{said}{text[-4000:]}")
            return text
        time.sleep(0.2)
    raise BootError(f"{console}: not done after {PATIENCE:.0f} s\n{text[-4000:]}")


def _tar(files: dict[str, bytes]) -> bytes:
    memory = io.BytesIO()
    with tarfile.open(fileobj=memory, mode="w") as tar:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return memory.getvalue()


def _untar(disk: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    try:
        with tarfile.open(disk, mode="r:") as tar:
            for member in tar:
                if (data := tar.extractfile(member)) is not None:
                    name = member.name.removeprefix("./")
                    found[name] = data.read().decode(errors="surrogateescape")
    except tarfile.TarError:
        pass
    return found


def _end(boot: Boot) -> str:
    return f"--- console\n{boot.console[-3000:]}\n--- job\n{boot.files.get('log', '')[-4000:]}"
