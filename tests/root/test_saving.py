"""Files that are copied: in before login, back when they change, and never half of one."""

import os
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from petrichor.model.names import copy_mark
from petrichor.system.mounts import mount_at, read_mounts
from tests.root.harness import petrichor as command
from tests.root.harness import rendered
from tests.root.harness.boot import Booted, write
from tests.root.harness.boot import Machine as Container
from tests.root.harness.keeping import ALICE, Machine, quietly
from tests.root.harness.killing import kill_everywhere
from tests.root.harness.rendered import FILES, UNITS, files_below

OLD, NEW = "old settings\n" * 500, "new settings\n" * 700


def put(place: Path, text: str, mode: int = 0o640) -> None:
    """As a program writes its settings: a new file, renamed over the old one."""
    beside = place.with_name("beside")
    beside.write_text(text)
    os.chown(beside, ALICE, ALICE)
    beside.chmod(mode)
    beside.rename(place)


@pytest.fixture
def rc(machine: Machine) -> Path:
    """A user's file that is kept by copying, and was just saved."""
    place = machine.alice / "rc"
    put(place, OLD)
    machine.run("keep", "--method", "copy", place)
    return place


def store_of(machine: Machine, place: Path) -> tuple[str | None, str | None]:
    """The version that the store has, and the one before."""
    kept = machine.in_store(place)
    both = (kept, kept.with_name(f"{kept.name}.petrichor-previous"))
    one, other = (path.read_text() if path.exists() else None for path in both)
    return one, other


def test_it_is_kept_without_a_mount(machine: Machine, rc: Path) -> None:
    assert mount_at(read_mounts(), rc) is None and not rc.is_symlink()
    assert store_of(machine, rc) == (OLD, None)
    assert 'method = "copy"' in machine.config.read_text()
    assert "nothing to do" in machine.run("keep", rc)
    assert "kept paths: 1 of 2" in machine.run("status", code=1), "the other was never mounted"


def test_what_replaced_it_is_saved_with_all_that_it_has(machine: Machine, rc: Path) -> None:
    put(rc, NEW, 0o600)
    os.setxattr(rc, "user.note", b"x")
    os.utime(rc, ns=(1, 1_000_000_001))
    assert "not saved" in machine.run("status", code=1)
    assert f"saved {rc}" in machine.run("save")
    assert store_of(machine, rc) == (NEW, OLD)
    facts = machine.in_store(rc).stat()
    assert (facts.st_uid, facts.st_gid, stat.S_IMODE(facts.st_mode)) == (ALICE, ALICE, 0o600)
    assert facts.st_mtime_ns == 1_000_000_001
    assert os.getxattr(machine.in_store(rc), "user.note") == b"x"
    assert machine.run("save") == ""


def test_a_new_mode_pushes_no_version_out(machine: Machine, rc: Path) -> None:
    put(rc, NEW)
    machine.run("save")
    rc.chmod(0o600)
    machine.run("save")
    assert store_of(machine, rc) == (NEW, OLD)
    assert stat.S_IMODE(machine.in_store(rc).stat().st_mode) == 0o600


def test_a_file_that_was_emptied_pushes_no_version_out(machine: Machine, rc: Path) -> None:
    put(rc, "")
    machine.run("save")
    assert store_of(machine, rc) == ("", OLD)
    put(rc, NEW)
    machine.run("save")
    assert store_of(machine, rc) == (NEW, OLD)


def test_a_file_that_vanished_stays_in_the_store(machine: Machine, rc: Path) -> None:
    rc.unlink()
    assert machine.run("save") == ""
    assert store_of(machine, rc) == (OLD, None)
    assert "comes back at the next boot" in machine.run("status", code=1)


@pytest.mark.parametrize("make", [lambda p: p.symlink_to("/etc/shadow"), os.mkfifo, os.mkdir])
def test_something_else_there_is_not_saved(
    machine: Machine, rc: Path, make: Callable[[Path], None]
) -> None:
    rc.unlink()
    make(rc)
    assert "stands there" in machine.run("save", code=7)
    assert store_of(machine, rc) == (OLD, None)


def test_a_directory_that_became_a_link_leads_nowhere(machine: Machine) -> None:
    place = machine.alice / "deep/rc"
    place.parent.mkdir()
    os.chown(place.parent, ALICE, ALICE)
    put(place, OLD)
    machine.run("keep", "--method", "copy", place)
    elsewhere = machine.alice / "elsewhere"
    elsewhere.mkdir()
    put(elsewhere / "rc", NEW)
    place.unlink()
    place.parent.rmdir()
    place.parent.symlink_to(elsewhere)
    assert "was not saved" in machine.run("save", code=7)
    assert store_of(machine, place) == (OLD, None)


def test_what_was_not_copied_in_is_not_saved(machine: Machine, rc: Path) -> None:
    Path(copy_mark(rc)).rmdir()
    put(rc, "a default\n")
    assert "not copied from the store" in machine.run("save", code=7)
    assert store_of(machine, rc) == (OLD, None)
    assert "not copied" in machine.run("status", code=1)


