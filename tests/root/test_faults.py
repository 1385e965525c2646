"""What fails beneath `keep` and `restore` is told in a line, and nothing is lost by it."""

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from petrichor.act import staging
from tests.root.harness import faults
from tests.root.harness.cut import unmount_leftovers
from tests.root.harness.keeping import Machine, contents, is_mount, write
from tests.root.harness.past import tool

Fault = Callable[[Path, Path], AbstractContextManager[faults.Mend]]
FULL, DAMAGED = "No space left on device", "Input/output error"
FAULTS: list[tuple[Fault, tuple[str, ...]]] = [
    (faults.full_tmpfs, (FULL, "free some space")),
    (faults.full_btrfs, (FULL, "free some space")),
    (faults.read_only, ("Read-only file system",)),
    (faults.over_quota, ("Disk quota exceeded", "raise the quota")),
    (faults.out_of_blocks, (FULL, "free some space")),
]
EACH = pytest.mark.parametrize(
    ("fault", "said"), FAULTS, ids=[fault.__name__ for fault, _ in FAULTS]
)
LARGE = os.urandom(8 << 20).hex()[: 8 << 20]


@pytest.fixture
def machine(machine: Machine) -> Iterator[Machine]:
    """With a directory of alice's, and the same in a retired volume; the store is mounted anew."""
    (machine.top / "retired").mkdir()
    write(machine.alice / "dir/large", LARGE)
    write(machine.alice / "dir/small", "small")
    name = "home-20261101T000000Z-" + "1" * 32
    tool("subvolume", "snapshot", machine.top / "home", machine.top / "retired" / name)
    machine.config.write_text(machine.text().replace('"rollback"', '"retire"'))
    subprocess.run(["umount", machine.persist], check=True)
    yield machine
    machine.start_over()
    unmount_leftovers()


def check_refused(said: str, texts: tuple[str, ...]) -> None:
    """One line says what failed and where, one what to do."""
    assert all(text in said for text in texts), said
    (line,) = [line for line in said.splitlines() if texts[0] in line]
    assert line.count("cannot") <= 1 and ("dir" in line or "persist" in line or "to" in line), said
    assert "Traceback" not in said


def check_no_rest(place: Path) -> None:
    prefix = os.fsdecode(staging.PREFIX)
    assert [path for path in place.rglob("*") if path.name.startswith(prefix)] == []


@EACH
def test_keep(machine: Machine, tmp_path: Path, fault: Fault, said: tuple[str, ...]) -> None:
    place, kept = machine.alice / "dir", machine.in_store(machine.alice / "dir")
    before, text = contents(place), machine.config.read_text()
    with fault(machine.persist, tmp_path) as mend:
        check_refused(machine.run("keep", place, code=7), said)
        assert not is_mount(place) and contents(place) == before
        assert not kept.exists() and machine.config.read_text() == text
        mend()
        machine.run("keep", place)
        assert is_mount(place) and contents(place) == contents(kept) == before
        check_no_rest(machine.store)
        machine.start_over()


@EACH
def test_restore(machine: Machine, tmp_path: Path, fault: Fault, said: tuple[str, ...]) -> None:
    place, to = machine.alice / "dir", tmp_path / "to"
    before = contents(place)
    to.mkdir()
    copy = Path(f"{to}{place}")
    with fault(to, tmp_path) as mend:
        check_refused(machine.run("restore", "--to", to, place, code=7), said)
        assert not copy.exists()
        mend()
        machine.run("restore", "--to", to, place)
        assert contents(copy) == before
        check_no_rest(to)


@pytest.mark.parametrize("verb", ["keep", "restore"])
def test_a_bad_block_of_what_is_copied(machine: Machine, tmp_path: Path, verb: str) -> None:
    """What can be read stays as it is; when the block is well again all is done."""
    place, to = machine.alice / "dir", tmp_path / "to"
    to.mkdir()
    words: tuple[str | Path, ...] = (verb, place) if verb == "keep" else (verb, "--to", to, place)
    copy = machine.in_store(place) if verb == "keep" else Path(f"{to}{place}")
    with faults.writable(machine.persist, tmp_path), faults.writable(to, tmp_path):
        mend = faults.spoil(place / "large", tmp_path / "btrfs/btrfs.img")
        check_refused(machine.run(*words, code=7), (DAMAGED, "large"))
        assert not copy.exists() and (place / "small").read_text() == "small"
        mend()
        machine.run(*words)
        assert contents(copy) == {"large": LARGE, "small": "small"}
        machine.start_over()


def test_a_bad_block_of_what_the_store_has(machine: Machine, tmp_path: Path) -> None:
    """Whether both sides are the same cannot be told: nothing is mounted over the other."""
    place = machine.alice / "dir"
    words = ("-o", "subvol=persist", machine.device, machine.persist)
    subprocess.run(["mount", *words], check=True)
    kept = machine.in_store(place)
    kept.parent.mkdir(parents=True)
    subprocess.run(["cp", "-a", place, kept], check=True)
    (kept / "large").write_text("other" + LARGE[5:])
    subprocess.run(["touch", "-r", place / "large", kept / "large"], check=True)
    mend = faults.spoil(kept / "large", tmp_path / "btrfs/btrfs.img")
    check_refused(machine.run("keep", place, code=7), (DAMAGED, "large"))
    assert not is_mount(place)
    mend()
    assert "--take volume" in machine.run("keep", place, code=6)
