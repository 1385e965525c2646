"""What earlier boots lost, boot by boot, as text and as JSON."""

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from petrichor.loss.summary import Summary
from petrichor.model.loss import Fate
from petrichor.model.past import Boot
from petrichor.model.text import show
from petrichor.report.cells import ago_text, count_text, size_text, table, time_text
from petrichor.report.loss import highlights
from petrichor.report.lossrows import encoded

VERSION: Final = 1
_MATTERED: Final = 3
"""How much of a boot's loss is told on its line."""
_SHORT: Final = 8
"""Digits of a boot id that stand for all of it."""
Lost = tuple[Boot, Summary | None, str]
"""A boot, what it lost, or why that is not known: nothing where nobody looked."""


def history_lines(found: Sequence[Lost], now: int) -> Iterator[str]:
    """Yield the table; ``now`` is in seconds since 1970."""
    head = ("NO", "WHEN", "", "BOOT", "LOST", "SIZE", "VOLUMES", "WHAT MATTERED")
    yield from table([head, *(_row(lost, now) for lost in found)], "><<<>><<")
    unseen = sum(summary is None and not trouble for _, summary, trouble in found)
    if unseen:
        boots = count_text(unseen, "older boot was", "older boots were")
        yield f"{boots} not looked into (--all does)"


def _row(lost: Lost, now: int) -> Sequence[str]:
    boot, summary, trouble = lost
    told = time_text(boot.time or 0), ago_text(now - boot.time) if boot.time else ""
    volumes = " ".join(sorted({show(mountpoint) for mountpoint, _ in boot.retired}))
    start = (str(boot.number), *told, boot.boot[:_SHORT])
    if summary is None:
        return *start, "?", "", volumes, show(trouble)
    total = summary.total(Fate.LOST)
    mattered = ", ".join(highlights(summary, _MATTERED))
    if summary.missing:
        mattered = f"(incomplete: {summary.missing:,} could not be read) {mattered}"
    return *start, f"{total.count:,}", size_text(total.size), volumes, mattered


def event_text(boot: Boot, now: int) -> str:
    """Return what took the loss of a boot, to stand after "lost at"."""
    if boot.time is None:
        return f"the reset of boot {boot.boot[:_SHORT]},"
    ago = ago_text(now - boot.time)
    return f"the reset of {time_text(boot.time)}{f', {ago},' if ago else ','}"


def history_json(found: Iterable[Lost]) -> str:
    """Return the answer as a JSON document."""
    boots = [_record(*lost) for lost in found]
    return json.dumps({"version": VERSION, "boots": boots}, indent=1) + "\n"


def _record(boot: Boot, summary: Summary | None, trouble: str) -> dict[str, Any]:
    record: dict[str, Any] = {
        "number": boot.number,
        "boot": boot.boot,
        "time": boot.time,
        "volumes": [
            encoded({"volume": os.fsencode(mountpoint), "name": os.fsencode(item.name)})
            for mountpoint, item in boot.retired
        ],
    }
    if trouble:
        record["trouble"] = show(trouble)
    if summary is not None:
        total = summary.total(Fate.LOST)
        record["lost"] = {
            "entries": total.count,
            "size": total.size,
            "unreadable": summary.missing,
            "groups": _groups(summary),
        }
    return record


def _groups(summary: Summary) -> list[dict[str, Any]]:
    """Return what belongs together; what belongs to nobody known is one group without an owner."""
    lost = [item for item in summary.groups.items() if item[0].fate is Fate.LOST]
    lost.sort(key=lambda item: (item[0].owner, item[0].kind, item[1].where))
    return [
        encoded({"path": judgement.root or tally.where})
        | {"owner": judgement.owner, "kind": judgement.kind}
        | {"entries": tally.count, "size": tally.size, "newest": tally.newest}
        for judgement, tally in lost
    ]
