"""Copies of trees as any user may make them; owners, devices and other filesystems: tests/root."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from petrichor.model.errors import RefusedError
from petrichor.system.beneath import DIRECTORY
from petrichor.system.copy import content
from petrichor.system.copy.compare import first_difference
from petrichor.system.copy.remove import remove_tree
from petrichor.system.copy.tree import copy_tree
from tests.root.harness.hostile import NAMES

Sides = tuple[int, int, Path]


@pytest.fixture
def sides(tmp_path: Path) -> Iterator[Sides]:
    """Two open directories, and where the first of them is."""
    opened = []
    for name in ("from", "to"):
        (tmp_path / name).mkdir()
        opened.append(os.open(tmp_path / name, DIRECTORY))
    yield opened[0], opened[1], tmp_path / "from"
    for descriptor in opened:
        os.close(descriptor)


def test_every_kind_comes_along(sides: Sides) -> None:
    source, target, top = sides
    (top / "tree/inner").mkdir(parents=True)
    (top / "tree/file").write_bytes(b"content")
    (top / "tree/file").chmod(0o4751)
    os.link(top / "tree/file", top / "tree/inner/link")
    (top / "tree/symlink").symlink_to("nowhere\n")
    os.link(top / "tree/symlink", top / "tree/same symlink", follow_symlinks=False)
    os.mkfifo(top / "tree/fifo")
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(f"/proc/self/fd/{source}/tree/socket")
    (top / "tree/empty").touch(mode=0o400)
    (top / "tree/inner").chmod(0o1500)
    for path in (top / "tree/file", top / "tree/inner", top / "tree"):
        os.utime(path, ns=(1_000_000_001, 1_000_000_000_000_000_007))
    copied = copy_tree(source, b"tree", target, b"new")
    assert first_difference(source, b"tree", target, b"new") is None
    assert (copied.directories, copied.files, copied.links, copied.others) == (2, 2, 2, 3)
    assert copied.size == 7
    new = top.parent / "to/new"
    assert (new / "file").stat().st_ino == (new / "inner/link").stat().st_ino
    assert os.lstat(new / "symlink").st_nlink == 2
    for path in (new / "file", new / "inner", new):
        assert path.stat().st_mtime_ns == 1_000_000_000_000_000_007
    (new / "inner").chmod(0o700)  # so that anyone can remove it
    (top / "tree/inner").chmod(0o700)


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_any_name_will_do(sides: Sides, name: bytes) -> None:
    source, target, _ = sides
    os.mkdir(name, dir_fd=source)
    inside = os.open(name, DIRECTORY, dir_fd=source)
    os.symlink(name, name, dir_fd=inside)
    os.close(inside)
    copy_tree(source, name, target, name)
    assert os.listdir(target) == [os.fsdecode(name)]
    assert first_difference(source, name, target, name) is None


@pytest.mark.parametrize("kind", ["file", "symlink", "fifo", "empty directory"])
def test_a_single_entry_is_copied_too(sides: Sides, kind: str) -> None:
    source, target, top = sides
    match kind:
        case "file":
            (top / "x").write_bytes(b"content")
        case "symlink":
            (top / "x").symlink_to("/nowhere")
        case "fifo":
            os.mkfifo(top / "x", 0o640)
        case _:
            (top / "x").mkdir(mode=0o750)
    os.utime(top / "x", ns=(1, 7), follow_symlinks=False)
    copied = copy_tree(source, b"x", target, b"y")
    assert first_difference(source, b"x", target, b"y") is None
    assert copied.directories + copied.files + copied.others == 1
    facts = os.lstat(top.parent / "to/y")
    assert copied.identity == (facts.st_dev, facts.st_ino)
    assert os.lstat(top.parent / "to/y").st_mtime_ns == 7


def test_holes_stay_holes(sides: Sides) -> None:
    source, target, top = sides
    with (top / "file").open("wb") as file:
        file.seek(1 << 30)
        file.write(b"in the middle")
        file.truncate(3 << 30)
    copy_tree(source, b"file", target, b"new")
    facts = os.stat(b"new", dir_fd=target)
    assert facts.st_size == 3 << 30
    assert facts.st_blocks * 512 <= 1 << 20
    assert first_difference(source, b"file", target, b"new") is None


def test_a_tree_deeper_than_the_directories_that_stay_open(sides: Sides) -> None:
    source, target, _ = sides
    depth = 100
    at = os.dup(source)
    for _ in range(depth):
        os.mkdir(b"d", dir_fd=at)
        above, at = at, os.open(b"d", DIRECTORY, dir_fd=at)
        os.close(above)
    os.mkfifo(b"fifo", dir_fd=at)
    os.link(b"fifo", b"d/fifo", src_dir_fd=at, dst_dir_fd=source)
    os.close(at)
    copied = copy_tree(source, b"d", target, b"new")
    assert (copied.directories, copied.others, copied.links) == (depth, 1, 1)
    assert first_difference(source, b"d", target, b"new") is None
    for directory, top in ((source, b"d"), (target, b"new")):
        remove_tree(directory, top)
        assert os.listdir(directory) == []


def test_what_is_there_stays(sides: Sides) -> None:
    source, target, top = sides
    (top / "file").write_bytes(b"new")
    (top / "directory").mkdir()
    (top.parent / "to/x").write_bytes(b"old")
    for name in (b"file", b"directory"):
        with pytest.raises(RefusedError, match="x is there already"):
            copy_tree(source, name, target, b"x")
    assert (top.parent / "to/x").read_bytes() == b"old"


def test_what_is_missing_is_told(sides: Sides) -> None:
    source, target, _ = sides
    with pytest.raises(RefusedError, match="cannot copy no such: No such file"):
        copy_tree(source, b"no such", target, b"x")
    assert os.listdir(target) == []


def test_who_watches_hears_of_a_large_file_part_by_part(
    sides: Sides, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(content, "_AT_ONCE", 1 << 14)
    source, target, top = sides
    (top / "log").write_bytes(os.urandom(1 << 16))
    told: list[tuple[int, int]] = []
    copy_tree(source, b"log", target, b"new", watch=lambda *amount: told.append(amount))
    assert told[-1] == (1, 1 << 16)
    assert told[:-1] in ([], [(0, part << 14) for part in (1, 2, 3, 4)])  # or it was shared


def test_a_file_that_is_always_written_is_named(sides: Sides) -> None:
    source, target, top = sides
    (top / "tree").mkdir()
    (top / "tree/log").write_bytes(bytes(1 << 20))
    written = 0

    def append(entries: int, size: int) -> None:
        nonlocal written
        if size:
            written += 1
            with (top / "tree/log").open("ab") as file:
                file.write(b"more\n")

    with pytest.raises(RefusedError, match="log changed each time while it was copied") as caught:
        copy_tree(source, b"tree", target, b"new", watch=append)
    assert caught.value.hint
    assert written > 1
    assert os.listdir(target) == []


def test_a_file_that_changed_once_is_copied_again(sides: Sides) -> None:
    source, target, top = sides
    (top / "tree").mkdir()
    (top / "tree/log").write_bytes(bytes(1 << 20))
    left = [b"more\n"]

    def append(entries: int, size: int) -> None:
        if size and left:
            with (top / "tree/log").open("ab") as file:
                file.write(left.pop())

    copied = copy_tree(source, b"tree", target, b"new", watch=append)
    assert copied.again >= 1
    assert copied.size == (1 << 20) + 5
    assert (top.parent / "to/new/log").read_bytes() == bytes(1 << 20) + b"more\n"


def _moved(early: Path, late: Path) -> None:
    (late / "file").rename(early / "file")


def _came(early: Path, late: Path) -> None:
    (early / "more/deep").mkdir(parents=True)
    (early / "more/deep/file").write_bytes(b"new")


def _went(early: Path, late: Path) -> None:
    (early / "old").unlink()


def _became(early: Path, late: Path) -> None:
    (early / "old").unlink()
    (early / "old").mkdir()


def _closed(early: Path, late: Path) -> None:
    early.chmod(0o700)
    (early / "old").chmod(0o600)


def _forged(early: Path, late: Path) -> None:
    facts = (early / "old").stat()
    (early / "old").write_bytes(b"OLD")
    os.utime(early / "old", ns=(facts.st_atime_ns, facts.st_mtime_ns))


@pytest.mark.parametrize("change", [_moved, _came, _went, _became, _closed, _forged])
def test_what_changes_behind_the_copy_is_copied_again(sides: Sides, change) -> None:
    source, target, top = sides
    for name in ("one", "other"):
        (top / "tree" / name).mkdir(parents=True)
    early, late = (top / "tree" / name for name in os.listdir(top / "tree"))
    (early / "old").write_bytes(b"old")
    (late / "file").write_bytes(b"moved")
    for number in range(600):  # so many that a word is said in the midst of them
        (late / f"{number}").touch()
    left = [change]

    def meddle(entries: int, size: int) -> None:
        if left and entries >= 512:
            left.pop()(early, late)

    copied = copy_tree(source, b"tree", target, b"new", watch=meddle)
    assert not left
    assert copied.again or change is _went
    assert first_difference(source, b"tree", target, b"new") is None


def test_what_went_wrong_leaves_nothing(sides: Sides) -> None:
    source, target, top = sides
    (top / "tree").mkdir()
    for number in range(600):
        (top / f"tree/{number}").touch()

    def stop(entries: int, size: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        copy_tree(source, b"tree", target, b"new", watch=stop)
    assert os.listdir(target) == []


TREES = st.recursive(
    st.tuples(st.binary(max_size=3_000), st.sampled_from([0o600, 0o644, 0o4755, 0o000])),
    lambda below: st.dictionaries(
        st.binary(min_size=1, max_size=9).filter(
            lambda n: b"/" not in n and b"\0" not in n and n not in (b".", b"..")
        ),
        below,
        max_size=5,
    ),
    max_leaves=30,
)


def _make(directory: int, name: bytes, tree: object) -> None:
    if isinstance(tree, tuple):
        content, mode = tree
        opened = os.open(name, os.O_CREAT | os.O_WRONLY, dir_fd=directory)
        os.write(opened, content)
        os.fchmod(opened, mode)
        os.close(opened)
        return
    assert isinstance(tree, dict)
    os.mkdir(name, dir_fd=directory)
    opened = os.open(name, DIRECTORY, dir_fd=directory)
    for below, its in tree.items():
        _make(opened, below, its)
    os.close(opened)


@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(tree=TREES)
def test_a_copy_is_the_same(sides: Sides, tree: object) -> None:
    source, target, _ = sides
    if os.geteuid():  # what nobody may read only root can copy
        tree = _readable(tree)
    _make(source, b"tree", tree)
    try:
        copy_tree(source, b"tree", target, b"new")
        assert first_difference(source, b"tree", target, b"new") is None
    finally:
        remove_tree(source, b"tree")
        remove_tree(target, b"new")


def _readable(tree: object) -> object:
    if isinstance(tree, dict):
        return {name: _readable(below) for name, below in tree.items()}
    assert isinstance(tree, tuple)
    return tree[0], tree[1] | 0o400