def test_nothing_is_saved_beside_a_store_that_is_not_mounted(machine: Machine, rc: Path) -> None:
    put(rc, NEW)
    subprocess.run(["umount", machine.persist], check=True)
    assert "nothing is mounted" in machine.run("save", code=7)
    assert os.listdir(machine.persist) == []


def test_nothing_is_saved_from_below_a_volume_that_is_not_mounted(
    machine: Machine, rc: Path
) -> None:
    subprocess.run(["umount", machine.home], check=True)
    machine.make_home()
    put(rc, "of another filesystem\n")
    assert "volume is not mounted" in machine.run("save", code=7)
    assert store_of(machine, rc) == (OLD, None)


def test_it_comes_back_on_a_volume_that_forgot(machine: Machine, rc: Path) -> None:
    put(rc, NEW)
    machine.run("save")
    machine.reset()
    Path(copy_mark(rc)).rmdir()
    put(rc, "")
    machine.run("keep", rc)
    assert rc.read_text() == NEW and rc.stat().st_uid == ALICE
    assert store_of(machine, rc) == (NEW, OLD)


def test_both_sides_differ(machine: Machine) -> None:
    place = machine.alice / "rc"
    put(place, OLD)
    kept = machine.in_store(place)
    kept.parent.mkdir(parents=True)
    kept.write_text(NEW)
    assert "--take volume" in machine.run("keep", "--method", "copy", place, code=6)
    assert (place.read_text(), kept.read_text()) == (OLD, NEW)
    machine.run("keep", "--method", "copy", "--take", "store", place)
    assert place.read_text() == NEW
    aside = [path.read_text() for path in kept.parent.iterdir() if path != kept]
    assert aside == [OLD]


def test_from_a_link_to_a_copy(machine: Machine) -> None:
    place = machine.alice / "rc"
    put(place, OLD)
    machine.run("keep", "--method", "symlink", place)
    text = machine.config.read_text().replace('"symlink"', '"copy"')
    machine.config.write_text(text)
    machine.run("keep", place)
    assert place.read_text() == OLD and not place.is_symlink()
    put(place, NEW)
    machine.run("save")
    assert store_of(machine, place) == (NEW, OLD)


def test_forgetting_saves_for_the_last_time(machine: Machine, rc: Path) -> None:
    put(rc, NEW)
    assert f"saved {rc}" in machine.run("forget", rc)
    assert store_of(machine, rc) == (NEW, OLD) and rc.read_text() == NEW
    assert "method" not in machine.config.read_text()
    assert str(machine.in_store(rc.parent)) in machine.run("stale", code=1)


def test_every_verb_knows_it(machine: Machine, rc: Path) -> None:
    put(rc, NEW)
    told = machine.run("explain", rc, code=1)
    assert "is lost" in told and "it is saved when it changes" in told
    assert str(rc) in machine.run("diff", "--null")
    machine.run("save")
    told = machine.run("explain", rc)
    assert "survives: kept" in told and "shown by     copy" in told
    assert str(rc) not in machine.run("diff", "--null")
    assert "previous" not in machine.run("stale")
    assert "kept-replaced" not in machine.run("check", code=1)


def test_killed_at_any_call_the_store_has_one_whole_version(machine: Machine, rc: Path) -> None:
    kept = machine.in_store(rc)

    def fresh() -> None:
        for path in kept.parent.iterdir():
            if path.name.startswith(".petrichor"):
                subprocess.run(["rm", "-r", path], check=True)
        kept.with_name("rc.petrichor-previous").write_text("older\n")
        kept.unlink()
        kept.write_text(OLD)
        put(rc, NEW)

    def check(point: str) -> None:
        now, previous = store_of(machine, rc)
        assert now in (OLD, NEW), point
        assert previous in (("older\n", OLD) if now == OLD else (OLD,)), point
        machine.run("save")
        assert store_of(machine, rc) == (NEW, OLD), point
        left = [name for name in os.listdir(kept.parent) if name.startswith(".petrichor")]
        assert left == [], point

    machine.run("save")  # from now on the declaration is in the cache
    work = quietly(["--config", str(machine.config), "save"])
    points = kill_everywhere(work, fresh=fresh, check=check)
    assert points > 8


# With a real PID 1.

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
files = [{ file = "/srv/foo.conf", method = "copy" }, { file = "/srv/later", method = "copy" }]

