"""How far a copy is, as it is written."""

import pytest

from petrichor.model.copying import Amount
from petrichor.report.copying import copying_text

M = 1 << 20


@pytest.mark.parametrize(
    ("done", "total", "seconds", "text"),
    [
        (Amount(), Amount(1, 100), 0, "0 of 100, 0 of 1 entry"),
        (Amount(), Amount(1, 100), 2, "0 of 100, 0 of 1 entry, 0/s"),
        (
            Amount(10, 25 * M),
            Amount(40, 100 * M),
            5,
            "25M of 100M, 10 of 40 entries, 5.0M/s, 15 seconds left",
        ),
        (
            Amount(1000, 0),
            Amount(1_000_000, 0),
            10,
            "0 of 0, 1,000 of 1,000,000 entries, 0/s, 3 hours left",
        ),
        (Amount(1, M), Amount(2, 60 * M), 2, "1.0M of 60M, 1 of 2 entries, 512K/s, 2 minutes left"),
        (Amount(2, M), Amount(2, M), 2, "1.0M of 1.0M, 2 of 2 entries, 512K/s"),
    ],
)
def test_one_line(done: Amount, total: Amount, seconds: float, text: str) -> None:
    assert copying_text(done, total, seconds) == text
