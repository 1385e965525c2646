"""Mount units."""

from pathlib import PurePosixPath

import pytest

from petrichor.model.errors import UsageError
from petrichor.model.plan import MountPlan
from petrichor.render.mounts import WRITABLE_UNIT, below_sysroot, mount_text, writable_text
from tests.unit.render import reading


def mount(where: str, what: str, kind: str = "ext4", *options: str) -> MountPlan:
    return MountPlan(where=PurePosixPath(where), what=what, type=kind, options=options)


def read(plan: MountPlan, *, initrd: bool = True, after: tuple[str, ...] = ()) -> dict[str, str]:
    text = mount_text(plan, initrd=initrd, after=after)
    return {key.decode(): value.decode() for _, key, value in reading.settings(text.encode())}


def test_in_the_initrd_it_mounts_below_sysroot_once_that_can_be_written() -> None:
    found = read(mount("/persist", "LABEL=a b", "ext4", "noatime", "x%y"))
    assert found["Where"] == "/sysroot/persist" and found["What"] == "LABEL=a b"
    assert found["Options"] == "noatime,x%%y"
    device = "dev-disk-by\\x2dlabel-a\\x5cx20b.device"
    assert device in found["Wants"].split() and device in found["After"].split()
    assert WRITABLE_UNIT in found["After"].split()
    assert "initrd-fs.target" in found["Before"].split() and "Conflicts" not in found


def test_in_the_real_system_it_waits_for_its_reset_and_goes_at_shutdown() -> None:
    found = read(mount("/home", "/persist/v/home", "none", "bind"), initrd=False, after=("r",))
    assert found["What"] == "/persist/v/home" and found["Where"] == "/home"
    assert found["Wants"] == "r" and found["After"].split()[0] == "r"
    assert "umount.target" in found["Conflicts"] and "local-fs.target" in found["Before"].split()


@pytest.mark.parametrize("option", ["bind", "rbind"])
def test_a_bind_mount_in_the_initrd_finds_its_source_below_sysroot(option: str) -> None:
    assert read(mount("/nix", "/persist/nix", "none", option))["What"] == "/sysroot/persist/nix"


def test_zfs_waits_for_the_import() -> None:
    found = read(mount("/usr", "rpool/usr", "zfs"))
    assert found["Wants"] == "zfs-import.target" and "zfs-import.target" in found["After"]


def test_a_source_with_an_equals_sign_is_no_tag() -> None:
    assert "Wants" not in read(mount("/x", "share=1", "9p"))


@pytest.mark.parametrize("what", ["LABEL=a\nWhere=/", "LABEL=a\\", "/dev/\udcff"])
def test_what_a_unit_cannot_say_is_refused(what: str) -> None:
    with pytest.raises(UsageError):
        read(mount("/x", what))


def test_the_root_is_made_writable_in_the_initrd_alone() -> None:
    found = {key: value for _, key, value in reading.settings(writable_text("/b/mount").encode())}
    assert reading.command(found[b"ExecStart"]) == [b"/b/mount", b"-o", b"remount,rw", b"/sysroot"]
    assert found[b"ConditionPathExists"] == b"/etc/initrd-release"
    assert below_sysroot(PurePosixPath("/")) == PurePosixPath("/sysroot")
