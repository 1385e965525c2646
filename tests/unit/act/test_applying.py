"""What `apply` decides about a system below a folder, and in which order it carries it out."""

import json
from dataclasses import replace
from pathlib import Path
from pathlib import PurePosixPath as P

import pytest

from petrichor.act import applying, install
from petrichor.act.applying import Request, Work, carry_out, check_hide, prepare
from petrichor.config.load import load
from petrichor.model.accounts import Accounts
from petrichor.model.errors import CommandError, MachineError, ToolMissingError, UsageError
from petrichor.plan.apply import GRUB, HANDOVER, MODULE
from petrichor.plan.boot import BootFacts, boot_plan
from petrichor.plan.keep import KeepFacts
from tests.unit.system.fakes import FakeRunner

DOCUMENT = {
    "volumes": {"/": {"backend": "btrfs", "device": "LABEL=x", "subvolume": "root"}},
    "filesystems": {"/persist": {"type": "btrfs", "device": "LABEL=x"}},
    "persistence": {"/persist/root": {"directories": ["/var/log", "/var/lib/app"]}},
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "usr/lib/dracut/modules.d").mkdir(parents=True)
    return tmp_path


def request(root: Path, **more) -> Request:
    text = json.dumps({**DOCUMENT, **more.pop("document", {})})
    declaration = load(text.encode(), "t.json", Accounts())
    plan = boot_plan(declaration, BootFacts(keep=KeepFacts(accounts=Accounts())))
    options = {"program": "/usr/bin/petrichor", "stamp": "20261101T000000Z", **more}
    return Request(plan=plan, declaration_json=text, accounts=Accounts(), root=root, **options)


class Dracut(FakeRunner):
    """Every command succeeds, save those whose last word was named."""

    def __init__(self, *failing: str) -> None:
        super().__init__({})
        self.failing = failing

    def run(self, argv, **options):
        if set(argv) & set(self.failing):
            self.calls.append((" ".join(argv), True, None, None))
            raise CommandError(" ".join(argv))
        self.answers[" ".join(argv)] = b""
        return super().run(argv, **options)

    @property
    def tools(self) -> list[str]:
        return [line.partition("chroot ")[2].split()[1] for line, *_ in self.calls]


def apply(root: Path, runner: FakeRunner, **more) -> Work:
    work = prepare(request(root, **more))
    list(carry_out(work, runner))
    return work


def test_once_done_there_is_nothing_to_do(root: Path) -> None:
    runner = Dracut()
    work = apply(root, runner)
    assert work.boots.build and "build    the initrds of all kernels" in work.lines
    assert runner.tools == ["dracut"]
    assert prepare(request(root)).lines == []


def test_a_cut_between_writing_and_building_is_made_good(root: Path) -> None:
    with pytest.raises(CommandError):
        apply(root, Dracut("dracut"))
    work = prepare(request(root))
    assert (work.boots.files, work.boots.build) == ((), True)
    apply(root, Dracut())
    assert prepare(request(root)).lines == []


def test_what_is_no_longer_declared_is_removed(root: Path) -> None:
    apply(root, Dracut())
    document = {"persistence": {}, "volumes": {"/tmp": {"backend": "tmpfs"}}}
    work = apply(root, Dracut(), document=document)
    assert MODULE / "initrd/usr/lib/systemd/system/petrichor-reset@-.service" in work.boots.remove
    assert work.boots.build and "remove " in "".join(work.lines)
    assert prepare(request(root, document=document)).lines == []
    assert not list((root / HANDOVER.relative_to("/")).rglob("*.fstab"))


def test_the_machine_id_reaches_grub_and_leaves_it(root: Path) -> None:
    for name in ("etc/default/grub.d", "usr/sbin"):
        (root / name).mkdir(parents=True)
    (root / "usr/sbin/update-grub").touch()
    with_id, runner = {"machineId": "a" * 32}, Dracut("dracut")
    with pytest.raises(CommandError):
        apply(root, runner, document=with_id)
    runner = Dracut()
    work = apply(root, runner, document=with_id)
    assert work.boots.grub and "update-grub" in runner.tools  # the cut run may not have reached it
    assert install.below(root, GRUB).exists()
    work = apply(root, runner := Dracut())
    assert GRUB in work.boots.remove and "update-grub" in runner.tools


def test_what_is_refused(root: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    kept = request(root).plan.declaration.kept
    with pytest.raises(UsageError, match="--hide /var/lgo"):
        check_hide(kept, [P("/var/lgo")])
    check_hide(kept, [P("/var/log")])
    with pytest.raises(UsageError, match="petrichor"):
        prepare(request(root, program="bin/petrichor"))
    monkeypatch.setattr(applying.sys, "argv", ["/usr/bin/petrichor"])
    monkeypatch.setattr(applying.shutil, "which", lambda _: "/usr/bin/petrichor")
    with pytest.raises(MachineError, match="no /usr/bin/petrichor in the system at"):
        prepare(request(root, program=None))
    monkeypatch.setattr(applying.shutil, "which", lambda _: None)
    with pytest.raises(MachineError, match="not in PATH"):
        prepare(request(root, program=None))
    with pytest.raises(ToolMissingError, match="dracut"):
        prepare(request(tmp_path / "no such machine"))


COPIED = {"persistence": {"/persist/root": {"files": [{"file": "/etc/rc", "method": "copy"}]}}}
WATCH = P("/run/systemd/system/petrichor-save@etc-rc.path")


def test_copied_files_are_watched_until_none_is_copied(root: Path) -> None:
    boots = prepare(request(root, document=COPIED)).boots
    assert boots is not None and WATCH in boots.wanted.running
    runner = Dracut()
    applying._watch(boots, runner)
    (started,) = [call[0] for call in runner.calls]
    assert started == f"systemctl start -- petrichor-save-last.service {WATCH.name}"

    less = prepare(request(root)).boots
    assert less is not None
    runner = Dracut()
    applying._watch(replace(less, remove=(WATCH,)), runner)
    (stopped,) = [call[0] for call in runner.calls]
    assert stopped == f"systemctl stop -- {WATCH.name} petrichor-save-last.service"
