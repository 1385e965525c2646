"""Power cuts: the machine is killed after each step of a reset, and must find its way back."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.vm import cpio, declarations, host
from tests.vm.image import Image
from tests.vm.machine import CUT, Boot, BootError
from tests.vm.subject import KEY, UNITS, Subject, in_initrd
from tests.vm.verdict import Verdict

UNIT = "petrichor-reset@-.service"
OLD = "written-before-the-cut"
STOP = f"#!/bin/sh\nsync\necho {CUT} >/dev/console\nsleep 100000\n"


def power_cut(image: Image, place: Path, verdict: Verdict) -> None:
    """Kill the machine after each step of `retire`, on ZFS and on Btrfs; also encrypted ZFS."""
    place.mkdir()
    with ThreadPoolExecutor(4) as pool:
        parts = [
            pool.submit(_zfs, image, place / "zfs", verdict),
            pool.submit(_btrfs, image, place / "btrfs", verdict),
            pool.submit(_encrypted, image, place / "below", verdict, "rpool/safe", "rpool/safe"),
            pool.submit(_encrypted, image, place / "itself", verdict, "rpool", "rpool/root"),
        ]
        for part in parts:
            part.result()


def _zfs(image: Image, place: Path, verdict: Verdict) -> None:
    subject = Subject(image, place, _only_root(declarations.zfs("retire")), backend="zfs")
    _every_step(subject, verdict)


def _btrfs(image: Image, place: Path, verdict: Verdict) -> None:
    subject = Subject(image, place, _only_root(declarations.btrfs("retire")), backend="btrfs")
    _every_step(subject, verdict)


def _only_root(text: str) -> str:
    return text.partition('[volumes."/home"]')[0]


def _every_step(subject: Subject, verdict: Verdict) -> None:
    subject.install("bare", old=OLD)
    steps = commands((subject.rendered / "initrd" / UNITS / UNIT).read_text())
    verdict.that(len(steps) > 2, f"the unit of {subject.place.name} has steps", steps)
    with ThreadPoolExecutor(2) as pool:
        cases = [pool.submit(_one_cut, subject, verdict, n, steps) for n in range(len(steps) + 1)]
        for case in cases:
            case.result()


def commands(unit: str) -> list[str]:
    """Return the command lines of a unit, in order."""
    return [line for line in unit.splitlines() if line.startswith("ExecStart=")]


def _one_cut(subject: Subject, verdict: Verdict, number: int, steps: list[str]) -> None:
    """Cut the power after so many steps, then boot with the unit as it is."""
    twin = subject.fork(f"cut-{number}")
    what = f"{subject.place.name}, cut after step {number} of {len(steps)}"
    text = "\n".join(["[Service]", "ExecStart=", *steps[:number], "ExecStart=/usr/lib/ring/cut"])
    stop = [
        cpio.file(f"{UNITS}/{UNIT}.d/zz-cut.conf", text + "\n"),
        cpio.file("usr/lib/ring/cut", STOP, 0o755),
    ]
    twin.boot(twin.job("", initrd="after-cut"), extra=stop, cut=True)
    after = twin.boot(twin.job("", initrd="after-cut"), extra=in_initrd())
    host.say(f"vm: {verdict.name}: {what}: looked at after {after.seconds:.0f} s")
    came_back(verdict, after, what)


def came_back(verdict: Verdict, boot: Boot, what: str) -> None:
    """Check that the root is blank and that what it held is in one retired volume."""
    verdict.equal(boot["reset"], "active", f"{what}: the reset went through")
    verdict.equal(boot["root"], "", f"{what}: the root is blank")
    held = [line for line in boot["retired"].splitlines() if line.endswith(f"/{OLD}")]
    verdict.that(
        len(held) == 1 and held[0].startswith("root-"),
        f"{what}: what it held is in one retired volume", boot["retired"],
    )  # fmt: skip
    baselines = {"root-blank", "rpool/root@blank", "rpool/safe/root@blank"}
    found = baselines & set(boot["volumes"].split())
    verdict.equal(len(found), 1, f"{what}: the baseline is at its place")


def _encrypted(image: Image, place: Path, verdict: Verdict, parent: str, key: str) -> None:
    """Encrypted ZFS: the root below an encryption root, or one itself; two resets in a row.

    The second case is one that `petrichor check` refuses: what it does is noted, and must not
    lose what the root held.
    """
    text = _only_root(declarations.zfs("retire", parent=parent))
    subject = Subject(image, place, text, backend="zfs", parent=parent)
    subject.install("bare", old=OLD, key=key)
    unlock = cpio.Entry("etc/ring/key", 0o100600, KEY)
    if key != parent:
        _refused(subject, verdict, [*in_initrd(), unlock])
        return
    for number in (1, 2):
        boot = subject.boot(subject.job("", initrd="after-cut"), extra=[*in_initrd(), unlock])
        what = f"encrypted, key at {key}, reset {number}"
        root = boot["encryption-root"]
        verdict.notes.append(f"{what}: {boot['reset']}, encryption root {root}")
        came_back(verdict, boot, what)
        verdict.equal(root, key, f"{what}: the encryption root stays")


def _refused(subject: Subject, verdict: Verdict, extra: list[cpio.Entry]) -> None:
    """Boot what `petrichor check` refuses, and note what comes of it: the key has to be loaded
    again after the promote, which nothing in this initrd does."""
    what = "encrypted, the root its own encryption root (refused by check)"
    try:
        boot = subject.boot(subject.job("", initrd="after-cut"), extra=extra)
    except BootError:
        verdict.notes.append(f"{what}: does not boot")
        return
    everything = boot["retired"] + boot["root"]
    verdict.notes.append(f"{what}: reset {boot['reset']}")
    verdict.that(OLD in everything, f"{what}: nothing is lost", everything)
