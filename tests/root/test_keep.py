"""`keep`, `forget` and what `apply` adopts: on a real Btrfs, whole or not at all."""

import json
import os
import sqlite3
import stat
import subprocess
import time
from pathlib import Path

import pytest

from petrichor.act import staging
from petrichor.system.files import locked
from tests.root.harness.hostile import NAMES
from tests.root.harness.keeping import ALICE, Machine, contents, is_mount, quietly, write
from tests.root.harness.killing import CountPoints, kill_everywhere

RECORD = ["declared.json"]
"""All that stays in the store's own directory."""


def profile(machine: Machine) -> Path:
    place = machine.alice / ".config/browser"
    for name in ("Default/Cookies", "Default/History", "Local State"):
        write(place / name, f"of {name}", 0o600)
    os.link(place / "Default/Cookies", place / "second name")
    place.chmod(0o700)
    (place.parent).chmod(0o751)
    return place


def test_a_profile_is_kept_at_once_and_over_a_reset(machine: Machine) -> None:
    place = profile(machine)
    before = contents(place)
    said = machine.run("keep", place)
    assert "adopted" in said and is_mount(place)
    kept = machine.in_store(place)
    assert contents(kept) == contents(place) == before
    assert (kept / "second name").samefile(kept / "Default/Cookies")
    for path in (place, place / "Default", place / "Local State", kept.parent, kept.parent.parent):
        facts = path.stat()
        assert facts.st_uid == ALICE, path
    assert stat.S_IMODE(kept.parent.stat().st_mode) == 0o751
    assert stat.S_IMODE(kept.parent.parent.stat().st_mode) == 0o700
    text = machine.config.read_text()
    assert text.startswith("# mine\n") and "# the first" in text and ".config/browser" in text
    assert "nothing to do" in machine.run("keep", place)
    (place / "after").write_text("x")
    machine.reset()
    machine.run("keep", place)
    assert contents(place) == {**before, "after": "x"}
    assert os.listdir(machine.store / ".petrichor") == RECORD


def test_a_file_is_kept_with_owner_mode_and_attributes(machine: Machine) -> None:
    place = machine.alice / "notes"
    write(place, "mine", 0o604)
    os.setxattr(place, "user.note", b"x")
    machine.run("keep", place)
    kept = machine.in_store(place)
    assert place.samefile(kept) and kept.read_text() == "mine"
    assert os.getxattr(kept, "user.note") == b"x"
    assert 'mode = "0604"' in machine.config.read_text()


def test_a_file_by_a_link(machine: Machine) -> None:
    place = machine.alice / ".bash_history"
    write(place, "ls", 0o600)
    machine.run("keep", "--method", "symlink", place)
    assert os.readlink(place) == str(machine.in_store(place))
    assert place.read_text() == "ls" and place.lstat().st_uid == ALICE
    machine.run("forget", place)
    assert not os.path.lexists(place)
    assert machine.in_store(place).read_text() == "ls"


def test_a_link_that_a_program_replaced(machine: Machine) -> None:
    """By renaming a new file over it; `check` tells, and what mends it loses neither version."""
    place = machine.alice / ".bash_history"
    write(place, "old", 0o600)
    machine.run("keep", "--method", "symlink", place)
    assert "kept-replaced" not in machine.run("check", code=1)
    write(machine.alice / "new", "new", 0o600)
    (machine.alice / "new").rename(place)
    said = machine.run("check", code=1)
    assert "kept-replaced" in said and f"petrichor keep --take volume {place}" in said
    machine.run("keep", "--take", "volume", place)
    assert place.is_symlink() and place.read_text() == "new"
    kept = machine.in_store(place)
    aside = {path.read_text() for path in kept.parent.iterdir() if path.name.startswith(kept.name)}
    assert aside == {"old", "new"}


