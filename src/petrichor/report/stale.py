"""Stale content of stores, as text and as JSON."""

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, Final

from petrichor.loss.stale import Leftover, StoreContent
from petrichor.loss.summary import Tally
from petrichor.model.names import retired_time
from petrichor.model.record import Declared, RecordState, Seen
from petrichor.model.text import show, show_bytes
from petrichor.plan.record import Memory
from petrichor.report.cells import amount_text, count_text, owner_text, size_text, table, time_text
from petrichor.report.lossrows import encoded, kind_of

VERSION: Final = 1
_HEAD: Final = ("SIZE", "ENTRIES", "OWNER", "NEWEST", "LAST DECLARED", "PATH", "")
_UNKNOWN: Final = {
    RecordState.NONE: "the store has no record yet; apply, keep, forget and each boot write it",
    RecordState.DAMAGED: "the record of the store is damaged; the next boot begins it anew",
    RecordState.CLOSED: "the record of the store is root's alone; run it as root",
}


def stale_lines(stores: Iterable[StoreContent], names: Mapping[int, str]) -> Iterator[str]:
    """Yield the answer, store by store."""
    for store, leftovers, record in stores:
        if not leftovers:
            yield f"{show(store)}: all that it holds is declared"
            continue
        total = Tally()
        for item in leftovers:
            total.take(item.tally)
        amount = amount_text(total.count, total.size)
        removal = "petrichor prune --stale removes it"
        yield f"{show(store)}: {amount} that no declaration names; {removal}"
        memory = Memory(record.known)
        rows = [_row(item, names, _before(item, store, memory), store) for item in leftovers]
        yield from (f"  {line}" for line in table([_HEAD, *rows], ">><<<<<"))
        missing = sum(item.tally.unreadable for item in leftovers)
        if missing:
            yield f"  {count_text(missing, 'entry', 'entries')} could not be read"
        if record.state in _UNKNOWN:
            yield f"  when it was declared is not known: {_UNKNOWN[record.state]}"


def _before(item: Leftover, store: PurePosixPath, memory: Memory) -> Sequence[Declared]:
    return memory.of(_place(item, store))


def _place(item: Leftover, store: PurePosixPath) -> PurePosixPath:
    """Return how a declaration would call a path of the store."""
    return PurePosixPath("/") / PurePosixPath(os.fsdecode(item.path)).relative_to(store)


def _row(
    item: Leftover, names: Mapping[int, str], before: Sequence[Declared], store: PurePosixPath
) -> Sequence[str]:
    tally = item.tally
    return (
        size_text(tally.size),
        f"{tally.count:,}",
        owner_text(tally.uids, names),
        time_text(tally.newest),
        time_text(retired_time(before[0].last.stamp) or 0) if before else "not known",
        show_bytes(item.path),
        _as_what(before, _place(item, store)),
    )


def _as_what(before: Sequence[Declared], place: PurePosixPath) -> str:
    """Return by what name it was declared, where its own place in the store does not say so."""
    if not before:
        return ""
    last, others = before[0], len(before) - 1
    parts = [f"as {show(last.path)}"] if last.path != place or others else []
    parts += [f"preset {show(last.preset)}"] if last.preset else []
    parts += [f"and {others:,} more"] if others else []
    return ", ".join(parts)


def stale_json(stores: Iterable[StoreContent]) -> str:
    """Return the answer as a JSON document."""
    return json.dumps({"version": VERSION, "stores": list(map(_store, stores))}, indent=1) + "\n"


def _store(content: StoreContent) -> dict[str, Any]:
    store, leftovers, record = content
    memory = Memory(record.known)
    stale = [_record(item, _before(item, store, memory)) for item in leftovers]
    return encoded({"store": os.fsencode(store)}) | {"record": str(record.state), "stale": stale}


def _record(item: Leftover, before: Sequence[Declared]) -> dict[str, Any]:
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
            "declared": [_declared(entry) for entry in before],
        }
    )


def _declared(entry: Declared) -> dict[str, Any]:
    path = encoded({"path": os.fsencode(entry.path)})
    preset = {"preset": entry.preset} if entry.preset else {}
    return path | preset | {"first": _seen(entry.first), "last": _seen(entry.last)}


def _seen(seen: Seen) -> dict[str, Any]:
    return {"time": retired_time(seen.stamp), "boot": seen.boot}
