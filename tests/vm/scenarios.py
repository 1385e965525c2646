"""The ring's scenarios; power cuts have a file of their own."""

import contextlib
import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path

from tests.vm import cpio, declarations, host
from tests.vm.image import Image, chroot, dracut
from tests.vm.machine import Boot, BootError
from tests.vm.subject import UNITS, Subject, in_initrd
from tests.vm.verdict import Verdict, states, status

# What systemd, Debian's boot and petrichor itself make on an empty root.
OWN = {
    *("bin", "lib", "lib64", "sbin", "usr", "etc", "var", "root", "home", "persist", "boot"),
    *("dev", "proc", "run", "sys", "tmp", "srv", "mnt", "media", "opt", ".petrichor-canary"),
}
HOME = {"alice", ".petrichor-canary"}


def good_boot(verdict: Verdict, boot: Boot, number: int) -> None:
    """Check what holds after every boot at which all went well."""
    verdict.equal(set(states(boot).values()), {"reset"}, f"boot {number}: each volume was reset")
    verdict.that(status(boot)["good"] is True, f"boot {number}: status is good")
    verdict.equal(boot["failed"], "", f"boot {number}: no unit failed")
    verdict.equal(boot["naughty"], "", f"boot {number}: naughty files are gone")


def kept(verdict: Verdict, boots: list[Boot]) -> None:
    """Check that kept files survive and are the store's own: owner, mode, inode."""
    for number, (before, after) in enumerate(itertools.pairwise(boots), 2):
        stored = before["stored"].replace("/persist/root", "")
        verdict.equal(after["kept"], stored, f"boot {number}: kept files have owner, mode, inode")
        words = [str(n) for n in range(1, number)] * 2
        verdict.equal(after["kept-words"].split(), words, f"boot {number}: kept files have it all")


def retired(verdict: Verdict, boot: Boot) -> None:
    """Check that two retired roots and homes hold what the first two boots left."""
    lines = boot["retired"].splitlines()
    for stem, inside in (("root", ""), ("home", "alice/")):
        holders = []
        for number in (1, 2):
            parts = [line.partition("/") for line in lines]
            found = [name for name, _, rest in parts if rest == f"{inside}naughty-{number}"]
            verdict.that(
                len(found) == 1 and found[0].startswith(f"{stem}-"),
                f"naughty-{number} lies in one retired {stem}", found,
            )  # fmt: skip
            holders += found
        verdict.equal(len(set(holders)), 2, f"two retired {stem}s hold the old files")


def three_lives(
    verdict: Verdict, subject: Subject, own: frozenset[str] = frozenset(OWN)
) -> list[Boot]:
    """Boot three times; each boot leaves files that the next may not see."""
    boots = []
    for number in (1, 2, 3):
        boot = subject.live(number)
        host.say(f"vm: {verdict.name}: boot {number} took {boot.seconds:.0f} s")
        good_boot(verdict, boot, number)
        verdict.only_boots_own(boot, "root", own)
        verdict.only_boots_own(boot, "home", HOME)
        boots.append(boot)
    kept(verdict, boots)
    retired(verdict, boots[-1])
    places = dict(line.split(" ", 1) for line in boots[-1]["places"].splitlines())
    verdict.equal(places.get("/"), "root:root 755", "the empty root has its mode")
    verdict.equal(places.get("/home/alice"), "alice:alice 700", "a home has its owner and mode")
    return boots


def zfs_empty_root(image: Image, place: Path, verdict: Verdict) -> None:
    """An empty ZFS root: /usr a dataset of its own, /etc and /var from the store."""
    text = declarations.zfs("retire", "usr", "persist", kept=declarations.KEPT_EMPTY)
    subject = Subject(image, place, text, backend="zfs")
    subject.install("empty")
    boots = three_lives(verdict, subject)
    for number, boot in enumerate(boots[1:], 2):
        properties = dict(line.split("\t") for line in boot["properties"].splitlines())
        verdict.equal(
            properties, {"quota": "2G", "ring:note": "remember"},
            f"boot {number}: properties set on the old home are on its successor",
        )  # fmt: skip
    pruned(verdict, boots[-1])


def pruned(verdict: Verdict, boot: Boot) -> None:
    """Check that with one to be kept the last boot's own retired datasets are left."""
    names = [line.rpartition("/")[2] for line in boot["left"].splitlines()[1:]]
    volumes = sorted(name.partition("-")[0] for name in names)
    verdict.equal(volumes, ["home", "root"], f"prune leaves one of each ({boot['prune']})")
    newest = boot["boot-id"].strip().replace("-", "")
    verdict.that(all(name.endswith(newest) for name in names), "prune leaves the newest", names)


def btrfs(image: Image, place: Path, verdict: Verdict) -> None:
    """The same on Btrfs."""
    text = declarations.btrfs("retire", "usr", "persist", kept=declarations.KEPT_EMPTY)
    subject = Subject(image, place, text, backend="btrfs")
    subject.install("empty")
    three_lives(verdict, subject)


