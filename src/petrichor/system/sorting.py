"""Sorting more than fits into memory: sorted runs in files without a name, then merged."""

import heapq
import pickle
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from tempfile import TemporaryFile
from typing import IO, Any, Final, TypeVar

RUN: Final = 100_000
"""How many items are held at a time."""

_Item = TypeVar("_Item")


def sorted_in_pieces(
    items: Iterable[_Item], key: Callable[[_Item], Any], *, run: int = RUN
) -> Iterator[_Item]:
    """Yield the items sorted; beyond one ``run`` they go through files in ``$TMPDIR``.

    Nobody else sees these files, and they are gone when this process is.
    """
    waiting = iter(items)
    first = sorted(islice(waiting, run), key=key)
    runs: list[Iterable[_Item]] = [first]
    while more := sorted(islice(waiting, run), key=key):
        runs.append(_stored(more))
    yield from heapq.merge(*runs, key=key)


def _stored(items: list[_Item]) -> Iterator[_Item]:
    file = TemporaryFile()  # noqa: SIM115  # closed when its last item was read
    for item in items:
        pickle.dump(item, file, pickle.HIGHEST_PROTOCOL)
    file.seek(0)
    return _read(file, len(items))


def _read(file: IO[bytes], count: int) -> Iterator[Any]:
    with file:
        for _ in range(count):
            yield pickle.load(file)
