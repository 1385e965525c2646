"""The loss in numbers: nothing is lost or counted twice, however shares come and are merged."""

import pickle
import resource
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from petrichor.loss.summary import Summary, join
from petrichor.model.loss import Change, Entry, Fate, Judgement, Share

FILE, DIRECTORY = 0o100644, 0o040755
LOST = Judgement(Fate.LOST)
SSH = Judgement(Fate.LOST, owner="OpenSSH", kind="secret", root=b"/etc/ssh")


def entry(name: bytes, change: Change = Change.ADDED, **more: object) -> Entry:
    return Entry(name, change, FILE, 10, 0, 100)._replace(**more)  # type: ignore[arg-type]


def summed(*shares: Share, limit: int = 1000) -> Summary:
    summary = Summary(limit=limit)
    for share in shares:
        summary.add(share)
    return summary


def test_nothing() -> None:
    assert summed(Share(b"/", LOST, [])).total(*Fate).count == 0


def test_a_share_is_measured() -> None:
    entries = [
        entry(b"a"),
        entry(b"b", Change.CHANGED, uid=1000, mtime=200),
        entry(b"c", Change.REMOVED, size=1 << 40, mtime=900),
        entry(b"d", Change.UNREADABLE, mode=0, size=0, mtime=0, error="I/O error"),
        entry(b"e", mode=DIRECTORY, size=4096),
    ]
    summary = summed(Share(b"/x", LOST, entries))
    total = summary.total(Fate.LOST)
    assert (total.added, total.changed, total.removed, total.unreadable) == (2, 1, 1, 1)
    assert (total.size, total.newest, total.uids) == (20, 200, {0, 1000})
    assert summary.total(Fate.KEPT).count == 0
    assert (summary.missing, summary.unreadable) == (1, [(b"/x/d", "I/O error")])


@pytest.mark.parametrize(
    ("fate", "missing"),
    [(Fate.LOST, 1), (Fate.HIDDEN, 1), (Fate.REGENERATED, 1), (Fate.KEPT, 0), (Fate.IGNORED, 0)],
)
def test_unreadable_where_it_does_not_matter(fate: Fate, missing: int) -> None:
    share = Share(b"/", Judgement(fate), [entry(b"d", Change.UNREADABLE, error="no")])
    summary = summed(share)
    assert (summary.missing, len(summary.unreadable)) == (missing, missing)


def test_a_directory_is_counted_where_its_content_is() -> None:
    summary = summed(
        Share(b"/", LOST, [entry(b"srv", mode=DIRECTORY), entry(b"swap", size=9)]),
        Share(b"/srv", LOST, [entry(b"a"), entry(b"b", Change.REMOVED)]),
        Share(b"/srv/c", LOST, [entry(b"", Change.CHANGED, mode=DIRECTORY)]),
    )
    found = {path: (tally.count, tally.where) for path, tally in summary.folders.items()}
    assert found == {
        b"/srv": (3, b"/srv"),
        b"/": (1, b"/swap"),
        b"/srv/c": (1, b"/srv/c"),
    }


def test_what_belongs_to_somebody_is_in_no_directory() -> None:
    shares = [
        Share(b"/etc", SSH, [entry(b"ssh", mode=0o040700, uid=5)]),
        Share(b"/etc/ssh", SSH, [entry(b"key"), entry(b"key.pub")]),
        Share(b"/etc/ssh", Judgement(Fate.IGNORED, "pattern"), [entry(b"moduli")]),
    ]
    summary = summed(*shares)
    assert summary.folders == {}
    assert summary.groups[SSH].count == 3
    assert (summary.tops[SSH].mode, summary.tops[SSH].uid) == (0o040700, 5)
    everything = Summary(Fate, by_owner=False)
    for share in shares:
        everything.add(share)
    assert {path: tally.count for path, tally in everything.folders.items()} == {b"/etc/ssh": 4}


def test_where_a_group_lies() -> None:
    shares = [Share(path, LOST, [entry(b"a")]) for path in (b"/a/bc", b"/a/bd/e", b"/a/bd")]
    assert summed(shares[0]).groups[LOST].where == b"/a/bc"
    assert summed(*shares).groups[LOST].where == b"/a"
    assert summed(*shares, Share(b"/b", LOST, [entry(b"a")])).groups[LOST].where == b"/"


