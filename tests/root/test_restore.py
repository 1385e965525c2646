"""What earlier boots lost comes back: from a real Btrfs and from directories, whole or not at all."""

import json
import os
import re
import shutil
import stat
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from petrichor.act import staging
from petrichor.cli.main import run
from tests.root.harness.cut import unmount_leftovers
from tests.root.harness.hostile import NAMES
from tests.root.harness.keeping import own_run, run_forked
from tests.root.harness.killing import CountPoints, kill_everywhere
from tests.root.harness.past import Past, tool

ALICE, BOB = 1000, 1001
GUARD = re.compile(r".*\.petrichor-\d{8}T\d{6}Z(-\d)?", re.DOTALL)


@pytest.fixture
def past(btrfs: Path, tmp_path: Path) -> Iterator[Past]:
    own_run()  # what others write there meanwhile would count
    yield Past(btrfs, tmp_path)
    unmount_leftovers()


def home(past: Past) -> Path:
    """Alice's home on the volume, made once."""
    place = past.live / "alice"
    place.mkdir(exist_ok=True)
    os.chown(place, ALICE, ALICE)
    place.chmod(0o700)
    return place


def write(path: Path, text: str, mode: int = 0o640) -> None:
    path.write_text(text)
    os.chown(path, ALICE, BOB)
    path.chmod(mode)
    os.utime(path, (1_600_000_000, 1_600_000_000.5))


def boots(past: Past, *contents: str | None) -> None:
    """A boot for each content of alice/notes, None for one that did not have it; then mounted."""
    for number, text in enumerate(contents):
        if text is not None:
            write(home(past) / "notes", text)
        past.boot(f"20261101T{number:02}0000Z")
    home(past)
    past.mount()


def guards(place: Path) -> list[str]:
    return [path.read_text() for path in sorted(place.iterdir()) if GUARD.fullmatch(path.name)]


def leftovers(place: Path) -> list[str]:
    return [name for name in os.listdir(place) if name.startswith(os.fsdecode(staging.PREFIX))]


def test_the_newest_version_comes_back_as_it_was(past: Past) -> None:
    boots(past, "old", "new", None)
    place = past.seen / "alice/notes"
    _, said = past.run("--yes", "restore", place)
    assert f"restored {place}" in said
    facts = place.stat()
    assert place.read_text() == "new"
    assert (facts.st_uid, facts.st_gid, stat.S_IMODE(facts.st_mode)) == (ALICE, BOB, 0o640)
    assert facts.st_mtime == 1_600_000_000.5
    assert os.listdir(past.seen / "alice") == ["notes"]
    _, said = past.run("restore", place)
    assert "nothing to do" in said


def test_what_stands_there_is_kept(past: Past) -> None:
    boots(past, "old")
    place = past.seen / "alice/notes"
    for text in ("of today", "of this evening"):
        write(place, text)
        past.run("--yes", "restore", place)
        assert place.read_text() == "old"
    assert sorted(guards(place.parent)) == ["of this evening", "of today"]


def test_nobody_is_asked_so_nothing_is_done(past: Past) -> None:
    boots(past, "old")
    write(past.seen / "alice/notes", "of today")
    _, said = past.run("restore", past.seen / "alice/notes", code=9)
    assert "what stands there is kept as notes.petrichor-" in said
    assert os.listdir(past.seen / "alice") == ["notes"]


def test_a_boot_can_be_named(past: Past) -> None:
    boots(past, "one", "two", "three")
    place = past.seen / "alice/notes"
    past.run("--yes", "restore", place, "--boot", "3")
    assert place.read_text() == "one"
    past.run("--yes", "restore", place, "--boot", past.ids[1])
    assert place.read_text() == "two"
    past.run("--yes", "restore", place, "--boot", "4", code=2)


