"""Which paths of a store are declared."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from petrichor.loss.coverage import Cover, Coverage

NAMES = st.sampled_from([b"a", b"ab", b"-", b"\xff\n", b"%41", b"a b", b".x"])
PATHS = st.lists(NAMES, min_size=1, max_size=4).map(b"/".join)


@pytest.mark.parametrize(
    ("path", "cover"),
    [
        (b"", Cover.PARENT),
        (b"var", Cover.PARENT),
        (b"var/lib", Cover.PARENT),
        (b"var/lib/app", Cover.KEPT),
        (b"var/lib/app/\xff\n", Cover.KEPT),
        (b"var/lib/app2", Cover.STALE),
        (b"var/li", Cover.STALE),
        (b"home/alice", Cover.STALE),
        (b"home/bob", Cover.KEPT),
    ],
)
def test_a_prefix_counts_by_whole_names(path: bytes, cover: Cover) -> None:
    assert Coverage([b"var/lib/app", b"home/bob"]).cover(path) is cover


def test_a_store_may_be_kept_as_a_whole() -> None:
    assert Coverage([b""]).cover(b"anything") is Cover.KEPT
    assert Coverage([b""]).cover(b"") is Cover.KEPT


@given(st.lists(PATHS, max_size=5), PATHS)
def test_every_path_is_covered_in_one_way(kept: list[bytes], path: bytes) -> None:
    below = any(path == other or path.startswith(other + b"/") for other in kept)
    above = any(other.startswith(path + b"/") for other in kept)
    wanted = Cover.KEPT if below else Cover.PARENT if above else Cover.STALE
    assert Coverage(kept).cover(path) is wanted
