"""Explanations as text and as JSON."""

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePosixPath
from typing import Any, Final

from petrichor.model.explanation import Explanation, Outcome
from petrichor.model.text import show
from petrichor.report.lossrows import encoded

VERSION: Final = 1

_SENTENCES: Final = {
    Outcome.KEPT: "survives: kept",
    Outcome.STALE: "survives in the store",
    Outcome.OUTSIDE: "survives",
    Outcome.UNCHANGED: "comes back as it is",
    Outcome.REGENERATED: "goes, and is made again",
    Outcome.LOST: "is lost at the next reset",
    Outcome.IGNORED: "is lost at the next reset, and ignored",
    Outcome.HIDDEN: "is lost at the next reset, and hidden",
}


def explanation_lines(told: Explanation, keep: Sequence[str], file: str) -> Iterator[str]:
    """Yield the answer for one place; ``keep`` are lines that would keep it, for ``file``."""
    yield f"{show(told.place)} {_SENTENCES[told.outcome]}"
    yield from (f"  {label:12} {text}" for label, text in _facts(told) if text)
    if keep:
        yield f"  to keep it, in {file}:"
        yield from (f"    {line}" for line in keep)


def _facts(told: Explanation) -> Iterator[tuple[str, str]]:
    for link, target in told.links:
        yield "link", f"{show(link)} leads to {show(target)}"
    yield "there", "" if told.exists else "nothing now"
    yield "why", show(told.reason)
    yield "declared by", show(told.key)
    yield "preset", told.preset
    yield "lives at", show(told.source) if told.source is not None else ""
    yield "shown by", told.method if told.outcome is Outcome.KEPT else ""
    yield "volume", show(told.volume) if told.volume is not None else ""
    yield "baseline", told.baseline
    yield "filesystem", told.mount
    yield "belongs to", " ".join(filter(None, (show(told.owner) if told.owner else "", told.kind)))


def explanations_json(told: Iterable[Explanation]) -> str:
    """Return the answers as a JSON document."""
    found = [_record(item) for item in told]
    return json.dumps({"version": VERSION, "explanations": found}, indent=1) + "\n"


def _record(told: Explanation) -> dict[str, Any]:
    record: dict[str, Any] = {
        "path": _bytes(told.path),
        "place": _bytes(told.place),
        "exists": told.exists,
        "outcome": str(told.outcome),
        "survives": told.outcome.survives,
        "reason": show(told.reason),
    }
    more = {
        "key": show(told.key) if told.key else "",
        "preset": told.preset,
        "source": _bytes(told.source) if told.source is not None else "",
        "method": told.method,
        "volume": _bytes(told.volume) if told.volume is not None else "",
        "baseline": told.baseline,
        "filesystem": told.mount,
        "owner": show(told.owner) if told.owner else "",
        "importance": told.kind,
    }
    record |= {key: value for key, value in more.items() if value}
    if told.links:
        record["links"] = [
            encoded({"link": _bytes(link), "target": _bytes(target)}) for link, target in told.links
        ]
    return encoded(record)


def _bytes(path: PurePosixPath) -> bytes:
    return os.fsencode(path)
