"""`restore --keep`: what an earlier boot had goes into the store, declared and mounted."""

import os
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from petrichor.act import staging
from tests.root.harness.cut import unmount_leftovers
from tests.root.harness.keeping import ALICE, Machine, contents, is_mount, quietly, write
from tests.root.harness.killing import CountPoints, kill_everywhere
from tests.root.harness.past import tool

OLD = {"dir/a": "a", "dir/inner/second": "a", "dir/b": "old", "notes": "old notes"}
TODAY = {"dir/b": "of today", "notes": "of today"}


@pytest.fixture
def machine(machine: Machine) -> Iterator[Machine]:
    """The last boot left alice's files; its volume was set aside, as a reset does it."""
    fill(machine)
    subprocess.run(["umount", "--recursive", machine.home], check=True)
    (machine.top / "retired").mkdir()
    name = "home-20261101T000000Z-" + "1" * 32
    (machine.top / "home").rename(machine.top / "retired" / name)
    tool("subvolume", "snapshot", machine.top / "blank", machine.top / "home")
    words = ("-o", "subvol=home", machine.device, machine.home)
    subprocess.run(["mount", *words], check=True, capture_output=True)
    machine.make_home()
    machine.config.write_text(machine.text().replace('"rollback"', '"retire"'))
    yield machine
    machine.start_over()
    unmount_leftovers()


def fill(machine: Machine) -> None:
    for name in ("dir/a", "dir/b", "notes"):
        write(machine.alice / name, OLD[name], 0o604)
    (machine.alice / "dir/inner").mkdir()
    os.link(machine.alice / "dir/a", machine.alice / "dir/inner/second")
    (machine.alice / "dir").chmod(0o711)


def paths(machine: Machine) -> list[str]:
    return [str(machine.alice / name) for name in ("dir", "notes")]


def test_it_is_back_and_survives_the_next_reset(machine: Machine) -> None:
    said = machine.run("restore", "--keep", *paths(machine))
    assert "of boot 1" in said and f"restored {machine.alice}/dir: 2 files" in said
    assert all(is_mount(Path(path)) for path in paths(machine))
    assert contents(machine.alice) == OLD
    kept = machine.in_store(machine.alice)
    assert contents(kept) == OLD and (kept / "dir/a").samefile(kept / "dir/inner/second")
    assert stat.S_IMODE((machine.alice / "dir").stat().st_mode) == 0o711
    assert (machine.alice / "notes").stat().st_uid == ALICE
    text = machine.config.read_text()
    assert '"dir"' in text and '"notes"' in text and 'mode = "0604"' in text
    assert "nothing to do" in machine.run("restore", "--keep", *paths(machine))
    machine.reset()
    machine.run("keep", *paths(machine))
    assert contents(machine.alice) == OLD


def test_what_stands_there_is_set_aside(machine: Machine) -> None:
    for name, text in TODAY.items():
        write(machine.alice / name, text)
    said = machine.run("restore", "--keep", *paths(machine))
    assert "kept beside it as notes.petrichor-" in said
    assert {name: contents(machine.alice)[name] for name in OLD} == OLD
    aside = [path for path in contents(machine.alice) if ".petrichor-" in path]
    assert len(aside) == 2
    assert {(machine.alice / name).read_text() for name in aside} == {"of today"}


def test_the_store_has_something_else(machine: Machine) -> None:
    write(machine.in_store(machine.alice) / "notes", "of the store")
    before = machine.config.read_text()
    said = machine.run("restore", "--keep", machine.alice / "notes", code=6)
    assert "--take volume" in said and machine.config.read_text() == before
    assert not (machine.alice / "notes").exists()
    machine.run("restore", "--keep", "--take", "volume", machine.alice / "notes")
    assert (machine.alice / "notes").read_text() == "old notes"
    texts = list(contents(machine.in_store(machine.alice)).values())
    assert sorted(texts) == ["of the store", "old notes"]


def test_what_is_kept_already_is_not_replaced(machine: Machine) -> None:
    write(machine.alice / "notes", "of today")
    machine.run("keep", machine.alice / "notes")
    said = machine.run("restore", "--keep", "--take", "volume", machine.alice / "notes", code=6)
    assert "it is kept, and" in said
    assert (machine.alice / "notes").read_text() == "of today"


def test_wrong_requests(machine: Machine, tmp_path: Path) -> None:
    place = machine.alice / "notes"
    machine.run("restore", "--keep", "--to", tmp_path, place, code=2)
    machine.run("restore", "--keep", "--list", place, code=2)
    machine.run("restore", "--take", "store", place, code=2)
    machine.run("restore", "--keep", machine.alice / "nothing", code=1)
    machine.run("keep", "--directory", machine.alice / "dir")
    said = machine.run("restore", "--keep", machine.alice / "dir/a", code=6)
    assert "comes along with" in said


def test_killed_anywhere(machine: Machine, count_points: CountPoints) -> None:
    """The retired volume has all, at any time; what stood at the paths is never lost."""
    words = ["restore", "--keep", "--take", "volume", *paths(machine)]
    text = machine.config.read_text()

    def fresh() -> None:
        machine.start_over()
        machine.config.write_text(text)
        for name, content in TODAY.items():
            write(machine.alice / name, content)
        write(machine.in_store(machine.alice) / "notes", "of the store")

    def whole(point: str) -> None:
        there = list(contents(machine.alice).values())
        assert there.count("of today") == len(TODAY), point
        assert "of the store" in contents(machine.in_store(machine.alice)).values(), point

    def check(point: str) -> None:
        whole(point)
        machine.run_again(*words)
        assert all(is_mount(Path(path)) for path in paths(machine)), point
        found = contents(machine.alice)
        assert {name: found.get(name) for name in OLD} == OLD, point
        whole(point)
        prefix = os.fsdecode(staging.PREFIX)
        tops = (machine.store, machine.alice)
        left = [path for top in tops for path in top.rglob("*") if path.name.startswith(prefix)]
        assert left == [] and os.listdir(machine.store / ".petrichor") == ["declared.json"], point

    fresh()
    machine.run_again(*words)  # what the first run of all makes below /run is there
    argv = ["--config", str(machine.config), "--yes", *words]
    points = kill_everywhere(quietly(argv), fresh=fresh, check=check)
    count_points("restore --keep", points, least=80)
