"""The loss on one screen: what it belongs to, where it lies, and what could be kept."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from petrichor.loss.summary import Summary, Tally
from petrichor.model.loss import Fate, Judgement, Sort
from petrichor.model.text import show, show_bytes
from petrichor.report.cells import (
    amount_text,
    count_text,
    owner_text,
    size_text,
    table,
    time_text,
)
from petrichor.report.losskeep import IMPORTANCE, Known, importance, stanza
from petrichor.report.losstree import Place, grow, rank, worth_a_line

PROGRAMS: Final = 9
FOLDERS: Final = 8
SUGGESTED: Final = 8
"""How many lines each part may take, so that all fit one screen of 40."""
_REASONS: Final = 3


class _Line(NamedTuple):
    """What is told on one line of the table."""

    path: bytes
    tally: Tally
    what: str
    importance: int = 0


def overview(
    summary: Summary,
    known: Known,
    places: Sequence[str],
    *,
    sort: Sort | None = None,
    rolled: Fate = Fate.LOST,
    event: str = "the next reset",
) -> Iterator[str]:
    """Yield the lines of the answer.

    ``places`` are the volumes or paths that it is about, as they can be shown; ``rolled`` is the
    fate that is told in detail, and ``event`` what takes it.
    """
    total = summary.total(rolled)
    root = grow(summary.folders)
    chosen = worth_a_line(root, FOLDERS)
    head = f"{rolled} at {event} of {' and '.join(places)}"
    if total.count:
        yield f"{head}: {_amount(total)}"
        yield ""
        yield from _detail(_owned(summary, rolled), chosen, known, sort)
        elsewhere = root.total.count - sum(place.tally.count for place in chosen)
        if elsewhere:
            yield f"  {count_text(elsewhere, 'entry', 'entries')} elsewhere (--tree shows where)"
    else:
        yield f"nothing is {head}"
    others = [line for fate in Fate if fate is not rolled for line in _fate(summary, fate)]
    if others:
        yield ""
        yield from others
    if rolled is Fate.LOST:
        yield from _suggestion(summary, chosen, known)
    yield from incomplete(summary)


def highlights(summary: Summary, most: int) -> list[str]:
    """Return what of the loss matters most, each in a few words, and how much more there is."""
    owned = sorted(_owned(summary, Fate.LOST), key=lambda line: _rank(line, None))
    places = worth_a_line(grow(summary.folders), FOLDERS)
    folders = [_Line(place.path, place.tally, str(place)) for place in places]
    folders.sort(key=lambda line: _rank(line, None))
    known = [line for line in owned if line.importance <= IMPORTANCE.index("normal")]
    lines = [*known, *folders, *(line for line in owned if line not in known)]
    more = [f"{len(lines) - most} more"] if len(lines) > most else []
    return [line.what for line in lines[:most]] + more


def _detail(
    owned: Sequence[_Line], places: Sequence[Place], known: Known, sort: Sort | None
) -> Iterator[str]:
    groups = sorted(owned, key=lambda line: _rank(line, sort))
    folders = [_Line(place.path, place.tally, str(place)) for place in places]
    folders.sort(key=lambda line: _rank(line, sort))
    shown, hidden = groups[:PROGRAMS], groups[PROGRAMS:]
    head, *rows = _table([*shown, *folders], known.users)
    yield head
    yield from rows[: len(shown)]
    if hidden:
        more = count_text(len(hidden), "more program or unit", "more programs and units")
        yield f"  {more}, {_amount(_sum(hidden))} (--all shows every entry)"
    if shown and folders:
        yield "of nobody known:"
    yield from rows[len(shown) :]


def _rank(line: _Line, sort: Sort | None) -> tuple[int, int, bytes]:
    if sort is None:
        return line.importance, *rank(Sort.SIZE, line.path, line.tally)
    return 0, *rank(sort, line.path, line.tally)


def _owned(summary: Summary, rolled: Fate) -> list[_Line]:
    """Return a line for each program or unit, whatever it has in how many places."""
    owners: dict[str, list[tuple[Judgement, Tally]]] = {}
    for judgement, tally in summary.groups.items():
        if judgement.fate is rolled and judgement.owner and summary.by_owner:
            owners.setdefault(judgement.owner, []).append((judgement, tally))
    return [_owner_line(owner, parts) for owner, parts in owners.items()]


def _owner_line(owner: str, parts: list[tuple[Judgement, Tally]]) -> _Line:
    parts.sort(key=lambda part: (importance(part[0].kind), part[0].root or part[1].where))
    total = Tally()
    for _, tally in parts:
        total.take(tally)
    judgement, first = parts[0]
    places = {judgement.root or tally.where for judgement, tally in parts}
    path = judgement.root or first.where
    kind = judgement.kind if judgement.kind not in ("", "normal") else ""
    more = f" and {len(places) - 1} more" if len(places) > 1 else ""
    what = f"{show(owner)}{f' ({kind})' if kind else ''}: {show_bytes(path)}{more}"
    return _Line(path, total, what, importance(judgement.kind))


def _table(lines: Sequence[_Line], names: Mapping[int, str]) -> list[str]:
    rows = [
        (
            size_text(line.tally.size),
            *(f"{number:,}" if number else "" for number in _numbers(line.tally)),
            owner_text(line.tally.uids, names),
            time_text(line.tally.newest),
            line.what,
        )
        for line in lines
    ]
    heads = ("SIZE", "ADDED", "CHANGED", "REMOVED", "UNREADABLE", "OWNER", "NEWEST", "WHAT")
    used = [any(row[column] for row in rows) for column in range(len(heads))]
    first = tuple(head if use else "" for head, use in zip(heads, used, strict=True))
    return table([first, *rows], ">>>>><<<")


def _numbers(tally: Tally) -> tuple[int, int, int, int]:
    return tally.added, tally.changed, tally.removed, tally.unreadable


def _sum(lines: Sequence[_Line]) -> Tally:
    total = Tally()
    for line in lines:
        total.take(line.tally)
    return total


def _amount(tally: Tally) -> str:
    return amount_text(tally.count, tally.size)


def _fate(summary: Summary, fate: Fate) -> Iterator[str]:
    """Yield a line about a fate that is not told in detail: how much, and by whom or where."""
    total = summary.total(fate)
    if not total.count:
        return
    reasons: dict[str, int] = {}
    for judgement, tally in summary.groups.items():
        if judgement.fate is fate:
            said = judgement.reason or judgement.owner or show_bytes(tally.where)
            said = "packages" if said.startswith("package ") else said
            reasons[said] = reasons.get(said, 0) + tally.count
    most = sorted(reasons, key=lambda said: (-reasons[said], said))
    if fate is Fate.KEPT:  # what is kept is in the declaration
        yield f"{fate + ':':13}{_amount(total)}"
        return
    told = [f"{show(said)} {reasons[said]:,}" for said in most[:_REASONS]]
    told += [f"{len(most) - _REASONS} more"] if len(most) > _REASONS else []
    yield f"{fate + ':':13}{_amount(total)} ({'; '.join(told)})"


def _suggestion(summary: Summary, places: Sequence[Place], known: Known) -> Iterator[str]:
    lines, left = stanza(summary, places, known, SUGGESTED)
    if lines:
        yield ""
        more = f"; {count_text(left, 'more path')} left out" if left else ""
        yield f"# what looks like state; add what you want to keep to the declaration{more}:"
        yield from lines


def incomplete(summary: Summary) -> Iterator[str]:
    """Yield what could not be read; nothing where the answer is complete."""
    missing = summary.missing
    if not missing:
        return
    yield ""
    yield f"incomplete: {count_text(missing, 'entry', 'entries')} could not be read:"
    for path, error in summary.unreadable:
        yield f"  {show_bytes(path)}: {show(error)}"
    if missing > len(summary.unreadable):
        yield f"  and {missing - len(summary.unreadable):,} more (--all shows every entry)"
