"""A baseline's nested subvolumes are empty directories after a reset."""

import stat

from petrichor.loss.snapshotside import SnapshotSide
from tests.unit.loss.memory import FOLDER, MemorySide, Node

TREE = {
    b"file": Node(data=b"one", xattrs={b"user.a": b"b"}, flags=16),
    b"link": Node(stat.S_IFLNK | 0o777, b"file"),
    b"folder": Node(FOLDER, xattrs={b"user.c": b"d"}),
    b"nested": Node(FOLDER & ~0o055, owner=7, xattrs={b"user.e": b"f"}, flags=16, device=2),
    b"nested/inside": Node(device=2),
}


def side() -> SnapshotSide:
    return SnapshotSide(MemorySide(TREE))


def test_a_nested_subvolume_is_an_empty_directory_of_root() -> None:
    for facts in (side().facts(b"nested"), side().entries(b"")[b"nested"]):
        assert facts.st_mode == stat.S_IFDIR | 0o755
        assert (facts.st_uid, facts.st_gid, facts.st_size) == (0, 0, 0)
        assert facts.st_dev == side().facts(b"").st_dev
        assert facts.st_mtime_ns == 10**9
    assert side().entries(b"nested") == {}
    assert side().xattrs(b"nested") == {}
    assert side().flags(b"nested") == 0


def test_one_that_stands_in_a_snapshot_already_keeps_its_owner() -> None:
    tree = TREE | {b"nested": Node(FOLDER, owner=7, inode=2, device=3)}
    facts = SnapshotSide(MemorySide(tree)).facts(b"nested")
    assert (facts.st_uid, facts.st_ino) == (7, 2)


def test_all_else_is_as_it_was() -> None:
    seen, real = side(), MemorySide(TREE)
    assert list(seen.entries(b"")) == [b"file", b"folder", b"link", b"nested"]
    assert seen.facts(b"file") == real.facts(b"file")
    assert seen.target(b"link") == b"file"
    assert seen.xattrs(b"folder") == {b"user.c": b"d"}
    assert seen.flags(b"file") == 16
    assert list(seen.content(b"file")) == list(real.content(b"file"))
    assert seen.marks(b"", [b"file"]) == real.marks(b"", [b"file"])
