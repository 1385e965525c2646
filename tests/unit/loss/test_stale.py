"""Which content of a store is told as stale."""

from hypothesis import given
from hypothesis import strategies as st

from petrichor.loss.coverage import Cover, Coverage
from petrichor.loss.stale import find_leftovers
from petrichor.model.loss import Batch, Change, Entry

FILE, FOLDER = 0o100644, 0o040755
STORE = b"/s"


def entry(name: bytes, mode: int = FILE, size: int = 1) -> Entry:
    return Entry(name, Change.ADDED, mode, size, 7, 100)


def batches(tree: dict[bytes, int]) -> list[Batch]:
    """A tree by relative paths, in the order of a walk."""
    found: dict[bytes, list[Entry]] = {b"": []}
    for path, mode in sorted(tree.items(), key=lambda item: item[0].split(b"/")):
        above, _, name = path.rpartition(b"/")
        found[above].append(entry(name, mode))
        if mode == FOLDER:
            found[path] = []
    return [Batch(STORE + b"/" + p if p else STORE, entries) for p, entries in found.items()]


def told(tree: dict[bytes, int], *kept: bytes) -> dict[bytes, tuple[int, int]]:
    found = find_leftovers(batches(tree), STORE, Coverage(kept))
    return {item.path: (item.tally.count, item.tally.size) for item in found}


TREE = {
    b"etc": FOLDER, b"etc/ssh": FOLDER, b"etc/ssh/key": FILE, b"etc/old": FOLDER,
    b"etc/old/a": FILE, b"etc/old/b": FOLDER, b"etc/old/b/c": FILE, b"etc.d": FILE, b"\xff\n": FILE,
}  # fmt: skip


def test_the_topmost_paths_are_told_with_all_below_them() -> None:
    assert told(TREE, b"etc/ssh") == {
        b"/s/etc/old": (4, 2), b"/s/etc.d": (1, 1), b"/s/\xff\n": (1, 1),
    }  # fmt: skip
    assert told(TREE) == {b"/s/etc": (7, 3), b"/s/etc.d": (1, 1), b"/s/\xff\n": (1, 1)}
    assert told(TREE, b"") == {}


def test_a_directory_that_only_leads_to_a_kept_path_is_not_stale_and_an_empty_one_is() -> None:
    assert told({b"a": FOLDER, b"a/b": FOLDER, b"e": FOLDER}, b"a/b/c") == {b"/s/e": (1, 0)}


NAMES = st.sampled_from([b"a", b"b", b"ab"])
PATHS = st.lists(NAMES, min_size=1, max_size=3).map(b"/".join)


@given(st.sets(PATHS), st.sets(PATHS))
def test_every_uncovered_entry_is_counted_once(paths: set[bytes], kept: set[bytes]) -> None:
    tree = {}
    for path in paths:
        parts = path.split(b"/")
        tree |= {b"/".join(parts[:end]): FOLDER for end in range(1, len(parts) + 1)}
    coverage = Coverage(kept)
    found = find_leftovers(batches(tree), STORE, coverage)
    stale = {path for path in tree if coverage.cover(path) is Cover.STALE}
    assert sum(item.tally.count for item in found) == len(stale)
    tops = {item.path[3:] for item in found}
    assert tops == {path for path in stale if path.rpartition(b"/")[0] not in stale}
