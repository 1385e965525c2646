"""Stale content of stores, as text and as JSON."""

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, Final

from petrichor.loss.stale import Leftover
from petrichor.loss.summary import Tally
from petrichor.model.text import show, show_bytes
from petrichor.report.cells import amount_text, count_text, owner_text, size_text, table, time_text
from petrichor.report.lossrows import encoded, kind_of

VERSION: Final = 1
Found = tuple[PurePosixPath, Sequence[Leftover]]


def stale_lines(stores: Iterable[Found], names: Mapping[int, str]) -> Iterator[str]:
    """Yield the answer, store by store."""
    for store, leftovers in stores:
        if not leftovers:
            yield f"{show(store)}: all that it holds is declared"
            continue
        total = Tally()
        for item in leftovers:
            total.take(item.tally)
        amount = amount_text(total.count, total.size)
        removal = "petrichor prune --stale removes it"
        yield f"{show(store)}: {amount} that no declaration names; {removal}"
        head = ("SIZE", "ENTRIES", "OWNER", "NEWEST", "PATH")
        rows = [_row(item, names) for item in leftovers]
        yield from (f"  {line}" for line in table([head, *rows], ">><<<"))
        missing = sum(item.tally.unreadable for item in leftovers)
        if missing:
            yield f"  {count_text(missing, 'entry', 'entries')} could not be read"


def _row(item: Leftover, names: Mapping[int, str]) -> Sequence[str]:
    tally = item.tally
    return (
        size_text(tally.size),
        f"{tally.count:,}",
        owner_text(tally.uids, names),
        time_text(tally.newest),
        show_bytes(item.path),
    )


def stale_json(stores: Iterable[Found]) -> str:
    """Return the answer as a JSON document."""
    found = [
        encoded({"store": os.fsencode(store)}) | {"stale": [_record(item) for item in leftovers]}
        for store, leftovers in stores
    ]
    return json.dumps({"version": VERSION, "stores": found}, indent=1) + "\n"


def _record(item: Leftover) -> dict[str, Any]:
    tally = item.tally
    return encoded(
        {
            "path": item.path,
            "kind": kind_of(item.entry.mode),
            "entries": tally.count,
            "unreadable": tally.unreadable,
            "size": tally.size,
            "uids": sorted(tally.uids),
            "newest": tally.newest,
        }
    )
