"""Every entry of the loss, one by one, as text, as JSON, and as bare paths.

What is written is written at once, so that two million entries need no memory.
"""

import json
import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from petrichor.loss.summary import Summary, join
from petrichor.model.loss import Change, Entry, Fate, Judgement, Share, Sort
from petrichor.model.text import show, show_bytes
from petrichor.report.cells import owner_text, size_text, time_text

VERSION: Final = 1
"""The version of the JSON form; it rises when a reader could misread the new one."""

KINDS: Final = {
    stat.S_IFREG: "file",
    stat.S_IFDIR: "directory",
    stat.S_IFLNK: "symlink",
    stat.S_IFIFO: "fifo",
    stat.S_IFSOCK: "socket",
    stat.S_IFBLK: "block",
    stat.S_IFCHR: "char",
}
UNKNOWN: Final = "unknown"


class Row(NamedTuple):
    """An entry with its path and what is known of it."""

    path: bytes
    entry: Entry
    judgement: Judgement


def rows(shares: Iterable[Share], fates: Iterable[Fate]) -> Iterator[Row]:
    """Yield the entries of the fates as they come."""
    wanted = frozenset(fates)
    for directory, judgement, entries in shares:
        if judgement.fate in wanted:
            for entry in entries:
                yield Row(join(directory, entry.name), entry, judgement)


def kind_of(mode: int) -> str:
    """Return what an entry is; ``unknown`` where it could not be read."""
    return KINDS.get(stat.S_IFMT(mode), UNKNOWN)


def row_text(row: Row, names: Mapping[int, str]) -> str:
    """Return an entry as one line: change, fate, kind, size, owner, time, path, remarks."""
    entry, judgement = row.entry, row.judgement
    remarks = [", ".join(entry.aspects)] if entry.aspects else []
    remarks += [f"was {show_bytes(entry.old)}"] if entry.old else []
    remarks += ["subvolume"] if entry.is_root else []
    remarks += [" ".join(filter(None, (judgement.owner, judgement.kind)))]
    remarks += [judgement.reason, entry.error]
    told = "; ".join(show(remark) for remark in remarks if remark)
    known = entry.change is not Change.UNREADABLE or entry.mode
    return (
        f"{entry.change:10} {judgement.fate:11} {kind_of(entry.mode):9} "
        f"{size_text(entry.size) if known else '':>5} "
        f"{owner_text((entry.uid,), names) if known else '':8} "
        f"{time_text(entry.mtime):16}  {show_bytes(row.path)}{f'  ({told})' if told else ''}"
    )


def entry_record(row: Row) -> dict[str, Any]:
    """Return an entry as plain data; what is empty is left out."""
    entry, judgement = row.entry, row.judgement
    record: dict[str, Any] = {
        "path": row.path,
        "change": str(entry.change),
        "fate": str(judgement.fate),
        "kind": kind_of(entry.mode),
        "mode": f"{stat.S_IMODE(entry.mode):04o}",
        "size": entry.size,
        "uid": entry.uid,
        "mtime": entry.mtime,
    }
    more = {
        "aspects": [str(aspect) for aspect in entry.aspects],
        "old": entry.old,
        "error": show(entry.error),
        "isRoot": entry.is_root,
        "reason": show(judgement.reason),
        "owner": show(judgement.owner),
        "importance": judgement.kind,
        "root": judgement.root,
    }
    record.update((key, value) for key, value in more.items() if value)
    return encoded(record)


def encoded(record: dict[str, Any]) -> dict[str, Any]:
    """Turn paths into text: as they are, or all percent-encoded where one is not UTF-8."""
    paths = {key: value for key, value in record.items() if isinstance(value, bytes)}
    try:
        return record | {key: value.decode() for key, value in paths.items()}
    except UnicodeDecodeError:
        from urllib.parse import quote_from_bytes

        quoted = {key: quote_from_bytes(value, safe="/") for key, value in paths.items()}
        return record | quoted | {"encoding": "percent"}


def json_pieces(
    shares: Iterable[Share], volumes: Iterable[str], fates: Iterable[Fate], summary: Summary
) -> Iterator[str]:
    """Yield one JSON document in pieces; ``summary`` is filled on the way, and told at the end.

    ``volumes`` are mount points as text with surrogate escapes.
    """
    mountpoints = [encoded({"mountpoint": os.fsencode(name)}) for name in volumes]
    yield f'{{"version": {VERSION},\n "volumes": {json.dumps(mountpoints)},\n "entries": ['
    comma = "\n"
    for row in rows(counted(shares, summary), fates):
        yield f"{comma}  {json.dumps(entry_record(row))}"
        comma = ",\n"
    totals = json.dumps(totals_record(summary))
    complete = json.dumps(not summary.missing)
    yield f'\n ],\n "totals": {totals},\n "complete": {complete},\n'
    yield f' "unreadable": {summary.missing}}}\n'


def totals_record(summary: Summary) -> dict[str, dict[str, int]]:
    """Return how many entries of each change, and how many bytes, each fate has."""
    totals = {fate: summary.total(fate) for fate in Fate}
    return {
        str(fate): {
            "added": total.added,
            "removed": total.removed,
            "changed": total.changed,
            "unreadable": total.unreadable,
            "size": total.size,
        }
        for fate, total in totals.items()
    }


def counted(shares: Iterable[Share], summary: Summary) -> Iterator[Share]:
    """Yield the shares, and let the summary take each."""
    for share in shares:
        summary.add(share)
        yield share


def null_pieces(
    shares: Iterable[Share], fates: Iterable[Fate], summary: Summary
) -> Iterator[bytes]:
    """Yield the paths on the volume, each ended by NUL; what was removed is not on it."""
    for row in rows(counted(shares, summary), fates):
        if row.entry.change is not Change.REMOVED:
            yield row.path + b"\0"


def sort_key(sort: Sort, row: Row) -> tuple[int, bytes]:
    """Return the key that sorts entries; each counts for one, so ``count`` is by path."""
    most = {Sort.SIZE: row.entry.size, Sort.NEWEST: row.entry.mtime}
    return -most.get(sort, 0), row.path
