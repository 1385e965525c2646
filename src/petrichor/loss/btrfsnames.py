"""What the names in a directory of a Btrfs tree stand for, and what they stood for."""

from collections.abc import Iterable, Sequence
from itertools import chain, zip_longest

from petrichor.loss.btrfsitems import Child, read_children

NamePair = tuple[bytes, Child | None, Child | None]
"""A name, what it stands for now, and what it stood for."""


def read_names(items: Iterable[bytes]) -> dict[bytes, Child]:
    """Return what the names in some of a directory's items stand for."""
    return dict(chain.from_iterable(map(read_children, items)))


def other_names(
    live: Iterable[Sequence[bytes]], baseline: Iterable[Sequence[bytes]]
) -> list[NamePair]:
    """Return the names that stand for something else now, sorted.

    Both come part by part and in one order, so that what is equal need not be held for long.
    """
    here: set[bytes] = set()
    there: set[bytes] = set()
    for some, others in zip_longest(live, baseline, fillvalue=()):
        here.update(some)
        there.update(others)
        same = here & there
        here -= same
        there -= same
    new, old = read_names(here), read_names(there)
    pairs = [(name, new.get(name), old.get(name)) for name in sorted(new.keys() | old.keys())]
    return [pair for pair in pairs if pair[1] != pair[2]]
