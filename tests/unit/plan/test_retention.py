"""Which retired volumes go, whatever the clock said."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from petrichor.model.declaration import Retention
from petrichor.model.past import RetiredVolume, Room
from petrichor.plan.retention import Decision, decide, wanted

DAY = 86_400
NOW = 1_790_000_000
DECADE = 10 * 365 * DAY


def retired(*days: float | None, ordered: bool = True) -> list[RetiredVolume]:
    """Volumes by their age in days, the oldest first; None has no time."""
    return [
        RetiredVolume(
            name=f"retired/root-{number}",
            identity=str(number),
            boot=f"{number:032x}",
            time=None if age is None else int(NOW - age * DAY),
            order=number if ordered else None,
        )
        for number, age in enumerate(days)
    ]


def names(decision: Decision) -> list[int]:
    return [int(item.identity) for item, _ in decision.remove]


@pytest.mark.parametrize(
    ("ages", "retention", "gone"),
    [
        ([], Retention(), []),
        ([1], Retention(), []),
        ([400], Retention(), []),
        ([3, 2, 1], Retention(keep=2), [0]),
        ([3, 2, 1], Retention(keep=1), [0, 1]),
        ([3, 2, 1], Retention(keep=0), [0, 1]),
        ([40, 31, 29, 1], Retention(), [0, 1]),
        ([40, 35, 31], Retention(), [0, 1]),
        ([40, None, 1], Retention(), []),
    ],
)
def test_count_and_age(ages: list[float | None], retention: Retention, gone: list[int]) -> None:
    decision = decide(retired(*ages), retention, NOW)
    assert names(decision) == gone
    spare = [int(item.identity) for item in decision.spare]
    assert spare == [n for n in range(len(ages) - 1) if n not in gone]


def test_what_is_found_may_stand_in_any_order() -> None:
    found = retired(3, 2, 1)
    assert decide(found[::-1], Retention(keep=2), NOW) == decide(found, Retention(keep=2), NOW)


def test_each_says_why() -> None:
    decision = decide(retired(50, 2, 1), Retention(keep=2), NOW)
    assert [why for _, why in decision.remove] == ["2 newer ones are kept"]
    decision = decide(retired(50, 2, 1), Retention(), NOW)
    assert [why for _, why in decision.remove] == ["older than 30 days"]


AGES = st.lists(st.integers(0, 300), max_size=15).map(lambda ages: sorted(ages, reverse=True))
RETENTIONS = st.builds(Retention, keep=st.integers(0, 12), days=st.integers(0, 60))
JUMPS = st.sampled_from([-DECADE, DECADE])


@given(ages=AGES, retention=RETENTIONS, jump=JUMPS)
def test_a_clock_that_is_wrong_now_removes_nothing_more(
    ages: list[int], retention: Retention, jump: int
) -> None:
    found = retired(*ages)
    assert {*names(decide(found, retention, NOW + jump))} <= {*names(decide(found, retention, NOW))}


@given(ages=AGES, retention=RETENTIONS, jump=JUMPS, data=st.data())
def test_a_clock_that_was_wrong_at_some_boots_removes_nothing_more(
    ages: list[int], retention: Retention, jump: int, data: st.DataObject
) -> None:
    wrong = data.draw(st.sets(st.integers(0, max(len(ages) - 1, 0))))
    right = retired(*ages)
    found = retired(*(age - jump / DAY if n in wrong else age for n, age in enumerate(ages)))
    assert {*names(decide(found, retention, NOW))} <= {*names(decide(right, retention, NOW))}


@given(
    ages=st.lists(st.none() | st.floats(-9000, 9000), max_size=15),
    retention=RETENTIONS,
    ordered=st.booleans(),
)
def test_the_newest_stays_and_everything_has_one_place(
    ages: list[float | None], retention: Retention, ordered: bool
) -> None:
    found = retired(*ages, ordered=ordered)
    decision = decide(found, retention, NOW)
    gone, spare = names(decision), [int(item.identity) for item in decision.spare]
    assert len({*gone, *spare}) == len(gone) + len(spare)
    if decision.unsure:
        assert not gone and not spare
    else:
        assert len(gone) + len(spare) == max(len(ages) - 1, 0)
        assert all(one < other for one, other in pairwise(gone)) or not ordered
        if ordered and ages:
            assert len(ages) - 1 not in {*gone, *spare}


@pytest.mark.parametrize("ages", [[2, -3], [5000, 2], [1, None]])
def test_without_an_order_a_clock_that_was_set_stops_it(ages: list[float | None]) -> None:
    assert decide(retired(*ages, ordered=False), Retention(keep=1), NOW).unsure
    assert not decide(retired(*ages), Retention(keep=1), NOW).unsure


@pytest.mark.parametrize(
    ("words", "least"),
    [("10%", 100), ("0%", 0), ("2.5%", 25), ("512", 512), ("1K", 1024), ("2M", 2 << 20),
     ("20G", 20 << 30), ("3T", 3 << 40)],
)  # fmt: skip
def test_space_that_is_wanted(words: str, least: int) -> None:
    assert wanted(words, Room(free=7, total=1000)) == least
