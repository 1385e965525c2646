"""Copies of the process: they answer in order, they are told on, and none is left behind."""

import os
import signal
import time
from pathlib import Path

import pytest

from petrichor.model.errors import MachineError
from petrichor.system.forks import Turns, begun, has_waited_for_disk, spread


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


def test_who_read_from_a_disk_knows_it(btrfs: Path) -> None:
    file = btrfs / "file"
    file.write_bytes(bytes(16 << 20))

    def read() -> bool:
        file.read_bytes()
        return has_waited_for_disk()

    with open(file, "rb") as opened:
        os.fsync(opened.fileno())
        os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    # the first work is done in this process, which may have read whatever before
    assert spread([lambda: True, read]) == [True, True]
    assert spread([lambda: True, read]) == [True, False]
