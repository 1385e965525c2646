"""The machine is gathered from what tools and files tell, and holes in it have reasons."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest

from petrichor.model.accounts import Accounts
from petrichor.model.errors import CommandError
from petrichor.system import mounts, probe
from petrichor.system.command import Result
from petrichor.system.mounts import parse_mountinfo
from petrichor.system.probe import configured_logins, mounts_below, present_in, read_files
from tests.unit.plan.hazards.facts import DECLARATION, P
from tests.unit.system.fakes import FakeRunner
from tests.unit.system.test_zfs import ANSWERS

ASKED = (P("/etc/passwd"), P("/home/alice"), P("/usr"))
BOOTFS = "zpool get -H -p -o value bootfs rpool"


def test_a_baseline_from_inside(tmp_path: Path) -> None:
    (tmp_path / "alice").mkdir()
    assert present_in(tmp_path, P("/home"), ASKED) == {P("/home/alice")}


def test_files_below_a_root(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/passwd").touch(0o600)
    (tmp_path / "usr").symlink_to("/nowhere")
    found = read_files(tmp_path, ASKED)
    assert set(found) == {P("/etc/passwd"), P("/usr")}
    assert found[P("/etc/passwd")].permissions == 0o600
    assert not found[P("/usr")].is_directory


def test_mounts_of_another_system() -> None:
    lines = b"1 0 0:1 / / rw - ext4 /dev/a rw\n2 1 0:2 / /mnt rw - ext4 /dev/b rw\n"
    lines += b"3 2 0:3 / /mnt/persist rw - ext4 /dev/c rw\n4 1 0:4 / /mnt2 rw - ext4 /dev/d rw\n"
    table = parse_mountinfo(lines)
    assert mounts_below(table, P("/")) == tuple(table)
    found = mounts_below(table, P("/mnt"))
    assert [str(item.mountpoint) for item in found] == ["/", "/persist"]
    assert found[1].source == "/dev/c"


def users(tmp_path: Path, *entries: dict[str, object]) -> Path:
    place = "/nix/store/abc-users-groups.json"
    script = tmp_path / "run/current-system/activate"
    script.parent.mkdir(parents=True)
    script.write_text(f"perl -w /nix/store/x-update-users-groups.pl {place}\n")
    data = tmp_path / place.lstrip("/")
    data.parent.mkdir(parents=True)
    data.write_text(json.dumps({"users": entries, "mutableUsers": True}))
    return tmp_path


def test_users_that_a_configuration_makes(tmp_path: Path) -> None:
    none = dict.fromkeys(("hashedPassword", "initialHashedPassword", "hashedPasswordFile"))
    root = users(
        tmp_path,
        {"name": "locked", **none, "hashedPassword": "!"},
        {"name": "nothing", **none},
        {"name": "hash", **none, "hashedPassword": "$6$x"},
        {"name": "file", **none, "hashedPasswordFile": "/persist/x"},
        {"name": "first", **none, "initialPassword": "x"},
    )
    assert configured_logins(root) == {"hash", "file", "first"}


def test_no_configuration(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="activate"):
        configured_logins(tmp_path)


class Mounting(FakeRunner):
    """Answers, and takes any mount for done."""

    def run(self, argv: Sequence[str], **options) -> Result:
        if argv[0] in ("mount", "umount"):
            return Result(argv=tuple(argv), code=0)
        return super().run(argv, **options)


def gather(runner: FakeRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(mounts, "_PLACE", tmp_path)
    root = tmp_path / "root"
    root.mkdir()
    return probe.probe(runner, DECLARATION, Accounts(), ASKED, root=root)


def test_what_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = gather(Mounting({**ANSWERS, BOOTFS: b"rpool/root\n"}), tmp_path, monkeypatch)
    assert machine.datasets["rpool/root"].guid == 111
    assert machine.pools["rpool"].bootfs == "rpool/root"
    assert machine.baselines[PurePosixPath("/")].entries == ()
    assert machine.kernel is None
    # The directory that stands for the top level is no Btrfs.
    assert "cannot be read" in machine.unreadable["LABEL=data"]


def test_one_hole_hides_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = gather(FakeRunner({}), tmp_path, monkeypatch)
    assert set(machine.unreadable) == {"rpool/root", "LABEL=data"}
    assert not machine.datasets


def test_the_running_initrd_may_be_broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: object) -> None:
        raise CommandError("no zstd\nat all")

    monkeypatch.setattr(probe, "find_initrd", lambda release: tmp_path)
    monkeypatch.setattr(probe, "read_initrd", broken)
    declaration = replace(DECLARATION, volumes=())
    machine = probe.probe(FakeRunner({}), declaration, Accounts(), ASKED)
    assert machine.initrd is None
    assert machine.unreadable["initrd"] == "no zstd at all"
    assert machine.kernel is not None
