"""How far a copy is, on one line."""

from typing import Final

from petrichor.model.copying import Amount
from petrichor.report.cells import count_text, size_text

_PER_ENTRY: Final = 1 << 16
"""How many bytes take about as long as the making of an entry: small files are slow to copy."""
_SPANS: Final = ((3_600, "hour"), (60, "minute"), (1, "second"))


def copying_text(done: Amount, total: Amount, seconds: float = 0) -> str:
    """Return what is copied of how much, at which rate, and how long the rest will take."""
    sizes = f"{size_text(done.size)} of {size_text(total.size)}"
    entries = f"{done.entries:,} of {count_text(total.entries, 'entry', 'entries')}"
    parts = [sizes, entries]
    work, all_of_it = _work(done), _work(total)
    if seconds > 0:
        parts.append(f"{size_text(int(done.size / seconds))}/s")
        if 0 < work < all_of_it:
            parts.append(f"{_span(seconds * (all_of_it - work) / work)} left")
    return ", ".join(parts)


def _work(amount: Amount) -> int:
    return amount.size + amount.entries * _PER_ENTRY


def _span(seconds: float) -> str:
    """Return a duration in its largest unit, rounded up."""
    size, noun = next(((size, noun) for size, noun in _SPANS if seconds > size), _SPANS[-1])
    return count_text(-int(-seconds // size), noun)
