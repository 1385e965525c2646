"""The record of a store: its form, what becomes of it when it is noted again, what it answers."""

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import Any, Final

from petrichor.model.declaration import KeptPath
from petrichor.model.names import retired_time
from petrichor.model.record import Declared, Record, RecordState, Seen

VERSION: Final = 1
MOST: Final = 1000
"""How many paths that are declared no more are remembered; of more the longest gone are dropped."""


def decoded(data: bytes | None) -> Record:
    """Return a record from its file, which is whole or of no use; None is a missing one."""
    if data is None:
        return Record(RecordState.NONE)
    try:
        document = json.loads(data)
        if document["version"] != VERSION:
            return Record(RecordState.DAMAGED)
        known = tuple(_declared(item) for item in document["declared"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return Record(RecordState.DAMAGED)
    return Record(RecordState.READ, known)


def encoded(known: Iterable[Declared]) -> bytes:
    """Return the file of a record; a byte that is not UTF-8 is the escape of its surrogate."""
    document = {"version": VERSION, "declared": [_item(entry) for entry in known]}
    return json.dumps(document, indent=1).encode() + b"\n"


def renewed(known: Iterable[Declared], kept: Iterable[KeptPath], now: Seen) -> tuple[Declared, ...]:
    """Return what is known once ``kept`` was seen as declared, sorted by path."""
    before = {entry.path: entry for entry in known}
    present = {}
    for item in kept:
        old = before.pop(item.path, None)
        first = now if old is None else old.first
        present[item.path] = Declared(path=item.path, preset=item.preset, first=first, last=now)
    gone = sorted(before.values(), key=lambda entry: entry.last.stamp)[-MOST:]
    return tuple(sorted((*present.values(), *gone), key=lambda entry: entry.path))


class Memory:
    """Answers, for any path of a store, what of it was once declared."""

    def __init__(self, known: Iterable[Declared]) -> None:
        """Take what the store's record knows."""
        self._at = {entry.path: entry for entry in known}
        self._below: dict[PurePosixPath, list[Declared]] = {}
        for entry in self._at.values():
            for above in entry.path.parents:
                self._below.setdefault(above, []).append(entry)

    def of(self, path: PurePosixPath) -> list[Declared]:
        """Return it, what held it, and what lay in it; what was declared last comes first.

        ``path`` is as a declaration would call it.
        """
        holding = [self._at[place] for place in (path, *path.parents) if place in self._at]
        found = [*holding, *self._below.get(path, ())]
        return sorted(found, key=lambda entry: entry.last.stamp, reverse=True)


def _declared(item: Mapping[str, Any]) -> Declared:
    path = PurePosixPath(item["path"])
    os.fsencode(path)  # fails for what no path of a filesystem can be
    if not path.is_absolute() or not isinstance(item["preset"], str):
        raise ValueError(item)
    return Declared(
        path=path, preset=item["preset"], first=_seen(item["first"]), last=_seen(item["last"])
    )


def _seen(item: Mapping[str, Any]) -> Seen:
    stamp, boot = item["time"], item["boot"]
    if retired_time(stamp) is None or not isinstance(boot, str):
        raise ValueError(item)
    return Seen(stamp, boot)


def _item(entry: Declared) -> dict[str, Any]:
    seen = {
        name: {"time": moment.stamp, "boot": moment.boot}
        for name, moment in (("first", entry.first), ("last", entry.last))
    }
    return {"path": str(entry.path), "preset": entry.preset} | seen