def zfs_rollback(image: Image, place: Path, verdict: Verdict) -> None:
    """An installed Debian as the root's baseline, rolled back; the initrd is dracut's own."""
    text = declarations.zfs("rollback", "persist", kept=declarations.KEPT_FULL)
    subject = Subject(image, place, text, backend="zfs")
    subject.initrd = native_initrd(subject)
    subject.extra = in_initrd()
    subject.install("full")
    boots = []
    for number in (1, 2, 3):
        boot = subject.live(number, initrd="look-at-reset")
        host.say(f"vm: {verdict.name}: boot {number} took {boot.seconds:.0f} s")
        good_boot(verdict, boot, number)
        verdict.equal(boot["diff-root"], "", f"boot {number}: zfs diff of the root is empty")
        verdict.equal(boot["diff-home"], "", f"boot {number}: zfs diff of the home is empty")
        verdict.that("usr" in boot["initrd-root"].split(), f"boot {number}: the baseline is there")
        boots.append(boot)
    kept(verdict, boots)
    verdict.that("root-2" not in boots[-1]["volumes"], "a rollback retires nothing")


def native_initrd(subject: Subject) -> Path:
    """Build an initrd with the rendered dracut module in the installed system."""
    output = subject.place / "initrd"
    with overlay(subject.image.tree, subject.place) as tree:
        modules = tree / "usr/lib/dracut/modules.d"
        for module in (subject.rendered / "dracut").iterdir():
            shutil.copytree(module, modules / module.name, symlinks=True)
            shutil.copytree(subject.rendered / "initrd", modules / module.name / "initrd")
        with chroot(tree):
            dracut(tree, subject.image.release, output)
    return output


@contextlib.contextmanager
def overlay(tree: Path, place: Path) -> Iterator[Path]:
    """Give a writable view of a tree; what is written goes with the view."""
    parts = {name: place / f"overlay-{name}" for name in ("upper", "work", "view")}
    for part in parts.values():
        part.mkdir()
    options = f"lowerdir={tree},upperdir={parts['upper']},workdir={parts['work']}"
    host.run(["mount", "-t", "overlay", "-o", options, "overlay", parts["view"]])
    try:
        yield parts["view"]
    finally:
        host.run(["umount", "--recursive", "--lazy", parts["view"]])


def refusals(image: Image, place: Path, verdict: Verdict) -> None:
    """A reset that did not happen is told; without its store nothing is written in its place."""
    text = declarations.btrfs("retire", "usr", "persist", kept=declarations.KEPT_EMPTY)
    subject = Subject(image, place, text, backend="btrfs")
    subject.install("empty")
    good_boot(verdict, subject.live(1), 1)
    _masked(verdict, subject)
    _skipped(verdict, subject)
    _without_store(verdict, subject)


def _masked(verdict: Verdict, subject: Subject) -> None:
    boot = subject.live(2, extra=[cpio.link(f"{UNITS}/petrichor-reset@-.service", "/dev/null")])
    verdict.equal(states(boot)["/"], "not reset", "masked: status says that root was not reset")
    verdict.equal(states(boot)["/home"], "reset", "masked: home was reset all the same")
    verdict.that("petrichor-boot.service" in boot["failed"], "masked: petrichor-boot failed")
    verdict.that("status.exit" in boot.files, "masked: status does not exit with 0")
    verdict.that("/naughty-1" in boot["naughty"], "masked: the old content is there")


def _skipped(verdict: Verdict, subject: Subject) -> None:
    boot = subject.boot(subject.job("life", NUMBER="3"), cmdline="petrichor.reset=no")
    verdict.equal(set(states(boot).values()), {"skipped"}, "petrichor.reset=no: status says so")
    for name in ("/naughty-1", "/naughty-2", "/home/alice/naughty-2"):
        verdict.that(name in boot["naughty"].split(), f"petrichor.reset=no: {name} stays")


def _without_store(verdict: Verdict, subject: Subject) -> None:
    """The store's mount fails: the boot stops, says why, and the volume stays empty."""
    broken = "[Mount]\nOptions=subvol=/absent\n"
    extra = [cpio.file(f"{UNITS}/sysroot-persist.mount.d/broken.conf", broken)]
    try:
        subject.live(4, extra=extra)
        verdict.that(False, "without its store this machine does not boot")
    except BootError as error:
        said = str(error)
    else:
        said = ""
    verdict.that("persist" in said, "without the store: the console names the store", said[-1500:])
    verdict.that("the kept" in said or "kept" in said, "without the store: and the kept paths")
    look = subject.boot(subject.job("", initrd="after-cut"), extra=in_initrd())
    newest = max(line.split("/")[0] for line in look["retired"].splitlines() if "root-" in line)
    inside = [line for line in look["retired"].splitlines() if line.startswith(f"{newest}/")]
    written = [line for line in inside if "/persist/" in line or line.endswith("/etc/petrichor")]
    verdict.that(not written, "without the store: nothing was written in its place", written)
