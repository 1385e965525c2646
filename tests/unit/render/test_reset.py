"""The units that reset volumes."""

from pathlib import PurePosixPath

import pytest

from petrichor.model.declaration import OnFailure, Phase, Reset, TmpfsVolume, Volume
from petrichor.model.steps import Role
from petrichor.plan.volumes.choose import reset_plan
from petrichor.render.reset import (
    STAMP_FILE,
    STAMP_UNIT,
    discard_text,
    discard_unit,
    exec_line,
    is_early,
    reset_text,
    stamp_unit,
)
from petrichor.render.target import make_target
from tests.unit.plan.volumes import test_btrfs, test_directory, test_zfs
from tests.unit.render import reading

TARGET = make_target("dracut")
ZFS, BTRFS, DIRECTORY = test_zfs.volume(), test_btrfs.volume(), test_directory.volume()
ALL = (ZFS, BTRFS, DIRECTORY)


def settings(text: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for _, key, value in reading.settings(text.encode()):
        found.setdefault(key.decode(), []).append(value.decode())
    return found


def unit(volume: Volume, on_failure: OnFailure = OnFailure.CONTINUE) -> dict[str, list[str]]:
    return settings(reset_text(volume, reset_plan(volume), on_failure, TARGET))


def words(found: dict[str, list[str]], key: str) -> set[str]:
    return {word for value in found.get(key, []) for word in value.split()}


def test_the_stamp_needs_no_directory_that_nobody_made() -> None:
    """systemd opens the output before the first command runs: systemd.exec(5), truncate:."""
    found = settings(stamp_unit(TARGET))
    assert STAMP_FILE.count("/") == 2 and STAMP_FILE.startswith("/run/")
    assert found["StandardOutput"] == [f"truncate:{STAMP_FILE}"]
    assert "ExecStartPre" not in found
    assert found["ExecStart"] == ["date -u +PETRICHOR_STAMP=%%Y%%m%%dT%%H%%M%%SZ"]
    assert found["ConditionPathExists"] == [f"!{STAMP_FILE}"], "one time for both parts of a boot"


@pytest.mark.parametrize("volume", [ZFS, BTRFS])
def test_early_resets_come_after_a_resume_and_before_the_root(volume: Volume) -> None:
    found = unit(volume)
    after = words(found, "After")
    assert {"systemd-hibernate-resume.service", "local-fs-pre.target", STAMP_UNIT} <= after
    assert "sysroot.mount" in words(found, "Before")
    assert found["DefaultDependencies"] == ["no"]
    assert found["ConditionPathExists"] == ["/etc/initrd-release"]
    assert found["ConditionKernelCommandLine"] == ["!petrichor.reset=no"]
    assert found["AssertPathIsMountPoint"] == ["!/sysroot"]
    assert is_early(volume)


def test_the_root_is_looked_at_again_after_it_was_retired() -> None:
    again = ["-/n/systemctl restart zfs-env-bootfs.service"]
    root = test_zfs.volume()._replace(mountpoint=PurePosixPath("/"))
    target = make_target("dracut", ["systemctl=/n/systemctl"])

    def post(volume: Volume) -> list[str]:
        text = reset_text(volume, reset_plan(volume), OnFailure.CONTINUE, target)
        return settings(text).get("ExecStartPost", [])

    assert post(root) == again
    assert post(root._replace(reset=Reset.ROLLBACK)) == []
    assert post(root._replace(mountpoint=PurePosixPath("/home"))) == []


def test_late_resets_come_after_their_filesystem_can_be_written_and_before_the_mount() -> None:
    found = unit(DIRECTORY)
    assert {"systemd-remount-fs.service", "local-fs-pre.target"} <= words(found, "After")
    assert {"home.mount", "local-fs.target"} <= words(found, "Before")
    assert found["RequiresMountsFor"] == ['"/persist/volumes/home %%"']
    assert "ConditionPathExists" not in found and not is_early(DIRECTORY)


@pytest.mark.parametrize("volume", ALL)
def test_what_a_unit_requires_it_waits_for_and_it_outlives_the_switch(volume: Volume) -> None:
    found = unit(volume)
    assert words(found, "Requires") <= words(found, "After")
    assert found["IgnoreOnIsolate"] == settings(stamp_unit(TARGET))["IgnoreOnIsolate"] == ["yes"]
    assert found["RemainAfterExit"] == ["yes"] and found["Type"] == ["oneshot"]


@pytest.mark.parametrize("volume", ALL)
def test_the_commands_are_the_steps(volume: Volume) -> None:
    plan = reset_plan(volume)
    found = unit(volume)
    read = [reading.command(line.removeprefix("-").encode()) for line in found["ExecStart"]]
    assert read == [[word.encode() for word in step.argv("STAMP", "BOOT")] for step in plan.steps]
    dashes = [line.startswith("-") for line in found["ExecStart"]]
    assert dashes == [step.role is Role.RESUME for step in plan.steps]
    assert all(line.startswith("-") for line in found["ExecStopPost"])
    assert found["EnvironmentFile"] == [STAMP_FILE]


def test_emergency_is_asked_for_by_name() -> None:
    assert "OnFailure" not in unit(ZFS)
    assert unit(ZFS, OnFailure.EMERGENCY)["OnFailure"] == ["emergency.target"]


def test_deleting_waits_until_the_machine_is_up_and_the_reset_was_done() -> None:
    volume = test_directory.volume(Reset.ROLLBACK)
    found = settings(discard_text(volume, reset_plan(volume), TARGET))
    assert found["Requisite"] == ["petrichor-reset@home.service"]
    assert {"petrichor-reset@home.service", "basic.target"} <= words(found, "After")
    line = reading.command(found["ExecStart"][0].encode())
    assert line[:4] == [b"rm", b"-rf", b"--one-file-system", b"--"]
    assert line[4].endswith(b"-STAMP-BOOT") and b"/retired/" in line[4]
    assert discard_unit(volume) == "petrichor-discard@home.service"


def test_nothing_is_early_that_has_nothing_to_reset() -> None:
    assert not is_early(TmpfsVolume(mountpoint=PurePosixPath("/"), phase=Phase.INITRD))


def test_a_tool_by_its_path() -> None:
    step = next(item for item in reset_plan(ZFS).steps if item.role is Role.PROOF)
    line = exec_line(step, make_target("nixos", ["zfs=/n/zfs"]))
    assert line.startswith("/n/zfs list -H ")