[persistence."/persist/root".users.worker]
home = "/home/worker"
files = [{ file = ".config/monitors v2.xml", method = "copy" }]
"""

SCRIPT = """\
set -eu
mine='/home/worker/.config/monitors v2.xml'
store=/persist/root
saved() {
    for _ in $(seq 100); do cmp -s "$1" "$store$1" && return; sleep 0.1; done
    echo "$1 is not saved" >&2
}
cat /srv/foo.conf "$mine"
stat -c '%u %a %Y' "$mine"
ls /srv /run/petrichor/copied
echo first >/srv/beside; mv /srv/beside /srv/foo.conf; saved /srv/foo.conf
echo second >/srv/beside; mv /srv/beside /srv/foo.conf; saved /srv/foo.conf
echo made >/srv/later; saved /srv/later
for i in 1 2 3 4 5 6 7 8 9; do echo "user $i" >/home/worker/b; mv /home/worker/b "$mine"; done
saved "$mine"
systemctl is-active "petrichor-save@*.path" petrichor-save-last.service
"""
LAST = """
systemctl stop "petrichor-save@*.path" petrichor-save.service petrichor-save-again.service
echo last >/srv/foo.conf
"""
UNMOUNT = """
systemctl stop "petrichor-copy@srv-foo*" "petrichor-copy@home*"
ls /run/petrichor/copied
"""
GRACEFUL = "[Unit]\nSuccessAction=poweroff\nFailureAction=poweroff\n"
"""The end of the check is a shutdown like any other, where services are stopped."""


@pytest.fixture
def container(tmp_path: Path, tree: Path) -> Container:
    """A machine whose /srv and /home are emptied; its store is tmp_path/persist/root."""
    passwd, group = ((tree / "etc" / name).read_text() for name in ("passwd", "group"))
    (tmp_path / "c.toml").write_text(DECLARATION)
    program = f"petrichor={command.PROGRAM}"
    where = ("--tool", program, "--files", "/etc/petrichor")  # nobody hands over to /run here
    system = rendered.render(tmp_path / "c.toml", tmp_path / "out", *where) / "system"
    store = tmp_path / "persist/root"
    (tmp_path / "persist/volumes/home").mkdir(parents=True)
    write(store, "srv/foo.conf", "of the store\n")
    write(store, "home/worker/.config/monitors v2.xml", "screens\n", 0o600)
    for place in ("home/worker", "home/worker/.config", "home/worker/.config/monitors v2.xml"):
        os.chown(store / place, 1000, 1000)
    os.utime(store / "home/worker/.config/monitors v2.xml", (86400, 86400))
    return Container(
        files={
            **command.FILES,
            **files_below(system / UNITS, f"/{UNITS}"),
            **files_below(system / FILES, "/etc/petrichor"),
            "/etc/passwd": f"{passwd}worker:x:1000:1000::/home/worker:/bin/sh\n",
            "/etc/group": f"{group}worker:x:1000:\n",
            "/etc/systemd/system/petrichor-test-check.service.d/end.conf": GRACEFUL,
        },
        modes=command.MODES,
        binds={"/persist": tmp_path / "persist", **command.binds()},
    )


@command.needs_same_python
@pytest.mark.boots
def test_from_one_boot_to_the_next(
    tmp_path: Path, container: Container, booted: Callable[..., Booted]
) -> None:
    result = booted(container, SCRIPT + LAST)
    marks = "home-worker-.config-monitors\\x20v2.xml\nsrv-foo.conf\n"
    seen = (
        f"of the store\nscreens\n1000 600 86400\n/run/petrichor/copied:\n{marks}\n/srv:\nfoo.conf"
    )
    assert result.out.decode() == f"{seen}\nactive\nactive\nactive\nactive\n", str(result)
    assert result.err == "", str(result)
    store = tmp_path / "persist/root"

    def versions(place: str) -> list[str]:
        both = (store / place, (store / place).with_name(f"{Path(place).name}.petrichor-previous"))
        return [path.read_text() for path in both if path.exists()]

    assert versions("srv/foo.conf") == ["last\n", "second\n"], str(result)
    assert versions("srv/later") == ["made\n"]
    assert versions("home/worker/.config/monitors v2.xml")[0] == "user 9\n"

    again = booted(container, "cat /srv/foo.conf /srv/later /home/worker/.config/*" + UNMOUNT)
    assert again.out == b"last\nmade\nuser 9\nsrv-later\n", str(again)


@command.needs_same_python
@pytest.mark.boots
def test_a_link_on_the_way_is_not_followed_and_nothing_is_saved(
    tmp_path: Path, container: Container, booted: Callable[..., Booted]
) -> None:
    """Where no reset took what a user had put there."""
    home = tmp_path / "persist/volumes/home/worker"
    home.mkdir(parents=True)
    (home / ".config").symlink_to("/srv")
    container.kernel_cmdline = ("petrichor.reset=no",)
    check = """
        ls -A /srv /home/worker
        echo mine >'/srv/monitors v2.xml'; sleep 3
        systemctl start petrichor-save.service
        systemctl is-failed petrichor-save.service
    """
    result = booted(container, check)
    assert result.out.decode() == "/home/worker:\n.config\n\n/srv:\nfoo.conf\nfailed\n", str(result)
    kept = tmp_path / "persist/root/home/worker/.config/monitors v2.xml"
    assert kept.read_text() == "screens\n", str(result)