def test_a_file_of_the_store_that_was_replaced_behind_its_mount(machine: Machine) -> None:
    """What `check` says to save it with may be run twice, whatever the file is called."""
    place = machine.alice / "a b'$(touch x)"
    write(place, "mounted")
    machine.run("keep", "--method", "bind", place)
    kept = machine.in_store(place)
    write(kept.with_name("new"), "replaced")
    kept.with_name("new").rename(kept)
    lines = machine.run("check", code=1).splitlines()
    start = next(number for number, line in enumerate(lines) if "kept-deleted" in line)
    save = lines[start + 2].partition("do:")[2].partition(" && umount")[0]
    for text in ("mounted", "mounted later"):
        place.write_text(text)
        subprocess.run(["bash", "-c", save], check=True)
    saved = sorted(path.read_text() for path in kept.parent.glob("*.saved.*/*"))
    assert saved == ["mounted", "mounted later"] and kept.read_text() == "replaced"


def test_files_that_their_programs_cannot_save_are_told_before_and_after(machine: Machine) -> None:
    settings, base = machine.alice / ".gitconfig", machine.alice / "app/data.db"
    write(settings, "[user]")
    write(base, "")
    connection = sqlite3.connect(base)
    connection.execute("create table t (a)")
    connection.close()
    said = machine.run("keep", settings, base)
    assert f"warning  {settings}: is kept alone, and Git replaces it by renaming" in said
    assert f"warning  {base}: is kept alone, and is an SQLite database" in said
    write(settings.with_name(".gitconfig.tmp12"), "[user]\nname = x")
    with pytest.raises(OSError, match="busy"):
        settings.with_name(".gitconfig.tmp12").rename(settings)
    said = machine.run("check", code=1)
    for code, path in (("renamed", settings), ("leftovers", settings), ("database", base)):
        told = [line for line in said.splitlines() if f"[kept-{code}]" in line]
        assert len(told) == 1 and told[0].startswith(f"warning: {path}: "), code


def test_a_run_that_was_cut_off_is_told_until_the_next_one_tidies_up(machine: Machine) -> None:
    place = machine.alice / "notes"
    write(place, "mine")
    machine.run("keep", place)
    own = machine.store / ".petrichor"
    journal = {"version": 1, "time": "20261123T013000Z", "paths": [bytes(place).hex()]}
    (own / "journal.json").write_text(json.dumps(journal))
    told = f"run it again: petrichor keep {place}"
    assert told in machine.run("check", code=1)
    with locked(own):  # a run that is at work was not cut off
        assert told not in machine.run("check", code=1)
    assert f"tidy     {machine.store}: a run was cut off there" in machine.run("keep", place)
    assert told not in machine.run("check", code=1)
    assert os.listdir(own) == RECORD


def test_an_auto_file_that_is_not_mounted_yet_was_not_replaced(machine: Machine) -> None:
    place = machine.alice / "later"
    write(place, "of the volume")
    write(machine.in_store(place), "of the store")
    machine.config.write_text(machine.config.read_text() + 'files = ["later"]\n')
    assert "kept-replaced" not in machine.run("check", code=1)


def test_what_is_not_there_yet(machine: Machine) -> None:
    place = machine.alice / "later"
    assert "--directory or --file" in machine.run("keep", place, code=2)
    machine.run("keep", "--directory", place)
    assert is_mount(place) and place.is_dir()


def test_forgetting_leaves_the_data(machine: Machine) -> None:
    place = profile(machine)
    machine.run("keep", place)
    (place / "while kept").write_text("x")
    text = machine.config.read_text()
    said = machine.run("forget", place)
    assert "kept no longer" in said and not is_mount(place)
    assert (machine.in_store(place) / "while kept").read_text() == "x"
    assert not (place / "while kept").exists()  # what the mount had hidden
    assert ".config/browser" in text and ".config/browser" not in machine.config.read_text()
    assert "is not declared" in machine.run("forget", place, code=2)


def test_stale_tells_since_when(machine: Machine) -> None:
    place, before = profile(machine), time.time()
    machine.run("keep", place)
    (machine.store / "never declared").touch()
    machine.run("forget", place)
    document = json.loads(machine.run("stale", "--json", code=1))
    (store,) = document["stores"]
    found = {item["path"]: item["declared"] for item in store["stale"]}
    (once,) = found[str(machine.in_store(machine.alice))]
    assert once["path"] == str(place)
    assert int(before) <= once["first"]["time"] <= once["last"]["time"] <= time.time()
    assert found[str(machine.store / "never declared")] == []
    assert f"as {place}" in machine.run("stale", code=1)
    (machine.store / ".petrichor/declared.json").write_text("not ours")
    assert "the record of the store is damaged" in machine.run("stale", code=1)
    assert "it is begun anew" in machine.run("keep", place)
    assert "the record of the store is damaged" not in machine.run("stale", code=1)


