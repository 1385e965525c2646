"""Files, hidden data and the initrd of `apply`, on folders; the real thing is in the root ring."""

from pathlib import Path
from pathlib import PurePosixPath as P

import pytest

from petrichor.act import install
from petrichor.act.install import (
    BUILT,
    build_initrd,
    changed,
    check_stores,
    initrd_is_current,
    remove_files,
    superfluous,
    unmount,
    update_grub,
    write_files,
)
from petrichor.config.load import load
from petrichor.model.accounts import Accounts
from petrichor.model.errors import MachineError
from petrichor.model.mounttable import MountTable
from petrichor.plan.apply import GRUB, MARK, MODULE, Installation
from petrichor.plan.keep import stores_needed
from petrichor.system.mounts import read_mounts
from tests.unit.system.fakes import FakeRunner

WANTED = Installation(
    lasting={
        P("/etc/dracut.conf.d/petrichor.conf"): "conf",
        MODULE / "module-setup.sh": "setup\udcff",
        MODULE / "initrd/usr/lib/systemd/system/a.service": "unit",
    },
    running={},
)


def test_files_are_written_once_and_what_is_no_longer_wanted_goes(tmp_path: Path) -> None:
    assert changed(WANTED.lasting, tmp_path) == list(WANTED.lasting)
    write_files(WANTED.lasting, tmp_path)
    assert changed(WANTED.lasting, tmp_path) == []
    assert superfluous(WANTED, tmp_path) == []
    less = Installation(lasting={P("/etc/dracut.conf.d/petrichor.conf"): "conf"}, running={})
    gone = superfluous(less, tmp_path)
    assert gone == [p for p in sorted(WANTED.lasting) if p.is_relative_to(MODULE)]
    remove_files(gone, tmp_path)
    left = {str(f.relative_to(tmp_path)) for f in tmp_path.rglob("*")}
    assert {"usr/lib/dracut/modules.d/90petrichor", "etc/dracut.conf.d/petrichor.conf"} <= left
    assert not any(name.endswith("initrd") for name in left)


def test_only_empty_directories_of_ours_are_removed(tmp_path: Path) -> None:
    """Also where the machine lies below a folder called petrichor."""
    root = tmp_path / "petrichor-machine"
    write_files({GRUB: MARK, MODULE / "a/b/c": ""}, root)
    (root / "usr/lib/dracut/modules.d/90petrichor/a/mine").write_text("")
    remove_files([GRUB, MODULE / "a/b/c"], root)
    assert (root / "etc/default/grub.d").is_dir()
    assert not (root / "usr/lib/dracut/modules.d/90petrichor/a/b").exists()
    assert (root / "usr/lib/dracut/modules.d/90petrichor/a/mine").exists()


def test_the_grub_file_goes_only_if_it_is_ours(tmp_path: Path) -> None:
    write_files({GRUB: "# my own\n"}, tmp_path)
    assert superfluous(WANTED, tmp_path) == []
    write_files({GRUB: f"{MARK}x"}, tmp_path)
    assert superfluous(WANTED, tmp_path) == [GRUB]


def initrd(root: Path, *names: str) -> None:
    """An initrd of empty files, as cpio(5) `newc` has it."""
    data = b""
    for name in (*names, "TRAILER!!!"):
        fields = [0, 0o100644, 0, 0, 1, 0, 0, 0, 0, 0, 0, len(name) + 1, 0]
        entry = b"070701" + b"".join(b"%08x" % value for value in fields) + name.encode() + b"\0"
        data += entry + b"\0" * (-len(entry) % 4)
    (root / "boot").mkdir(exist_ok=True)
    (root / "boot/initrd.img-6.1").write_bytes(data)
    modules = root / "lib/modules/6.1"
    modules.mkdir(parents=True, exist_ok=True)
    (modules / "modules.dep").touch()


def dracut(root: Path) -> FakeRunner:
    mount = f"--mount-proc={root}/proc"
    line = f"unshare --mount --propagation private {mount} chroot {root}"
    return FakeRunner(
        {f"{line} dracut --quiet --force --regenerate-all": b"", f"{line} update-grub": b""}
    )


def test_an_initrd_is_current_only_when_its_build_was_seen_to_end(tmp_path: Path) -> None:
    write_files(WANTED.lasting, tmp_path)
    assert not initrd_is_current(WANTED, tmp_path)
    initrd(tmp_path, "usr/lib/systemd/system/a.service")
    runner = dracut(tmp_path)
    build_initrd(WANTED, tmp_path, runner)
    assert initrd_is_current(WANTED, tmp_path)
    assert [changes for _, changes, *_ in runner.calls] == [True]
    other = Installation(lasting={**WANTED.lasting, P("/x"): ""}, running={})
    assert not initrd_is_current(other, tmp_path)


def test_an_initrd_without_the_units_is_no_success(tmp_path: Path) -> None:
    write_files(WANTED.lasting, tmp_path)
    initrd(tmp_path, "init")
    with pytest.raises(MachineError, match=r"lacks /usr/lib/systemd/system/a\.service"):
        build_initrd(WANTED, tmp_path, dracut(tmp_path))
    assert not initrd_is_current(WANTED, tmp_path)
    assert not (tmp_path / BUILT.relative_to("/")).exists()


def test_grub_reads_its_settings_inside(tmp_path: Path) -> None:
    runner = dracut(tmp_path)
    update_grub(tmp_path, runner)
    assert runner.calls[0][0].endswith("update-grub")


def test_a_store_that_is_not_mounted_is_refused(tmp_path: Path) -> None:
    text = f"""
        [volumes."/"]
        backend = "tmpfs"
        [filesystems."{tmp_path}"]
        type = "ext4"
        device = "LABEL=x"
        [persistence."{tmp_path}/store"]
        directories = ["/var/log"]
    """
    declaration = load(text.encode(), "t.toml", Accounts())
    table = MountTable(read_mounts())
    with pytest.raises(MachineError, match="nothing is mounted"):
        check_stores(stores_needed(declaration, declaration.kept), table)
    check_stores(stores_needed(declaration, []), table)


def test_what_is_in_use_stays(tmp_path: Path) -> None:
    runner = FakeRunner({"umount -- /a": b""})
    assert unmount([P("/a"), P("/b")], runner) == [P("/b")]


def test_every_path_is_named_from_the_machines_root(tmp_path: Path) -> None:
    assert install.below(tmp_path, P("/etc/x")) == tmp_path / "etc/x"