NAMES = st.binary(min_size=1, max_size=4).filter(
    lambda name: b"/" not in name and b"\0" not in name
)
ENTRIES = st.builds(
    Entry,
    NAMES,
    st.sampled_from(Change),
    st.sampled_from([FILE, DIRECTORY, 0o120777, 0]),
    st.integers(0, 1 << 40),
    st.integers(0, 3),
    st.integers(0, 1 << 33),
)
SHARES = st.builds(
    Share,
    st.lists(NAMES, max_size=5).map(lambda names: b"/" + b"/".join(names)),
    st.sampled_from([LOST, SSH, Judgement(Fate.KEPT, "x")]),
    st.lists(ENTRIES, max_size=5),
)


def figures(summary: Summary) -> object:
    """All that does not depend on the order of the shares."""
    groups = {
        judgement: (t.added, t.removed, t.changed, t.unreadable, t.size, t.newest, t.uids)
        for judgement, t in summary.groups.items()
    }
    return groups, {path: (t.count, t.size) for path, t in summary.folders.items()}


@settings(deadline=None)
@given(st.lists(SHARES, max_size=20), st.integers(0, 20))
def test_merged_halves_are_the_whole(shares: list[Share], cut: int) -> None:
    merged = summed(*shares[:cut])
    merged.merge(pickle.loads(pickle.dumps(summed(*shares[cut:]))))
    assert figures(merged) == figures(summed(*shares))


@settings(deadline=None)
@given(st.lists(SHARES, max_size=30), st.integers(4, 12))
def test_folded_or_not_each_entry_counts_once(shares: list[Share], limit: int) -> None:
    whole, folded = summed(*shares), summed(*shares, limit=limit)
    assert len(folded.folders) <= limit + 1
    changes = Counter(e.change for s in shares for e in s.entries if s.judgement is LOST)
    for summary in (whole, folded):
        tallies = summary.folders.values()
        assert sum(t.count for t in tallies) == changes.total()
        assert sum(t.removed for t in tallies) == changes[Change.REMOVED]
        assert sum(t.size for t in tallies) == whole.groups.get(LOST, summed().total()).size
        for path, tally in summary.folders.items():
            assert tally.where == path or tally.where.startswith(path.rstrip(b"/") + b"/")


def test_light_directories_join_their_parents_first() -> None:
    heavy = Share(b"/var/log", LOST, [entry(b"%d" % i) for i in range(100)])
    light = [Share(b"/home/cache/%d" % i, LOST, [entry(b"a")]) for i in range(200)]
    summary = summed(heavy, *light, limit=20)
    assert summary.folders[b"/var/log"].count == 100
    assert sum(tally.count for tally in summary.folders.values()) == 300


def test_memory_is_bounded() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    summary = Summary(limit=1000)
    some = [entry(b"%d" % i) for i in range(3)]
    for number in range(30_000):
        summary.add(Share(b"/var/%d/%d" % (number % 100, number), LOST, some))
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert after - before < 8 << 10, "KiB"
    assert len(pickle.dumps(summary)) < 1 << 20


def test_a_directory_that_comes_into_being_by_folding_is_not_begun_anew() -> None:
    summary = summed(
        Share(b"/", LOST, [entry(b"1"), entry(b"2"), entry(b"3", mode=DIRECTORY)]),
        Share(b"/4", LOST, [entry(b"5"), *(entry(n, mode=DIRECTORY) for n in (b"6", b"7"))]),
        limit=4,
    )
    assert {path: tally.count for path, tally in summary.folders.items()} == {b"/": 3, b"/4": 3}


def test_a_huge_directory_is_taken_in_pieces() -> None:
    summary = summed(Share(b"/m", LOST, [entry(b"%d" % i) for i in range(10_000)]))
    assert summary.folders[b"/m"].count == summary.total(Fate.LOST).count == 10_000


def test_join() -> None:
    assert [join(b"/", b""), join(b"/", b"a"), join(b"/a", b"b")] == [b"/", b"/a", b"/a/b"]
