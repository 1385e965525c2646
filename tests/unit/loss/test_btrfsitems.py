"""Items of Btrfs trees, as the kernel lays them out."""

import stat

from hypothesis import given
from hypothesis import strategies as st

from petrichor.loss.btrfsitems import Child, read_children, read_directory, read_inode
from tests.unit.loss import btrfstree as tree

NAMES = st.binary(min_size=1, max_size=255)
INODES = st.integers(256, 2**63)
LINKS = st.sets(st.tuples(INODES, NAMES), max_size=6)
XATTRS = st.dictionaries(NAMES, st.binary(max_size=300), max_size=4)


@given(names=LINKS, far=LINKS, xattrs=XATTRS, data=st.data())
def test_an_inode(
    names: set[tuple[int, bytes]], far: set[tuple[int, bytes]], xattrs: dict[bytes, bytes],
    data: st.DataObject,
) -> None:  # fmt: skip
    mode = stat.S_IFREG | data.draw(st.integers(0, 0o7777))
    rest = {
        key: data.draw(st.integers(0, 2**32 - 1))
        for key in ("generation", "size", "uid", "gid", "rdev", "nanoseconds")
    }
    mtime = data.draw(st.integers(-(2**62), 2**62))
    items = tree.inode(7, mode=mode, mtime=mtime, **rest)
    items += tree.names(7, names) + tree.far_names(7, far) + tree.xattrs(7, xattrs)
    found = read_inode(tree.answer(items))
    assert found is not None
    assert found.mode == mode and not found.is_directory
    assert found.mtime == (mtime, rest.pop("nanoseconds"))
    assert {key: getattr(found, key) for key in rest} == rest
    assert found.names == names | far
    assert found.xattrs == frozenset(xattrs.items())


def test_flags_are_those_that_people_see() -> None:
    immutable, prealloc = 64, 16
    seen = read_inode(tree.answer(tree.inode(7, flags=immutable | prealloc)))
    assert seen is not None and seen.flags == immutable
    link = read_inode(tree.answer(tree.inode(7, mode=stat.S_IFLNK | 0o777, flags=2)))
    assert link is not None and link.flags == 0


def test_names_without_their_inode_are_none() -> None:
    assert read_inode(tree.answer([])) is None
    for links in ({(256, b"a")}, {(256, b"a"), (257, b"b")}):
        assert read_inode(tree.answer(tree.names(7, links))) is None


@given(children=st.dictionaries(NAMES, st.tuples(INODES, st.booleans()), max_size=4))
def test_names_in_a_directory(children: dict[bytes, tuple[int, bool]]) -> None:
    item = b"".join(tree.entry(name, *child) for name, child in children.items())
    expected = [(name, Child(*child)) for name, child in children.items()]
    assert list(read_children(item)) == expected


@given(above=INODES, name=NAMES, generation=INODES, xattrs=XATTRS)
def test_a_directory(above: int, name: bytes, generation: int, xattrs: dict[bytes, bytes]) -> None:
    items = tree.inode(7, mode=tree.FOLDER, generation=generation)
    items += tree.names(7, {(above, name)})
    expected = generation, 1, (above, name)
    assert read_directory(tree.answer(items + tree.xattrs(7, xattrs))) == expected
    renamed = tree.names(7, {(above, name), (above, name + b"\xff")})
    assert read_directory(tree.answer(items[:1] + renamed)) == expected
    for other in (items[1:], items[:1], [], items[::-1]):
        assert read_directory(tree.answer(other)) is None