def test_versions_are_listed_once_each(past: Past) -> None:
    boots(past, "one", "two", "two", None, "three")
    told, _ = past.run("restore", "--list", past.seen / "alice/notes")
    head, _, *rows = told.splitlines()
    assert head == str(past.seen / "alice/notes")
    assert [row.split()[0] for row in rows] == ["1", "3", "5"]
    assert not (past.seen / "alice/notes").exists()
    document = json.loads(past.run("--json", "restore", "--list", past.seen / "alice/notes")[0])
    assert [found["number"] for found in document["versions"]] == [1, 3, 5]
    past.run("--json", "restore", past.seen / "alice/notes", code=2)


def test_every_version_in_a_directory_of_its_boot(past: Past, tmp_path: Path) -> None:
    boots(past, "one", "two", "two")
    to = tmp_path / "to"
    to.mkdir()
    place = past.seen / "alice/notes"
    past.run("--yes", "restore", place, "--all-boots", "--to", to)
    found = {path.relative_to(to).parts[0]: path.read_text() for path in to.rglob("notes")}
    assert found == {f"001-{past.ids[2][:8]}": "two", f"003-{past.ids[0][:8]}": "one"}
    past.run("--yes", "restore", place, "--all-boots", code=2)


def test_elsewhere_with_its_path_and_its_parents(past: Past, tmp_path: Path) -> None:
    boots(past, "old")
    write(past.seen / "alice/notes", "of today")
    to = tmp_path / "to"
    to.mkdir()
    place = past.seen / "alice/notes"
    past.run("--yes", "restore", place, "--to", to)
    copy = Path(f"{to}{place}")
    assert (copy.read_text(), place.read_text()) == ("old", "of today")
    facts = copy.parent.stat()
    assert (facts.st_uid, stat.S_IMODE(facts.st_mode)) == (ALICE, 0o700)
    past.run("--yes", "restore", place, "--to", to / "missing", code=7)


def test_parents_come_back_with_their_owners(past: Past) -> None:
    deep = home(past) / "a/b"
    deep.mkdir(parents=True)
    write(deep / "file", "x")
    for place, mode in ((deep.parent, 0o2750), (deep, 0o1711)):
        os.chown(place, ALICE, BOB)
        place.chmod(mode)
    boots(past, None)
    past.run("--yes", "restore", past.seen / "alice/a/b/file")
    for name, mode in (("a", 0o2750), ("a/b", 0o1711)):
        facts = (past.seen / "alice" / name).stat()
        assert (facts.st_uid, facts.st_gid, stat.S_IMODE(facts.st_mode)) == (ALICE, BOB, mode)
    assert (past.seen / "alice/a/b/file").read_text() == "x"


def test_a_directory_with_all_that_is_in_it(past: Past) -> None:
    """Links, a FIFO, nested and sealed subvolumes, names of any bytes; what stands there is kept."""
    top = home(past) / "all"
    top.mkdir()
    for name in NAMES.values():
        os.makedirs(bytes(top) + b"/" + name)
        Path(os.fsdecode(bytes(top) + b"/" + name), "file").write_bytes(name)
    os.link(top / "*/file", top / "second name")
    (top / "link").symlink_to("/etc/shadow")
    os.mkfifo(top / "fifo")
    for name in ("nested", "sealed"):
        tool("subvolume", "create", top / name)
        (top / name / "file").write_text("inside")
    tool("property", "set", "-t", "subvol", top / "sealed", "ro", "true")
    boots(past, None)
    (past.seen / "alice/all").mkdir()
    (past.seen / "alice/all/of today").touch()
    past.run("--yes", "restore", past.seen / "alice/all")
    back = past.seen / "alice/all"
    for name in NAMES.values():
        assert Path(os.fsdecode(bytes(back) + b"/" + name), "file").read_bytes() == name
    assert (back / "second name").samefile(back / "*/file")
    assert os.readlink(back / "link") == "/etc/shadow"
    assert stat.S_ISFIFO((back / "fifo").stat().st_mode)
    assert [(back / name / "file").read_text() for name in ("nested", "sealed")] == ["inside"] * 2
    (guard,) = [path for path in back.parent.iterdir() if GUARD.fullmatch(path.name)]
    assert os.listdir(guard) == ["of today"]


