"""Two trees are compared as the definition of the loss says; on real trees: tests/root."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from petrichor.loss.compare import (
    Trust,
    added,
    aspects,
    compare,
    compare_at,
    compare_top,
    removed,
)
from petrichor.model.loss import Aspect, Change
from petrichor.system.beneath import DIRECTORY
from petrichor.system.directory import DirectorySide
from tests.unit.loss.memory import (
    FIFO,
    FILE,
    FOLDER,
    LINK,
    NODE,
    MemorySide,
    Node,
    Tree,
    difference,
    told,
)

# Few names, so that both trees often have the same; a name that sorts between "a" and "a/b".
NAMES = st.sampled_from([b"a", b"b", b"\xff", b"a\n"])
NODES = st.builds(
    Node,
    mode=st.sampled_from([FOLDER, FOLDER, FILE, FILE, LINK, NODE, FIFO, FILE ^ 0o200]),
    data=st.sampled_from([b"", b"x", b"y"]),
    owner=st.integers(0, 1),
    mtime=st.integers(1, 2),
    xattrs=st.sampled_from([{}, {b"user.a": b"1"}]),
    flags=st.sampled_from([0, 16]),
)


@st.composite
def trees(draw: st.DrawFn) -> Tree:
    """A tree whose parents are all directories; directories and FIFOs hold no data."""
    found: Tree = {}
    for parts, node in draw(st.lists(st.tuples(st.lists(NAMES, min_size=1, max_size=4), NODES))):
        for length in range(1, len(parts)):
            found.setdefault(b"/".join(parts[:length]), Node(FOLDER))
        empty = node.mode in (FOLDER, FIFO)
        found[b"/".join(parts)] = replace(node, data=b"") if empty else node
    return {path: node for path, node in found.items() if _has_parents(path, found)}


def _has_parents(path: bytes, tree: Tree) -> bool:
    parts = path.split(b"/")
    above = (b"/".join(parts[:length]) for length in range(1, len(parts)))
    return all(other in tree and tree[other].is_folder for other in above)


@given(trees(), trees())
def test_all_differences_and_nothing_else(old: Tree, new: Tree) -> None:
    found = told(compare(MemorySide(old), MemorySide(new), b"/"))
    assert found == difference(old, new)


@given(trees())
def test_everything_is_added_to_nothing_and_removed_from_everything(tree: Tree) -> None:
    side, empty = MemorySide(tree), MemorySide({})
    assert told(compare(empty, side, b"/")) == difference({}, tree)
    assert told(compare(side, empty, b"/")) == difference(tree, {})
    assert told(compare(side, side, b"/")) == {}


@given(trees(), st.sampled_from([b"a", b"a/b", b"b"]))
def test_a_part_can_be_told_alone(tree: Tree, where: bytes) -> None:
    side = MemorySide(tree)
    inside = {p: n for p, n in tree.items() if p == where or p.startswith(where + b"/")}
    assert told(added(side, b"/", where)) == difference({}, inside)
    assert told(removed(side, b"/", where)) == difference(inside, {})


@given(trees(), trees())
def test_aspects_are_those_of_the_comparison(old: Tree, new: Tree) -> None:
    wanted = difference(old, new)
    for path in old.keys() & new.keys():
        found = aspects(MemorySide(old), MemorySide(new), path)
        assert found == wanted.get(b"/" + path, (Change.CHANGED, ()))[1]


def test_directories_come_in_order_and_above_what_lies_in_them() -> None:
    new = {b"b": Node(FOLDER), b"b/x": Node(), b"a": Node(FOLDER), b"a/y": Node(), b"a.c": Node()}
    batches = list(compare(MemorySide({b"b": Node(FOLDER)}), MemorySide(new), b"/home"))
    assert [b.directory for b in batches] == [b"/home", b"/home/a", b"/home/b"]
    assert [e.name for e in batches[0].entries] == [b"a", b"a.c"]


def test_entries_have_the_facts_of_their_side() -> None:
    old = {b"gone": Node(data=b"old", owner=7, mtime=5), b"same": Node(data=b"a", mtime=1)}
    new = {b"same": Node(data=b"ab", owner=1000, mtime=9)}
    ((_, entries),) = compare(MemorySide(old), MemorySide(new), b"/")
    gone, same = entries
    assert (gone.change, gone.size, gone.uid, gone.mtime) == (Change.REMOVED, 3, 7, 5)
    assert (same.change, same.size, same.uid, same.mtime) == (Change.CHANGED, 2, 1000, 9)
    assert same.aspects == (Aspect.CONTENT, Aspect.OWNER, Aspect.TIME)


def test_of_one_filesystem_unchanged_inodes_are_not_looked_at() -> None:
    same = Node(data=b"long", inode=5, ctime=3)
    old = {b"d": replace(same, mode=FOLDER, inode=4), b"d/f": same, b"d/g": replace(same, inode=6)}
    new = {**old, b"d/g": replace(same, inode=7)}
    live = MemorySide(new)
    assert told(compare(MemorySide(old), live, b"/", trust=Trust.INODE)) == {}
    assert b"d/f" not in live.asked
    assert {b"d", b"d/g"} <= set(live.asked)


def test_two_changes_within_one_tick_of_the_clock_are_told_apart() -> None:
    old = Node(inode=5, ctime=3)
    for changed in (replace(old, mode=FILE ^ 0o011), replace(old, mtime=2), replace(old, owner=7)):
        sides = MemorySide({b"f": old}), MemorySide({b"f": changed})
        assert len(told(compare(*sides, b"/", trust=Trust.INODE))) == 1


def test_marks_are_looked_at_where_they_leave_no_trace() -> None:
    same = Node(inode=5, ctime=3)
    old, new = MemorySide({b"f": same, b"g": same}), MemorySide({b"f": replace(same, flags=0x10)})
    new.tree[b"g"] = same
    assert told(compare(old, new, b"/", trust=Trust.INODE)) == {}
    found = told(compare(old, new, b"/", trust=Trust.ALL_BUT_MARKS))
    assert found == {b"/f": (Change.CHANGED, (Aspect.FLAGS,))}
    assert b"g" not in new.asked


@given(trees(), trees(), st.sampled_from([b"a", b"a/b", b"b"]))
def test_a_path_can_be_compared_alone(old: Tree, new: Tree, where: bytes) -> None:
    wanted = {
        path: change
        for path, change in difference(old, new).items()
        if path == b"/" + where or path.startswith(b"/" + where + b"/")
    }
    found = told(compare_at(MemorySide(old), MemorySide(new), b"/", where))
    if where in old or where in new:
        assert found == wanted
    else:
        assert found == {b"/" + where: (Change.UNREADABLE, ())}


def test_content_counts_where_the_times_were_set_back() -> None:
    old, new = {b"f": Node(data=b"old", ctime=1)}, {b"f": Node(data=b"new", ctime=2)}
    found = told(compare(MemorySide(old), MemorySide(new), b"/", trust=Trust.INODE))
    assert found == {b"/f": (Change.CHANGED, (Aspect.CONTENT,))}


@pytest.mark.parametrize("which", ["baseline", "live"])
def test_what_cannot_be_read_is_told_and_the_rest_too(which: str) -> None:
    good = {b"d": Node(FOLDER), b"f": Node(), b"later": Node()}
    bad = {b"d": Node(FOLDER, broken=True), b"f": Node(broken=True)}
    sides = MemorySide(good), MemorySide(bad)
    baseline, live = sides if which == "live" else sides[::-1]
    found = [e for b in compare(baseline, live, b"/") for e in b.entries]
    assert {e.name for e in found if e.change is Change.UNREADABLE} == {b"d", b"f"}
    assert {e.error for e in found if e.name in (b"d", b"f")} == {"Input/output error"}
    assert b"later" in {e.name for e in found}


def test_a_nested_filesystem_is_marked() -> None:
    new = {b"d": Node(FOLDER, device=2), b"d/e": Node(FOLDER, device=2)}
    found = [e for b in compare(MemorySide({}), MemorySide(new), b"/") for e in b.entries]
    assert [(e.name, e.is_root) for e in found] == [(b"d", True), (b"e", False)]
    (first, _) = added(MemorySide(new), b"/", b"d")
    assert first.entries[0].is_root


def test_the_top_is_told_only_by_itself() -> None:
    old, new = MemorySide({}), MemorySide({})
    new.tree[b""] = Node(FOLDER ^ 0o022, mtime=9)
    assert list(compare(old, new, b"/home")) == []
    ((directory, (entry,)),) = compare_top(old, new, b"/home")
    assert (directory, entry.name, entry.aspects) == (b"/home", b"", (Aspect.MODE,))
    assert list(compare_top(old, old, b"/home")) == []


def test_what_is_not_there_is_no_entry() -> None:
    assert list(added(MemorySide({}), b"/", b"absent")) == []
    ((_, (entry,)),) = compare(MemorySide({}), MemorySide({b"a": Node(FOLDER)}), b"/", b"a")
    assert entry.change is Change.UNREADABLE


def test_on_a_real_tree(tmp_path: Path) -> None:
    for side in ("old", "new"):
        folder = tmp_path / side
        (folder / "d").mkdir(parents=True)
        (folder / "d/same").write_text("same")
        (folder / "d/touched").write_text("same")
        (folder / "link").symlink_to(side)
        for name in ("d/same", "d/touched"):
            os.utime(folder / name, ns=(0, 0 if name == "d/same" or side == "old" else 1))
        os.utime(folder / "link", ns=(0, 0), follow_symlinks=False)
    (tmp_path / "new/d/more\n").touch()
    old, new = (os.open(tmp_path / side, DIRECTORY) for side in ("old", "new"))
    found = told(compare(DirectorySide(old), DirectorySide(new), b"/"))
    os.close(old)
    os.close(new)
    assert found == {
        b"/d/more\n": (Change.ADDED, ()),
        b"/d/touched": (Change.CHANGED, (Aspect.TIME,)),
        b"/link": (Change.CHANGED, (Aspect.CONTENT,)),
    }
