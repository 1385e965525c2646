"""Views of a ZFS volume, here over plain directories; on real ZFS: tests/vm."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from petrichor.act.losing_zfs import Child, ComparedView, EmptyView, FamilyView
from petrichor.loss.zfs import HintError, Row
from petrichor.model.loss import Batch, Change
from petrichor.system.beneath import DIRECTORY

Open = Callable[[Path], int]


@pytest.fixture
def opened() -> Iterator[Open]:
    descriptors = []

    def open_(path: Path) -> int:
        path.mkdir(parents=True, exist_ok=True)
        descriptors.append(os.open(path, DIRECTORY))
        return descriptors[-1]

    yield open_
    for descriptor in descriptors:
        os.close(descriptor)


def told(batches: Iterator[Batch]) -> list[tuple[bytes, str]]:
    return [
        (os.path.join(batch.directory, entry.name), entry.change.value)
        for batch in batches
        for entry in batch.entries
    ]


def in_parts(view: EmptyView | ComparedView | FamilyView, number: int) -> list[tuple[bytes, str]]:
    """What the parts tell together; there are never more of them than asked for."""
    parts = view.parts(number)
    assert len(parts) <= number
    return sorted(row for part in parts for row in told(part()))


def fill(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
        os.utime(folder / name, (0, 0))


def test_with_an_empty_baseline_all_is_told_and_the_top(tmp_path: Path, opened: Open) -> None:
    fill(tmp_path / "live", "d/f", "g")
    live, baseline = opened(tmp_path / "live"), opened(tmp_path / "baseline")
    (tmp_path / "live").chmod(0o700)
    (tmp_path / "baseline").chmod(0o755)
    view = EmptyView(live, baseline, b"/home")
    rows = told(view.batches())
    assert rows == [
        (b"/home/", "changed"),
        (b"/home/d", "added"),
        (b"/home/g", "added"),
        (b"/home/d/f", "added"),
    ]
    assert in_parts(view, 2) == sorted(rows)


def test_with_content_the_trees_are_compared(tmp_path: Path, opened: Open) -> None:
    fill(tmp_path / "live", "d/same", "d/new")
    fill(tmp_path / "baseline", "d/same", "d/gone")
    view = ComparedView(opened(tmp_path / "live"), opened(tmp_path / "baseline"), b"/")
    rows = [(b"/d/gone", "removed"), (b"/d/new", "added")]
    assert told(view.batches()) == rows
    assert told(view.below(b"")) == told(view.below(b"d")) == in_parts(view, 2) == rows
    assert told(view.below(b"d/gone")) == rows[:1]


def test_a_hint_that_is_no_use_is_not_used(tmp_path: Path, opened: Open) -> None:
    fill(tmp_path / "live", "new")
    fill(tmp_path / "baseline", "gone")

    def useless() -> list[Row]:
        raise HintError("not done in time")

    trees = opened(tmp_path / "live"), opened(tmp_path / "baseline")
    rows = [(b"/gone", "removed"), (b"/new", "added")]
    assert told(ComparedView(*trees, b"/", useless).batches()) == rows
    assert told(ComparedView(*trees, b"/", list).batches()) == []
    wrong = [Row(b"M", b"F", b"/elsewhere/x")]
    assert told(ComparedView(*trees, b"/", lambda: wrong).batches()) == rows


def test_children_go_with_their_volume(tmp_path: Path, opened: Open) -> None:
    fill(tmp_path / "live", "child/hidden", "other")
    fill(tmp_path / "child", "sub/f")
    inner = EmptyView(opened(tmp_path / "live"), opened(tmp_path / "baseline"), b"/home")
    children = [
        Child(b"/home/child", opened(tmp_path / "child")),
        Child(b"/home/locked", None, "no key"),
    ]
    view = FamilyView(inner, b"/home", children)
    batches = list(view.batches())
    rows = told(iter(batches))
    assert [e.name for b in batches for e in b.entries if e.is_root] == [b"child", b"locked"]
    assert sorted(rows) == [
        (b"/home/child", "added"),
        (b"/home/child/hidden", "added"),
        (b"/home/child/sub", "added"),
        (b"/home/child/sub/f", "added"),
        (b"/home/locked", Change.UNREADABLE.value),
        (b"/home/other", "added"),
    ]
    assert in_parts(view, 1) == in_parts(view, 2) == sorted(rows)
    assert told(view.below(b"other")) == [(b"/home/other", "added")]
    assert told(view.below(b"child/sub/f")) == [(b"/home/child/sub/f", "added")]
    assert (b"/home/child/sub/f", "added") in told(view.below(b"child"))
    assert told(view.below(b"locked/x")) == [(b"/home/locked", "unreadable")]
