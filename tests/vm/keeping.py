"""Keeping: what a new user keeps outlives the reset, what nobody kept comes back from its boot."""

import io
import stat
import tarfile
from pathlib import Path

from tests.vm import cpio, declarations, host
from tests.vm.image import Image
from tests.vm.machine import Boot
from tests.vm.subject import Subject
from tests.vm.verdict import Verdict, states, status


def keep_zfs(image: Image, place: Path, verdict: Verdict) -> None:
    """Keep a browser's profile on ZFS, reboot, restore what was not kept, forget, prune.

    The initrd of the second boot holds what `keep` itself installed for dracut, and nothing that
    the ring rendered.  That dracut takes it in is shown by `zfs-rollback`; running dracut under
    emulation takes longer than all of this, so that in the machine a stand-in notes that it was
    called, and the ring appends what it would have packed.
    """
    text = declarations.zfs("retire", "usr", "persist", kept=declarations.KEPT_COPIED)
    _as_a_new_user(Subject(image, place, text, backend="zfs"), verdict)


def keep_btrfs(image: Image, place: Path, verdict: Verdict) -> None:
    """The same on Btrfs."""
    text = declarations.btrfs("retire", "usr", "persist", kept=declarations.KEPT_COPIED)
    _as_a_new_user(Subject(image, place, text, backend="btrfs"), verdict)


def _as_a_new_user(subject: Subject, verdict: Verdict) -> None:
    _timed(verdict, "installation", subject.install("empty"))
    first = subject.boot(subject.job("keep-before"))
    _timed(verdict, "boot 1", first)
    _went_well(verdict, first, "boot 1")
    _kept_at_once(verdict, first)
    subject.extra = installed(first)
    second = subject.boot(subject.job("keep-after"))
    _timed(verdict, "boot 2", second)
    _went_well(verdict, second, "boot 2")
    _there_after_reboot(verdict, first, second)
    _copied(verdict, first, second)
    _restored(verdict, first, second)
    _forgotten(verdict, second)


def _timed(verdict: Verdict, what: str, boot: Boot) -> None:
    host.say(f"vm: {verdict.name}: {what} took {boot.seconds:.0f} s")


def _went_well(verdict: Verdict, boot: Boot, what: str) -> None:
    verdict.equal(set(states(boot).values()), {"reset"}, f"{what}: each volume was reset")
    verdict.that(status(boot)["good"] is True, f"{what}: status is good")
    verdict.equal(boot["failed"], "", f"{what}: no unit failed")


def installed(boot: Boot) -> list[cpio.Entry]:
    """Return what the machine installed for its next initrd."""
    data = boot.files["module"].encode(errors="surrogateescape")
    entries = []
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        for member in tar:
            if (content := tar.extractfile(member)) is not None:
                mode = stat.S_IFREG | member.mode
                entries.append(cpio.Entry(member.name.removeprefix("./"), mode, content.read()))
    return entries


def _kept_at_once(verdict: Verdict, boot: Boot) -> None:
    verdict.that("Firefox" in boot["diff"], "diff names Firefox", boot["diff"])
    for word in ("user.ring", "user:5:r--", "places.sqlite", "981173106.789"):
        verdict.that(word in boot["profile"], f"the profile has {word}", boot["profile"])
    verdict.equal(boot["kept"], boot["profile"], "keep: all is there, as it was")
    verdict.that("adopted /home/alice/.mozilla" in boot["keep"], "keep says so", boot["keep"])
    _shows_store(verdict, boot, "keep")
    verdict.that(".mozilla" in boot["declaration"], "keep declares it", boot["declaration"])
    verdict.that("regenerate-all" in boot["dracut"], "keep has the initrds built", boot["dracut"])
    verdict.that(_boot_knows(boot), "keep tells the next boot")


def _shows_store(verdict: Verdict, boot: Boot, what: str) -> None:
    verdict.equal(len(set(boot["inodes"].splitlines())), 1, f"{what}: it is the store's own inode")


def _boot_knows(boot: Boot) -> bool:
    return any(b"alice/.mozilla" in entry.data for entry in installed(boot))


def _there_after_reboot(verdict: Verdict, first: Boot, second: Boot) -> None:
    verdict.equal(second["left"], first["left"], "after the reboot the profile is as it was left")
    _shows_store(verdict, second, "after the reboot")
    verdict.that("notes" not in second["home"].split(), "what nobody kept is gone", second["home"])


def _copied(verdict: Verdict, first: Boot, second: Boot) -> None:
    verdict.equal(
        first["saved"], "alice:alice 640\nfirst", "a copied file is saved when renamed to"
    )
    verdict.equal(second["settings"], "alice:alice 640\nsecond", "and at shutdown; it comes back")


def _restored(verdict: Verdict, first: Boot, second: Boot) -> None:
    rows = second["history"].splitlines()
    verdict.that("notes" in second["history"], "history tells of what was lost", rows)
    verdict.that("restored /home/alice/notes" in second["restore"], "restore says so")
    verdict.equal(second["notes"], first["notes"], "it is back: bytes, owner, mode, time")


def _forgotten(verdict: Verdict, boot: Boot) -> None:
    verdict.equal(boot["forgotten"], "", "forget: what is no longer kept is not mounted")
    verdict.equal(boot["stored"], boot["left"], "forget: the data stays in the store")
    verdict.that(".mozilla" not in boot["declaration"], "forget takes it out of the declaration")
    verdict.that(not _boot_knows(boot), "forget tells the next boot")
    verdict.that(".mozilla" in boot["stale"], "stale names what was forgotten", boot["stale"])
    verdict.that(".mozilla" not in boot["store"].split(), "prune --stale removes it", boot["store"])
    verdict.that("Documents" in boot["store"].split(), "and nothing else", boot["store"])
