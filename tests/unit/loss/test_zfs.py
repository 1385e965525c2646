"""Rows of `zfs diff` lead to what changed, or are given up: never to less."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from petrichor.loss.compare import Comparison, Trust
from petrichor.loss.zfs import HintError, Row, parse_diff, unescape, verified
from petrichor.model.loss import Aspect, Change
from tests.unit.loss.memory import FILE, FOLDER, MemorySide, Node, Tree, difference, told

RECORDED = Path(__file__).parents[2] / "recorded/zfs/diff.txt"
PRINTED = b"".join(bytes([byte]) for byte in range(0x21, 0x7F) if byte != 0x5C)


def escape(path: bytes) -> bytes:
    """As the source of zfs diff does it: lib/libzfs/libzfs_diff.c, stream_bytes."""
    return b"".join(bytes([b]) if b in PRINTED else b"\\%04o" % b for b in path)


@given(st.binary())
def test_any_name_comes_back(name: bytes) -> None:
    assert unescape(escape(name)) == name


@given(st.lists(st.binary().map(lambda name: b"/" + name.replace(b"\0", b""))))
def test_any_rows_are_read(paths: list[bytes]) -> None:
    paths = [path for path in paths if b"<xattrdir>" not in path and b"queue)" not in path]
    lines = [b"1795492900.4\tR\tF\t%b\t%b\n" % (escape(p), escape(p + b"2")) for p in paths]
    assert parse_diff(b"".join(lines)) == [Row(b"R", b"F", p, p + b"2") for p in paths]


def test_recorded_rows_are_read() -> None:
    rows = parse_diff(RECORDED.read_bytes())
    assert Row(b"+", b"F", b"/v/\xff\xfe bad") in rows
    assert Row(b"+", b"F", b"/v/oct\\0040al") in rows
    assert Row(b"R", b"/", b"/v/ren-dir", b"/v/ren-dir2") in rows
    assert Row(b"M", b"F", b"/v/dir/linked-0") in rows
    assert Row(b"M", b"/", b"/v/") in rows
    assert {row.kind for row in rows} == {b"+", b"-", b"M", b"R"}
    assert len(rows) == len(RECORDED.read_bytes().splitlines()) - 1  # one unlinked while open


@pytest.mark.parametrize("line", [b"nonsense", b"1.0\tX\tF\t/v/x", b"1.0\t+\tF\trelative"])
def test_another_form_is_given_up(line: bytes) -> None:
    with pytest.raises(HintError, match="another form"):
        parse_diff(b"1.0\t+\tF\t/v/good\n" + line + b"\n")


def test_attributes_kept_as_files_are_changes_of_their_file() -> None:
    rows = parse_diff((RECORDED.parent / "diff-attributes.txt").read_bytes())
    files = {b"/attributes/" + name for name in (b"new", b"old", b"gone")}
    assert {row.path for row in rows} == files
    assert {(row.kind, row.type, row.new) for row in rows} == {(b"M", b"F", b"")}


# --- a filesystem in memory, and what zfs diff says of it

NAMES = st.sampled_from([b"a", b"b", b"c"])
PATHS = st.lists(NAMES, min_size=1, max_size=3).map(b"/".join)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["mkdir", "write", "chmod", "unlink", "rename", "link"]), PATHS, PATHS
    )
)


class Filesystem:
    """Paths and inodes; every change moves the clock, and with it the inode's change time."""

    def __init__(self, tree: Tree) -> None:
        self.tree = {b"": Node(FOLDER, inode=1), **tree}
        self.clock = max(node.ctime for node in self.tree.values()) + 1
        self.last = max(node.inode for node in self.tree.values())

    def do(self, step: str, path: bytes, other: bytes) -> None:
        """Carry a step out where it is possible."""
        self.clock += 1
        node = self.tree.get(path)
        if step in ("mkdir", "write") and node is None and self._room(path):
            self.last += 1
            self._put(path, Node(FOLDER if step == "mkdir" else FILE, inode=self.last))
        elif node is None:
            return
        elif step == "write" and not node.is_folder:
            self._change(node, data=b"%d" % self.clock, mtime=self.clock)
        elif step == "chmod":
            self._change(node, mode=node.mode ^ 0o020)
        elif step == "unlink" and not self._below(path):
            self._drop(path)
        elif step == "link" and not node.is_folder and other not in self.tree and self._room(other):
            self._put(other, node)
        elif step == "rename" and not (other + b"/").startswith(path + b"/"):
            self._rename(path, node, other)

    def _rename(self, path: bytes, node: Node, other: bytes) -> None:
        aim = self.tree.get(other)
        if not self._room(other) or self._below(other):
            return
        if aim is not None and (aim.is_folder != node.is_folder or aim.inode == node.inode):
            return
        if aim is not None:
            self._drop(other)
        below = self._below(path)
        self._put(other, node)
        for old in below:
            self.tree[other + old[len(path) :]] = self.tree.pop(old)
        self._drop(path)

    def _room(self, path: bytes) -> bool:
        above = self.tree.get(path.rpartition(b"/")[0])
        return above is not None and above.is_folder

    def _below(self, path: bytes) -> list[bytes]:
        return [other for other in self.tree if other.startswith(path + b"/")]

    def _put(self, path: bytes, node: Node) -> None:
        self.tree[path] = node
        self._change(node)
        self._touch(path)

    def _drop(self, path: bytes) -> None:
        self._change(self.tree.pop(path))
        self._touch(path)

    def _touch(self, path: bytes) -> None:
        self._change(self.tree[path.rpartition(b"/")[0]])

    def _change(self, node: Node, **changes: object) -> None:
        for path, other in self.tree.items():
            if other.inode == node.inode:
                self.tree[path] = replace(other, ctime=self.clock, **changes)  # type: ignore[arg-type]


