"""Copies of the process: they answer in order, they are told on, and none is left behind."""

import os
import signal
import time
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from petrichor.model.errors import MachineError
from petrichor.system.forks import Pool, Turns, begun, blocks_read, spread


def children() -> str:
    """Whoever else runs here, as what an earlier test left to the first process."""
    return Path(f"/proc/self/task/{os.getpid()}/children").read_text()


def test_answers_come_in_order_from_different_processes() -> None:
    before = children()
    answers = spread([lambda n=n: (n, os.getpid(), b"\xff" * n) for n in range(200_000, 200_004)])
    assert [number for number, _, _ in answers] == list(range(200_000, 200_004))
    assert answers[0][1] == os.getpid()
    assert len({process for _, process, _ in answers}) == 4
    assert spread([]) == []
    assert children() == before


def fail() -> int:
    raise ValueError("no such thing")


def end() -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return 0


@pytest.mark.parametrize(("work", "said"), [(fail, "ValueError: no such thing"), (end, "ended")])
def test_a_copy_that_fails_is_told(work, said: str) -> None:
    before = children()
    with pytest.raises(MachineError, match=said):
        spread([lambda: 1, work, lambda: 3])
    assert children() == before


def test_no_copy_outlives_an_interruption() -> None:
    before = children()

    def interrupted() -> int:
        raise KeyboardInterrupt

    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        spread([interrupted, lambda: time.sleep(600)])  # type: ignore[list-item]
    assert time.monotonic() - began < 60
    assert children() == before


def test_a_work_that_was_begun_answers_when_it_is_asked() -> None:
    before = children()
    with begun(os.getpid) as hear:
        assert children() != before
        assert hear() != os.getpid()
    assert children() == before


def test_a_work_that_nobody_waits_for_ends() -> None:
    before = children()
    with begun(lambda: time.sleep(600)):
        pass
    assert children() == before


def test_each_number_is_drawn_once() -> None:
    draw = Turns(32768)
    drawn = spread([lambda: list(draw)] * 3)
    assert sorted(number for numbers in drawn for number in numbers) == list(range(32768))
    assert list(Turns(0)) == []


def taken(pool: Pool) -> list[bytes]:
    return [path for some in iter(pool.take, []) for path in some]


@given(st.lists(st.binary(min_size=1, max_size=5000).filter(lambda path: b"\0" not in path)))
def test_what_is_given_comes_as_it_was(paths: list[bytes]) -> None:
    pool = Pool()
    assert pool.is_hungry()
    number = pool.give(paths)
    assert number == len(paths) or len(paths[number]) > 4096 or number >= 16
    assert pool.is_hungry() is (number == 0)
    assert taken(pool) == paths[:number]
    assert not pool.is_hungry()  # nobody is left who could take anything


def test_what_finds_no_room_stays() -> None:
    pool, paths = Pool(), [b"%04d" % number * 1000 for number in range(100)]
    number = pool.give(paths)
    assert 0 < number < 100
    assert pool.give(paths[number:]) == 0
    assert taken(pool) == paths[:number]


def test_who_has_nothing_waits_for_who_has() -> None:
    """Whoever takes something may give again, and all end once nobody has anything."""
    pool = Pool()

    def work(paths: list[bytes]) -> list[bytes]:
        done = []
        time.sleep(0.2 if paths else 0)
        while paths:
            path = paths.pop()
            done.append(path)
            if len(path) < 6:
                paths += [path + b"a", path + b"b"]
            if pool.is_hungry():
                del paths[: pool.give(paths[: len(paths) // 2])]
            paths = paths or pool.take()
        return done

    def wait() -> list[bytes]:
        return work(pool.take())

    found = spread([lambda: work([b"a", b"b"]), wait, wait])
    every = [bytes(word) for size in range(1, 7) for word in product(b"ab", repeat=size)]
    assert sorted(path for one in found for path in one) == sorted(every)


def test_who_read_from_a_disk_knows_it(btrfs: Path) -> None:
    file = btrfs / "file"
    file.write_bytes(bytes(16 << 20))

    def read() -> bool:
        before = blocks_read()
        file.read_bytes()
        return blocks_read() - before >= 16 << 11

    with open(file, "rb") as opened:
        os.fsync(opened.fileno())
        os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    assert (read(), read()) == (True, False)
