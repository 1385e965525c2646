"""Copies of a real folder, and what is told of them."""

import io
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from petrichor.cli import copying as module
from petrichor.cli.copying import Meter
from petrichor.model.origin import Origin
from tests.unit.cli.test_progress import Terminal


@pytest.fixture
def origins(tmp_path: Path) -> Iterator[list[Origin]]:
    """A tree of five entries and 30 bytes, a file of 10, and what went away."""
    (tmp_path / "tree/below").mkdir(parents=True)
    for name in ("tree/a", "tree/below/b", "tree/below/c", "file"):
        (tmp_path / name).write_bytes(bytes(10))
    opened = os.open(tmp_path, os.O_RDONLY | os.O_DIRECTORY)
    names = (b"tree", b"file", b"gone")
    yield [Origin(path=b"/v/" + name, top=b"/v", tree=opened) for name in names]
    os.close(opened)


def test_several_copies_add_up(origins: list[Origin], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setattr(module.time, "monotonic", lambda: 0.0)
    meter = Meter(origins)
    assert meter.text() == "0 of 40, 0 of 6 entries"
    hear = meter.begin(origins[0])
    hear(2, 10)
    assert meter.text() == "10 of 40, 2 of 6 entries"
    hear(5, 999)  # it grew after it was measured
    assert meter.text() == "30 of 40, 5 of 6 entries; comparing"
    hear = meter.begin(origins[1])
    assert meter.text() == "30 of 40, 5 of 6 entries"
    hear(0, 5)
    assert meter.text() == "35 of 40, 5 of 6 entries"
    meter.begin(origins[2])
    assert meter.text() == "40 of 40, 6 of 6 entries"


def test_nothing_is_measured_where_nobody_looks(
    origins: list[Origin], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    monkeypatch.setattr(module, "measure", None)
    meter = Meter(origins)
    meter.begin(origins[0])(1, 1)
    assert list(meter.shown(iter(["one", "two"]))) == ["one", "two"]
