"""Items of Btrfs trees, as the kernel lays them out."""

import stat

from hypothesis import given
from hypothesis import strategies as st

from petrichor.loss.btrfsitems import Child, read_directory, read_inode, read_name
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
    found = read_inode(items)
    assert found is not None
    assert found.mode == mode and not found.is_directory
    assert found.mtime == (mtime, rest.pop("nanoseconds"))
    assert {key: getattr(found, key) for key in rest} == rest
    assert found.names == names | far
    assert found.xattrs == frozenset(xattrs.items())


def test_flags_are_those_that_people_see() -> None:
    immutable, prealloc = 64, 16
    seen = read_inode(tree.inode(7, flags=immutable | prealloc))
    assert seen is not None and seen.flags == immutable
    link = read_inode(tree.inode(7, mode=stat.S_IFLNK | 0o777, flags=2))
    assert link is not None and link.flags == 0


def test_names_without_their_inode_are_none() -> None:
    assert read_inode([]) is None
    assert read_inode(tree.names(7, {(256, b"a")})) is None


@given(name=NAMES, number=INODES, is_root=st.booleans())
def test_a_name_in_a_directory(name: bytes, number: int, is_root: bool) -> None:
    (item,) = tree.index(256, {3: (name, number, is_root)})
    assert read_name(item[3]) == (name, Child(number, is_root))


@given(above=INODES, name=NAMES, generation=INODES, xattrs=XATTRS)
def test_a_directory(above: int, name: bytes, generation: int, xattrs: dict[bytes, bytes]) -> None:
    items = tree.inode(7, mode=tree.FOLDER, generation=generation)
    items += tree.names(7, {(above, name)})
    assert read_directory(items + tree.xattrs(7, xattrs)) == (generation, 1, (above, name))
    renamed = tree.names(7, {(above, name), (above, name + b"\xff")})
    assert read_directory(items[:1] + renamed) == (generation, 1, (above, name))
    assert read_directory(items[1:]) is read_directory(items[:1]) is read_directory([]) is None
