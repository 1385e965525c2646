"""The check on a real Btrfs: what is broken there is found there."""

import os
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest

from petrichor.model.accounts import Accounts
from petrichor.model.declaration import BtrfsVolume, Declaration, Home, Phase, Reset, Retention
from petrichor.model.finding import Finding
from petrichor.plan.hazards.judge import asked_paths, judge
from petrichor.system.command import SystemRunner
from petrichor.system.mounts import mount_at, read_mounts
from petrichor.system.probe import probe

CONFIG = PurePosixPath("/etc/petrichor/petrichor.toml")
RUNNER = SystemRunner()


def run(*argv: object) -> None:
    RUNNER.run([str(word) for word in argv], changes=True)


@pytest.fixture
def declaration(btrfs: Path) -> Declaration:
    """A home on a volume of any name; its baseline is as it should be."""
    run("btrfs", "subvolume", "create", "--", btrfs / "my home")
    run("btrfs", "subvolume", "create", "--", btrfs / "blank")
    run("btrfs", "property", "set", "-ts", btrfs / "blank", "ro", "true")
    mount = mount_at(read_mounts(), PurePosixPath(btrfs))
    assert mount is not None
    volume = BtrfsVolume(
        mountpoint=PurePosixPath("/home"),
        phase=Phase.INITRD,
        reset=Reset.RETIRE,
        retention=Retention(),
        device=mount.source,
        subvolume=PurePosixPath("my home"),
        baseline=PurePosixPath("blank"),
    )
    home = Home(user="alice", path=PurePosixPath("/home/alice"), mode=0o700, key="")
    return Declaration(volumes=(volume,), homes=(home,))


def judged(declaration: Declaration, root: Path) -> list[Finding]:
    asked = asked_paths(declaration, Accounts(), CONFIG)
    machine = probe(RUNNER, declaration, Accounts(), asked, root=root)
    return judge(declaration, machine, config=CONFIG)


def codes(declaration: Declaration, root: Path) -> list[str]:
    return [f"{item.level} {item.code}" for item in judged(declaration, root)]


def test_a_good_volume_is_silent(declaration: Declaration, tmp_path: Path) -> None:
    before = read_mounts()
    assert codes(declaration, tmp_path) == []
    assert read_mounts() == before


def test_everything_wrong_at_once(declaration: Declaration, btrfs: Path, tmp_path: Path) -> None:
    run("btrfs", "property", "set", "-ts", btrfs / "blank", "ro", "false")
    (btrfs / "blank" / "left\nover").touch()
    (btrfs / "blank").chmod(0o700)
    run("btrfs", "subvolume", "create", "--", btrfs / "my home" / "a b")
    assert codes(declaration, tmp_path) == [
        *("warning baseline-mode", "warning baseline-not-blank"),
        *("warning btrfs-baseline-writable", "warning btrfs-nested"),
    ]


def test_nothing_there(declaration: Declaration, btrfs: Path, tmp_path: Path) -> None:
    run("btrfs", "subvolume", "delete", "--", btrfs / "blank", btrfs / "my home")
    assert codes(declaration, tmp_path) == ["error baseline-missing", "error volume-missing"]
    (volume,) = declaration.volumes
    assert isinstance(volume, BtrfsVolume)
    gone = replace(declaration, volumes=(volume._replace(device="LABEL=no such label"),))
    (found,) = judged(gone, tmp_path)
    assert found.code == "btrfs-unreadable"
    assert "no such label" in found.what


def test_the_running_system(declaration: Declaration) -> None:
    asked = asked_paths(declaration, Accounts(), CONFIG)
    machine = probe(RUNNER, declaration, Accounts(), asked)
    assert machine.kernel is not None
    assert machine.kernel.release == os.uname().release
    assert len(machine.kernel.boot_id) == 32
    assert machine.files[PurePosixPath("/etc/passwd")].permissions == 0o644
