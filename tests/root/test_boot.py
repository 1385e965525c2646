"""Kept paths at a real boot: made, mounted in time, theirs, and never in the store's place."""

import json
import os
import stat
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.root.harness import rendered
from tests.root.harness.boot import Booted, Machine, write
from tests.root.harness.hostile import mounted
from tests.root.harness.rendered import FILES, UNITS, files_below

REPO = Path(__file__).resolve().parents[2]
KEEP = "petrichor-keep.service"

DECLARATION = """\
[volumes."/srv"]
backend = "tmpfs"
phase = "system"

[volumes."/home"]
backend = "directory"
directory = "/persist/volumes/home"

[filesystems."/persist"]
type = "ext4"
device = "/dev/disk/by-label/persist"

[persistence."/persist/root"]
directories = ["/srv/plain", { directory = "/srv/deep/own", user = "7", group = "8", mode = "0750" }]
files = [{ file = "/srv/link", method = "symlink" }]

[persistence."/persist/root".users.worker]
home = "/home/worker"
directories = [".ssh", "a/b"]
"""


@pytest.fixture
def machine(tmp_path: Path, tree: Path) -> Machine:
    """A machine whose /home and /srv are emptied; its store is tmp_path/persist."""
    passwd, group = ((tree / "etc" / name).read_text() for name in ("passwd", "group"))
    (tmp_path / "c.toml").write_text(DECLARATION)
    system = rendered.render(tmp_path / "c.toml", tmp_path / "out") / "system"
    (tmp_path / "persist/volumes/home").mkdir(parents=True)
    return Machine(
        files={
            **files_below(system / UNITS, f"/{UNITS}"),
            "/etc/passwd": f"{passwd}worker:x:1000:1000::/home/worker:/bin/sh\n",
            "/etc/group": f"{group}worker:x:1000:\n",
        },
        binds={"/persist": tmp_path / "persist", "/run/petrichor": system / FILES},
        target="local-fs.target",
    )


def modes(folder: Path, *names: str) -> dict[str, tuple[int, int, int]]:
    stats = {name: (folder / name).lstat() for name in names}
    return {n: (s.st_uid, s.st_gid, stat.S_IMODE(s.st_mode)) for n, s in stats.items()}


LOOK = """
cat /proc/self/mountinfo
stat --format '%u %g %a' /home/worker /home/worker/.ssh /home/worker/a /srv/deep/own >&2
readlink /srv/link >&2
"""


@pytest.mark.boots
def test_kept_paths_are_made_as_declared(
    tmp_path: Path, machine: Machine, booted: Callable[..., Booted]
) -> None:
    write(tmp_path / "persist/volumes/home", "naughty-file", "gone at the next boot")
    result = booted(machine, LOOK)
    assert (result.code, result.emergency) == (0, False), str(result)
    seen = {name for name in mounted(result.out) if name.startswith((b"/srv/", b"/home/"))}
    kept = {b"/home/worker/.ssh", b"/home/worker/a/b", b"/srv/deep/own", b"/srv/plain"}
    assert seen == kept, str(result)
    own = "1000 0"  # the user is not known where this was rendered, nor is its group
    wanted = [f"{own} 700", f"{own} 700", f"{own} 755", "7 8 750", "/persist/root/srv/link"]
    assert result.err.splitlines() == wanted, str(result)
    store = tmp_path / "persist/root"
    assert modes(store, "home/worker/.ssh", "srv/deep/own") == {
        "home/worker/.ssh": (1000, 0, 0o700),
        "srv/deep/own": (7, 8, 0o750),
    }
    assert not (tmp_path / "persist/volumes/home/naughty-file").exists()


@pytest.mark.boots
def test_what_exists_keeps_its_owner_and_mode_and_content(
    tmp_path: Path, machine: Machine, booted: Callable[..., Booted]
) -> None:
    store = tmp_path / "persist/root"
    write(store, "srv/deep/own/file", "kept", 0o640)
    (store / "srv/deep/own").chmod(0o711)
    os.chown(store / "srv/deep/own", 3, 4)
    check = "cat /srv/deep/own/file; echo more >/srv/deep/own/new; stat -c '%u %g %a' /srv/deep/own"
    result = booted(machine, check)
    assert result.out == b"kept3 4 711\n", str(result)
    assert (store / "srv/deep/own/new").read_text() == "more\n"
    assert modes(store, "srv/deep/own", "srv/deep/own/file") == {
        "srv/deep/own": (3, 4, 0o711),
        "srv/deep/own/file": (0, 0, 0o640),
    }


@pytest.mark.boots
def test_they_are_mounted_before_local_fs_target(
    machine: Machine, booted: Callable[..., Booted]
) -> None:
    units = f"{KEEP} local-fs.target systemd-tmpfiles-setup.service"
    result = booted(machine, f"systemctl show --value -p ActiveEnterTimestampMonotonic {units}")
    keep, target, tmpfiles = (int(line) for line in result.out.split())
    assert 0 < keep < target, str(result)
    assert keep < tmpfiles, str(result)


@pytest.mark.boots
def test_nothing_is_written_in_place_of_a_missing_store(
    machine: Machine, booted: Callable[..., Booted]
) -> None:
    del machine.binds["/persist"]
    check = f"""
        find /persist /srv /home -mindepth 1 2>/dev/null
        systemctl show --value -p ActiveState {KEEP} local-fs.target >&2
    """
    result = booted(machine, check)
    assert result.emergency, str(result)
    assert result.out == b"", str(result)
    assert result.err.split() == ["inactive", "inactive"], str(result)
    assert "Assertion failed" in result.journal and "/persist" in result.journal, str(result)


PETRICHOR = """\
#!/bin/sh
PYTHONPATH=/petrichor/src:/petrichor/site exec python3 -B -m petrichor "$@"
"""


@pytest.mark.boots
@pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="the tree's Python is 3.11")
def test_the_service_after_boot_tells_what_it_saw(
    machine: Machine, booted: Callable[..., Booted]
) -> None:
    machine.target = "multi-user.target"
    machine.files = {**machine.files, "/usr/local/bin/petrichor": PETRICHOR}
    machine.modes = {"/usr/local/bin/petrichor": 0o755}
    site = Path(sysconfig.get_path("purelib"))
    machine.binds = {**machine.binds, "/petrichor/src": REPO / "src", "/petrichor/site": site}
    check = """
        systemctl show --value -p Result petrichor-boot.service >&2
        petrichor --config /run/petrichor/declaration.json --json status
    """
    result = booted(machine, check)
    assert result.err == "success\n", str(result)
    status = json.loads(result.out)
    assert status["version"] == 1, str(result)
    again = booted(machine, f"umount /srv/plain; {check}")
    assert again.code != 0 or b"/srv/plain" in again.out, str(again)
