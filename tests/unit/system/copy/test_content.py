"""Content is copied with its holes, and compared byte by byte."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from petrichor.system.copy import content

BLOCK = 1 << 16
PARTS = st.lists(st.tuples(st.integers(0, 40), st.integers(1, 3 * BLOCK)), max_size=6)


@contextmanager
def opened(path: Path, flags: int = os.O_RDONLY) -> Iterator[int]:
    descriptor = os.open(path, flags, 0o600)
    yield descriptor
    os.close(descriptor)


def copy(source: Path, target: Path) -> list[int]:
    told: list[int] = []
    with (
        opened(source) as one,
        opened(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC) as other,
    ):
        content.transfer(one, other, os.fstat(one), told.append)
    return told


@pytest.mark.parametrize("by_hand", [False, True])
@settings(
    deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(parts=PARTS, more=st.integers(0, 5 * BLOCK))
def test_data_and_holes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by_hand: bool, parts, more: int
) -> None:
    with (tmp_path / "from").open("wb") as file:
        for block, length in parts:
            file.seek(block * BLOCK)
            file.write(b"x" * length)
        file.seek(0, os.SEEK_END)
        file.truncate(file.tell() + more)
    with monkeypatch.context() as patch:
        if by_hand:
            patch.setattr(content, "_in_kernel", content._by_hand)
        told = copy(tmp_path / "from", tmp_path / "to")
    assert (tmp_path / "to").read_bytes() == (tmp_path / "from").read_bytes()
    assert sum(told) <= (tmp_path / "from").stat().st_size
    assert (tmp_path / "to").stat().st_blocks <= (tmp_path / "from").stat().st_blocks + 8


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (b"", b"", True),
        (b"a" * 300_000, b"a" * 300_000, True),
        (b"a" * 300_000, b"a" * 299_999, False),
        (b"a" * 300_000, b"a" * 299_999 + b"b", False),
        (bytes(300_000), bytes(600_000), False),
        (bytes(300_000) + b"x", bytes(300_001), False),
    ],
)
def test_comparing(tmp_path: Path, one: bytes, other: bytes, same: bool) -> None:
    (tmp_path / "one").write_bytes(one)
    (tmp_path / "other").write_bytes(other)
    with opened(tmp_path / "one") as first, opened(tmp_path / "other") as second:
        assert content.same(first, second) is same
        os.fsync(second)
        assert content.same_on_disk(first, second) is same
