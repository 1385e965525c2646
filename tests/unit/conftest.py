"""Every unit test is watched: no process, no change outside repository and temporary files."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from petrichor.cli import cache
from tests.unit.effects import watch


@pytest.fixture(autouse=True)
def no_process_and_no_real_root() -> Iterator[None]:
    with watch() as caught:
        yield
    if caught:
        pytest.fail("a unit test " + "; ".join(caught), pytrace=False)


@pytest.fixture(autouse=True)
def nothing_is_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """This machine may have booted with Petrichor: its memory is not for tests."""
    monkeypatch.setattr(cache, "PLACE", tmp_path / "no-such-directory/declaration.cache")
