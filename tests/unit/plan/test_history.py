"""Boots in their order, whatever clocks say."""

from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from petrichor.model.errors import UsageError
from petrichor.model.past import RetiredVolume
from petrichor.plan.history import boots, pick

ROOT, HOME = PurePosixPath("/"), PurePosixPath("/home")


def retired(boot: str, time: int | None, order: int | None) -> RetiredVolume:
    name = f"retired/{boot}"
    return RetiredVolume(name=name, identity=name, boot=boot, time=time, order=order)


def ids(found: dict[PurePosixPath, list[RetiredVolume]]) -> list[str]:
    return [boot.boot for boot in boots(found)]


def test_no_boot_and_one() -> None:
    assert boots({}) == boots({ROOT: []}) == ()
    (boot,) = boots({ROOT: [retired("a", 5, 1)], HOME: [retired("a", 7, 9)]})
    assert (boot.number, boot.boot, boot.time) == (1, "a", 7)
    assert [mountpoint for mountpoint, _ in boot.retired] == [ROOT, HOME]


def test_a_clock_ten_years_ahead_changes_no_order() -> None:
    line = [retired("a", 10, 1), retired("b", 10 + 315_360_000, 2), retired("c", 30, 3)]
    assert ids({ROOT: line}) == ["c", "b", "a"]


def test_volumes_are_laid_over_each_other() -> None:
    """Of a boot that one volume misses, the other one tells the place."""
    root = [retired("a", 900, 1), retired("c", 20, 2)]
    home = [retired("a", 900, 7), retired("b", 5_000, 8), retired("c", 20, 9)]
    assert ids({ROOT: root, HOME: home}) == ["c", "b", "a"]


def test_directories_whose_clocks_contradict_come_by_time() -> None:
    root = [retired("a", 1, None), retired("b", 5, None)]
    home = [retired("b", 2, None), retired("a", 3, None)]
    assert ids({ROOT: root, HOME: home}) == ["b", "a"]


def test_a_filesystem_knows_better_than_the_clock_of_a_directory() -> None:
    """Both resets of a directory in one second: its names tell no order."""
    root = [retired("b", 5, 1), retired("a", 5, 2)]
    srv = [retired("a", 5, None), retired("b", 5, None)]
    assert ids({ROOT: root, HOME: srv}) == ["a", "b"]


def test_no_time_at_all() -> None:
    (boot,) = boots({ROOT: [retired("a", None, None)]})
    assert boot.time is None


def test_two_resets_of_one_boot_are_one_boot() -> None:
    (boot,) = boots({ROOT: [retired("a", 1, 1), retired("a", 2, 2)]})
    assert len(boot.retired) == 2


@given(
    st.permutations([f"{number:032x}" for number in range(12)]),
    st.lists(st.integers(0, 2**33), min_size=12, max_size=12),
    st.sets(st.integers(0, 11)),
    st.sets(st.integers(0, 11)),
)
def test_what_filesystems_know_always_holds(
    line: list[str], clocks: list[int], in_root: set[int], in_home: set[int]
) -> None:
    def of(chosen: set[int]) -> list[RetiredVolume]:
        return [retired(line[at], clocks[at], at) for at in sorted(chosen)]

    found = ids({ROOT: of(in_root), HOME: of(in_home)})
    assert set(found) == {line[at] for at in in_root | in_home}
    for chosen in (in_root, in_home):
        kept = [boot for boot in found if boot in {line[at] for at in chosen}]
        assert kept == [line[at] for at in sorted(chosen, reverse=True)]


KNOWN = boots({ROOT: [retired("abcd1", 1, 1), retired("abcd2", 2, 2), retired("40000", 3, 3)]})


@pytest.mark.parametrize(
    ("wanted", "boot"),
    [("1", "40000"), ("3", "abcd1"), ("abcd2", "abcd2"), ("4000", "40000"), ("ab-cd1", "abcd1")],
)
def test_a_boot_is_picked(wanted: str, boot: str) -> None:
    assert pick(KNOWN, wanted).boot == boot


@pytest.mark.parametrize("wanted", ["", "0", "4", "400", "abcd", "abc", "xxxx", "----", "²"])
def test_no_boot_is_guessed(wanted: str) -> None:
    with pytest.raises(UsageError):
        pick(KNOWN, wanted)