def test_each_hostile_name_comes_back(past: Past) -> None:
    for name in NAMES.values():
        Path(os.fsdecode(bytes(home(past)) + b"/" + name)).write_bytes(name)
    boots(past, None)
    top = bytes(past.seen / "alice") + b"/"
    past.run("--yes", "restore", *(top + name for name in NAMES.values()))
    assert {name: Path(os.fsdecode(top + name)).read_bytes() for name in NAMES.values()} == {
        name: name for name in NAMES.values()
    }
    for name in NAMES.values():
        Path(os.fsdecode(top + name)).write_text("of today")
    past.run("--yes", "restore", *(top + name for name in NAMES.values()))
    assert guards(past.seen / "alice") == ["of today"] * len(NAMES)


def test_a_pattern(past: Past) -> None:
    for number, name in enumerate(("a.txt", "b.txt", "c.md")):
        write(home(past) / name, "older")
        past.boot(f"20261101T{number:02}0000Z")
    boots(past, None)
    _, said = past.run("--yes", "restore", past.seen / "*/*.txt")
    assert sorted(os.listdir(past.seen / "alice")) == ["a.txt", "b.txt"]
    assert said.count("restored") == 2


def test_both_volumes(past: Past) -> None:
    (past.content / "of the directory").write_text("x")
    boots(past, "old")
    past.run("--yes", "restore", past.bound / "of the directory", past.seen / "alice/notes")
    assert (past.bound / "of the directory").read_text() == "x"
    assert (past.seen / "alice/notes").read_text() == "old"


def test_nothing_found(past: Past) -> None:
    boots(past, "old")
    for name in ("nothing", "not*", "notes/below"):
        wanted = 0 if name == "not*" else 1
        past.run("--yes", "restore", past.seen / "alice" / name, code=wanted)
    past.run("--yes", "restore", "/nowhere", code=1)


def test_what_is_mounted_there_stays(past: Past, tmp_path: Path) -> None:
    """A kept directory, and a directory with one in it."""
    (home(past) / "kept").mkdir()
    write(home(past) / "kept/file", "old")
    boots(past, "old")
    store = tmp_path / "store"
    store.mkdir()
    (past.seen / "alice/kept").mkdir()
    subprocess.run(["mount", "--bind", store, past.seen / "alice/kept"], check=True)
    for path in ("alice/kept", "alice"):
        _, said = past.run("--yes", "restore", past.seen / path, code=6)
        assert "mounted at" in said
    _, said = past.run("--yes", "restore", past.seen / "alice/kept/file")
    assert re.search(r"writes to .*store of it, mounted at .*alice/kept", said), said
    assert (store / "file").read_text() == "old"


def test_a_link_in_the_way(past: Past, tmp_path: Path) -> None:
    """A user leads the path elsewhere; nothing is written there."""
    boots(past, "old")
    (past.seen / "alice").rmdir()
    (past.seen / "alice").symlink_to(tmp_path)
    _, said = past.run("--yes", "restore", past.seen / "alice/notes", code=6)
    assert "is no directory here" in said
    assert not (tmp_path / "notes").exists()


def test_a_whole_volume_is_refused(past: Past) -> None:
    boots(past, "old")
    past.run("--yes", "restore", past.seen, code=6)


def test_a_volume_that_is_not_mounted(past: Past) -> None:
    boots(past, "old")
    past.unmount()
    past.run("--yes", "restore", past.seen / "alice/notes", code=7)


