"""Names that stand for something else than before."""

from hypothesis import given
from hypothesis import strategies as st

from petrichor.loss.btrfsitems import Child
from petrichor.loss.btrfsnames import other_names, read_names
from tests.unit.loss import btrfstree as tree

Names = dict[bytes, tuple[int, bool]]
NAMES = st.dictionaries(
    st.binary(min_size=1, max_size=4), st.tuples(st.integers(256, 260), st.booleans()), max_size=8
)


def parts(names: Names, each: int, together: int) -> list[list[bytes]]:
    """The items of a directory, so many names in one, and so many in one part."""
    single = [tree.entry(name, *child) for name, child in names.items()]
    items = [b"".join(single[at : at + together]) for at in range(0, len(single), together)]
    return [items[at : at + each] for at in range(0, len(items), each)]


@given(new=NAMES, old=NAMES, each=st.integers(1, 5), together=st.tuples(*[st.integers(1, 3)] * 2))
def test_other_names(new: Names, old: Names, each: int, together: tuple[int, int]) -> None:
    found = other_names(parts(new, each, together[0]), parts(old, each, together[1]))
    expected = {name for name in new.keys() | old.keys() if new.get(name) != old.get(name)}
    assert [name for name, _, _ in found] == sorted(expected)
    for name, now, before in found:
        assert now == (Child(*new[name]) if name in new else None)
        assert before == (Child(*old[name]) if name in old else None)


@given(names=NAMES, together=st.integers(1, 3))
def test_all_names(names: Names, together: int) -> None:
    (items,) = parts(names, len(names), together) if names else [[]]
    assert read_names(items) == {name: Child(*child) for name, child in names.items()}
