"""Every unit test is watched: no process, no change outside repository and temporary files."""

from collections.abc import Iterator

import pytest

from tests.unit.effects import watch


@pytest.fixture(autouse=True)
def no_process_and_no_real_root() -> Iterator[None]:
    with watch() as caught:
        yield
    if caught:
        pytest.fail("a unit test " + "; ".join(caught), pytrace=False)