def test_a_stage_of_a_killed_run_goes_and_others_stay(past: Past) -> None:
    boots(past, "old")
    alice, prefix = past.seen / "alice", os.fsdecode(staging.PREFIX)
    for name, marked, content in (("1", True, "x"), ("2", False, ""), ("3", False, "x")):
        place = alice / (prefix + name)
        place.mkdir(mode=0o700)
        if marked:
            os.setxattr(place, "trusted.petrichor", b"1")
        if content:
            (place / "copy").write_text(content)
    (alice / (prefix + "of alice")).mkdir(mode=0o700)
    os.chown(alice / (prefix + "of alice"), ALICE, ALICE)
    past.run("--yes", "restore", alice / "notes")
    assert sorted(leftovers(alice)) == [prefix + "3", prefix + "of alice"]


def test_one_file_among_fifty_boots(past: Past) -> None:
    write(home(past) / "notes", "old")
    for number in range(50):
        past.boot(f"20261101T{number // 60:02}{number % 60:02}00Z", both=False)
    home(past)
    past.mount()
    begin = time.monotonic()
    past.run("--yes", "restore", past.seen / "alice/notes")
    print(f"restore of one file among 50 boots: {time.monotonic() - begin:.2f} s")
    assert (past.seen / "alice/notes").read_text() == "old"


@pytest.fixture
def ready(past: Past) -> Past:
    """A directory and a file to bring back; the file is there again, with other content."""
    for name in ("dir", "dir/inner"):
        (home(past) / name).mkdir()
        os.chown(home(past) / name, ALICE, ALICE)
    for name in (*MANY, "dir/a", "dir/inner/b", "dir/inner/c", "deep/down/file"):
        (home(past) / name).parent.mkdir(parents=True, exist_ok=True)
        write(home(past) / name, f"old {name}")
    os.link(home(past) / "dir/a", home(past) / "dir/inner/second name")
    (home(past) / "dir/link").symlink_to("a")
    os.setxattr(home(past) / "dir/inner/b", "user.note", b"x")
    boots(past, "old notes")
    return past


MANY = [f"dir/{number}" for number in range(16)]
OLD = {
    **{name: f"old {name}" for name in MANY},
    "notes": "old notes",
    "dir/a": "old dir/a",
    "dir/inner/b": "old dir/inner/b",
    "dir/inner/c": "old dir/inner/c",
    "dir/inner/second name": "old dir/a",
    "deep/down/file": "old deep/down/file",
}
TODAY = {"notes": "of today", "dir/of today": "of today"}


def contents(place: Path) -> dict[str, str]:
    return {
        str(path.relative_to(place)): path.read_text()
        for path in place.rglob("*")
        if path.is_file() and not path.is_symlink()
    }


def part(found: dict[str, str], top: str) -> dict[str, str]:
    return {name: text for name, text in found.items() if name.split("/")[0] == top}


def as_today(place: Path) -> None:
    for path in place.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    (place / "dir").mkdir()
    for name, text in TODAY.items():
        write(place / name, text)


def check_whole(place: Path, point: str) -> None:
    """Each path holds what it held or what comes back; what it held is there at any rate."""
    found = contents(place)
    for top in ("notes", "dir", "deep"):
        assert part(found, top) in (part(OLD, top), part(TODAY, top)), (point, found)
    assert list(found.values()).count("of today") == len(TODAY), (point, found)


def test_killed_anywhere(ready: Past, count_points: CountPoints) -> None:
    """A second run ends it, and leaves nothing of the first."""
    alice = ready.seen / "alice"
    argv = ["--yes", "restore", *(str(alice / name) for name in ("notes", "dir", "deep/down/file"))]
    ready.run("history")  # what the first run of all makes below /run is there

    def check(point: str) -> None:
        check_whole(alice, point)
        code, said = run_forked(["--config", str(ready.config), *argv])
        assert code == 0, said
        check_whole(alice, point)
        assert {name: text for name, text in contents(alice).items() if name in OLD} == OLD, point
        assert (alice / "dir/a").samefile(alice / "dir/inner/second name"), point
        assert leftovers(alice) == [], point

    def work() -> None:
        assert run(["--config", str(ready.config), *argv]) == 0

    points = kill_everywhere(work, fresh=lambda: as_today(alice), check=check)
    count_points("restore", points, least=150)