def test_both_sides_differ(machine: Machine) -> None:
    place = profile(machine)
    kept = machine.in_store(place)
    write(kept / "Local State", "of the store")
    said = machine.run("keep", place, code=6)
    assert "--take volume" in said and not is_mount(place)
    assert contents(kept) == {"Local State": "of the store"}
    assert "browser" not in machine.config.read_text()
    machine.run("keep", "--take", "volume", place)
    assert contents(place)["Local State"] == "of Local State"
    (aside,) = [path for path in kept.parent.iterdir() if path != kept]
    assert contents(aside) == {"Local State": "of the store"}


def test_the_store_wins(machine: Machine) -> None:
    place = profile(machine)
    kept = machine.in_store(place)
    write(kept / "Local State", "of the store")
    machine.run("keep", "--take", "store", place)
    assert contents(place) == {"Local State": "of the store"}
    (aside,) = [path for path in kept.parent.iterdir() if path != kept]
    assert contents(aside)["Local State"] == "of Local State"


def test_what_is_the_same_is_not_copied(machine: Machine) -> None:
    place = machine.alice / "same"
    write(place / "file", "x")
    kept = machine.in_store(place)
    kept.parent.mkdir(parents=True)
    subprocess.run(["cp", "-a", place, kept], check=True)
    inode = kept.stat().st_ino
    assert "adopted" not in machine.run("keep", place)
    assert kept.stat().st_ino == inode and is_mount(place)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda place: place.symlink_to("/etc"), "is a link"),
        (os.mkfifo, "neither a file nor a directory"),
    ],
)
def test_what_cannot_be_kept(machine: Machine, make, said: str) -> None:
    place = machine.alice / "odd"
    make(place)
    assert said in machine.run("keep", place, code=6)
    assert not machine.in_store(place).exists()


def test_paths_that_survive_anyway(machine: Machine, tmp_path: Path) -> None:
    assert "survives anyway" in machine.run("keep", tmp_path / "x", code=6)
    assert "lies in the store" in machine.run("keep", machine.store / "x", code=6)
    assert "whole volume" in machine.run("keep", machine.home, code=6)


def test_a_store_that_is_not_mounted(machine: Machine) -> None:
    place = profile(machine)
    subprocess.run(["umount", machine.persist], check=True)
    assert "nothing is mounted at" in machine.run("keep", place, code=7)
    assert os.listdir(machine.persist) == []