def zfs_diff(old: Tree, new: Tree) -> list[Row]:
    """One row for each inode, whatever other names it has; a link's change of count alone too."""
    rows = []
    before = {node.inode: path for path, node in old.items()}
    now = {node.inode: path for path, node in new.items()}
    for inode in before.keys() | now.keys():
        was, is_ = before.get(inode), now.get(inode)
        node = old[was] if was is not None else new[is_ or b""]
        kind = b"/" if node.is_folder else b"F"
        if was is None:
            rows.append(Row(b"+", kind, b"/v/" + (is_ or b"")))
        elif is_ is None:
            rows.append(Row(b"-", kind, b"/v/" + was))
        elif old[was].ctime != new[is_].ctime:
            moved = was != is_ and was not in new
            rows.append(
                Row(b"R", kind, b"/v/" + was, b"/v/" + is_)
                if moved
                else Row(b"M", kind, b"/v/" + is_)
            )
    return rows


@given(STEPS, STEPS)
def test_all_that_changed_or_nothing(first: list, second: list) -> None:
    start = Filesystem({})
    for step in first:
        start.do(*step)
    after = Filesystem(start.tree)
    for step in second:
        after.do(*step)
    old, new = start.tree, after.tree
    linked = any(step == "link" for step, *_ in first + second)
    comparison = Comparison(MemorySide(old), MemorySide(new), b"/v", Trust.INODE)
    try:
        found = told(verified(zfs_diff(old, new), comparison))
    except HintError:
        event("given up")
        assert linked
        return
    event("linked, and told" if linked else "told")
    wanted = {b"/v" + path: how for path, how in difference(old, new).items() if path != b"/"}
    assert found == wanted


def _told(old: Tree, new: Tree, rows: list[Row]) -> dict:
    comparison = Comparison(MemorySide(old), MemorySide(new), b"/v", Trust.INODE)
    return told(verified(rows, comparison))


A = Node(inode=5, ctime=1)


def test_a_new_link_is_found_in_its_directory() -> None:
    old = {b"a": A, b"d": Node(FOLDER, inode=9)}
    linked = replace(A, ctime=2)
    new = {b"a": linked, b"d": Node(FOLDER, inode=9, ctime=2), b"d/new": linked}
    rows = [Row(b"M", b"F", b"/v/a"), Row(b"M", b"/", b"/v/d")]
    assert _told(old, new, rows) == {b"/v/d/new": (Change.ADDED, ())}


def test_a_file_that_still_exists_is_not_removed() -> None:
    assert _told({b"a": A}, {b"a": replace(A, ctime=2)}, [Row(b"-", b"F", b"/v/a")]) == {}


def test_a_changed_file_of_two_names_is_given_up() -> None:
    changed = replace(A, ctime=2, data=b"x")
    with pytest.raises(HintError, match="other names"):
        _told({b"a": A, b"b": A}, {b"a": changed, b"b": changed}, [Row(b"M", b"F", b"/v/a")])


def test_the_top_of_a_snapshot_has_an_inode_number_of_its_own() -> None:
    """Seen on OpenZFS 2.3: 281474976710565 in the snapshot, 34 on the volume."""
    old, new = MemorySide({}), MemorySide({b"new": A})
    old.tree[b""] = Node(FOLDER, inode=281474976710565)
    new.tree[b""] = Node(FOLDER, inode=34)
    rows = [Row(b"+", b"F", b"/v/new"), Row(b"M", b"/", b"/v/")]
    comparison = Comparison(old, new, b"/v", Trust.INODE)
    assert told(verified(rows, comparison)) == {b"/v/new": (Change.ADDED, ())}


def test_saving_by_rename_is_a_change() -> None:
    new = {b"a": Node(inode=6, ctime=2, data=b"x")}
    rows = [Row(b"-", b"F", b"/v/a"), Row(b"+", b"F", b"/v/a"), Row(b"M", b"/", b"/v/")]
    assert _told({b"a": A}, new, rows) == {b"/v/a": (Change.CHANGED, (Aspect.CONTENT,))}


def test_a_rename_names_the_old_path() -> None:
    old = {b"d": Node(FOLDER, inode=9), b"d/f": A}
    new = {b"e": Node(FOLDER, inode=9, ctime=2), b"e/f": A}
    rows = [Row(b"R", b"/", b"/v/d", b"/v/e"), Row(b"M", b"/", b"/v/")]
    comparison = Comparison(MemorySide(old), MemorySide(new), b"/v", Trust.INODE)
    first, *rest = verified(rows, comparison)
    assert [(e.name, e.change, e.old) for e in first.entries] == [
        (b"d", Change.REMOVED, b""),
        (b"e", Change.ADDED, b"/v/d"),
    ]
    assert [batch.directory for batch in rest] == [b"/v/d", b"/v/e"]


@pytest.mark.parametrize(
    "row",
    [
        Row(b"M", b"F", b"/v/absent"),
        Row(b"M", b"F", b"/w/a"),
        Row(b"+", b"F", b"/v/absent/f"),
        Row(b"M", b"/", b"/v/a"),
    ],
)
def test_what_does_not_fit_is_given_up(row: Row) -> None:
    with pytest.raises(HintError):
        _told({b"a": A}, {b"a": A}, [row])