def test_a_user_who_leads_the_path_elsewhere(machine: Machine, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    write(secret / "shadow", "root's", 0o600)
    (machine.alice / ".config").symlink_to(secret)
    assert "through a link" in machine.run("keep", machine.alice / ".config/shadow", code=6)
    assert not machine.store.exists() or contents(machine.store) == {}


def test_each_hostile_name(machine: Machine) -> None:
    paths = []
    for name in NAMES.values():
        path = Path(os.fsdecode(bytes(machine.alice) + b"/" + name))
        write(path / "file", "x")
        paths.append(path)
    machine.run("keep", *paths)
    for path in paths:
        assert is_mount(path) and (path / "file").read_text() == "x", path
    machine.run("forget", *paths)
    assert not any(is_mount(path) for path in paths)


def test_a_full_store_loses_nothing(machine: Machine) -> None:
    place = machine.alice / "big"
    write(place / "file", "x")
    (place / "large").write_bytes(os.urandom(1 << 20))
    subprocess.run(["btrfs", "quota", "enable", machine.persist], check=True)
    subprocess.run(["btrfs", "qgroup", "limit", "512K", machine.persist], check=True)
    said = machine.run("keep", place, code=7)
    assert "space" in said.lower() or "quota" in said.lower(), said
    assert (place / "file").read_text() == "x" and not machine.in_store(place).exists()
    assert "big" not in machine.config.read_text()
    subprocess.run(["btrfs", "qgroup", "limit", "none", machine.persist], check=True)
    machine.run("keep", place)
    assert is_mount(place)


def test_who_writes_is_named(machine: Machine) -> None:
    place = profile(machine)
    with (place / "Local State").open("a"):
        assert f"({os.getpid()}) may write to {place}/Local State" in machine.run("keep", place)


def test_the_settings_of_another(machine: Machine, tmp_path: Path) -> None:
    """As on NixOS: the declaration is made from a file of the owner's."""
    settings = tmp_path / "settings.json"
    before = f'settingsFile = "{settings}"\n' + machine.text()
    machine.config.write_text(before)
    place = profile(machine)
    machine.run("keep", place)
    assert is_mount(place) and machine.config.read_text() == before
    assert "browser" in settings.read_text()


def fresh(machine: Machine) -> None:
    """As before the first keep."""
    machine.start_over()
    machine.config.write_text(machine.text())
    write(machine.alice / "notes", "old notes")
    write(machine.alice / "dir/a", "a")
    write(machine.alice / "dir/inner/b", "b")
    os.link(machine.alice / "dir/a", machine.alice / "dir/inner/second")
    write(machine.in_store(machine.alice) / "dir/of the store", "s")
    for number in range(20):
        write(machine.alice / f"dir/{number}", str(number))


DATA = {"a": "a", "inner/b": "b", "inner/second": "a", **{str(n): str(n) for n in range(20)}}


def check_whole(machine: Machine, point: str) -> None:
    """The volume beneath, or the store, has all; what the store had is there at any rate."""
    store = machine.in_store(machine.alice)
    places = [machine.alice, store]
    assert any((place / "notes").is_file() and (place / "notes").read_text() == "old notes"
               for place in places), point  # fmt: skip
    assert any(contents(place / "dir") == DATA for place in places), point
    assert "s" in contents(store).values(), point


def test_killed_anywhere(machine: Machine, count_points: CountPoints) -> None:
    """A second run ends it, and leaves nothing of the first."""
    words = ["--take", "volume", str(machine.alice / "notes"), str(machine.alice / "dir")]
    argv = ["--config", str(machine.config), "--yes", "keep", *words]
    fresh(machine)
    machine.run("keep", *words)  # what the first run of all makes below /run is there

    def check(point: str) -> None:
        check_whole(machine, point)
        machine.run_again("keep", *words)
        assert is_mount(machine.alice / "notes") and is_mount(machine.alice / "dir"), point
        assert contents(machine.alice / "dir") == DATA, point
        assert (machine.alice / "notes").read_text() == "old notes", point
        check_whole(machine, point)
        left = [name for name in machine.store.rglob("*") if name.name.startswith(
            os.fsdecode(staging.PREFIX))]  # fmt: skip
        assert left == [] and os.listdir(machine.store / ".petrichor") == RECORD, point

    points = kill_everywhere(quietly(argv), fresh=lambda: fresh(machine), check=check)
    count_points("keep", points, least=150)


def test_forgetting_killed_anywhere(machine: Machine, count_points: CountPoints) -> None:
    """The store has all the data, whenever it is; a second run ends it."""
    paths = [str(machine.alice / "notes"), str(machine.alice / "dir")]
    argv = ["--config", str(machine.config), "--yes", "forget", *paths]

    def kept() -> None:
        fresh(machine)
        machine.run_again("keep", "--take", "volume", *paths)

    def check(point: str) -> None:
        store = machine.in_store(machine.alice)
        assert (store / "notes").read_text() == "old notes", point
        assert contents(store / "dir") == DATA, point
        if "notes" in machine.config.read_text():
            machine.run_again("forget", *paths)
        assert "notes" not in machine.config.read_text(), point
        assert not any(map(is_mount, map(Path, paths))), point

    kept()
    machine.run("forget", *paths)
    points = kill_everywhere(quietly(argv), fresh=kept, check=check)
    count_points("forget", points, least=10)
