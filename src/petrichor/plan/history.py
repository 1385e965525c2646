"""Which boots there were, as retired volumes tell it, whatever the clock said at each of them."""

from collections.abc import Iterable, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from pathlib import PurePosixPath
from typing import Final

from petrichor.model.errors import UsageError
from petrichor.model.past import Boot, Found, RetiredVolume

_LEAST: Final = 4
"""Digits that can begin a boot id: a number that is out of range must not pass for one."""


def boots(found: Mapping[PurePosixPath, Sequence[RetiredVolume]]) -> tuple[Boot, ...]:
    """Return the boots that retired volumes are left of, the newest first.

    Btrfs and ZFS know the order in which their own were made.  These orders are laid over each
    other; clocks decide between boots that no filesystem has both of.
    """
    parts: dict[str, list[Found]] = {}
    for mountpoint, items in sorted(found.items()):
        for item in items:
            parts.setdefault(item.boot, []).append((mountpoint, item))
    times = {boot: _time(of_boot) for boot, of_boot in parts.items()}
    line = _merge([_known_order(items) for items in found.values()], times)
    return tuple(
        Boot(boot=boot, number=number, time=times[boot], retired=tuple(parts[boot]))
        for number, boot in enumerate(reversed(line), 1)
    )


def _known_order(items: Iterable[RetiredVolume]) -> list[str]:
    """Return the boots of one volume, the oldest first; none where only clocks tell."""
    ordered = [(item.order, item.boot) for item in items if item.order is not None]
    return [boot for _, boot in sorted(ordered)]


def _time(parts: Iterable[Found]) -> int | None:
    return max((item.time for _, item in parts if item.time is not None), default=None)


def _merge(lines: Iterable[Sequence[str]], times: Mapping[str, int | None]) -> list[str]:
    """Return all boots, the oldest first."""
    before: TopologicalSorter[str] = TopologicalSorter(dict.fromkeys(times, ()))
    for line in lines:
        for earlier, later in pairwise(line):
            if earlier != later:
                before.add(later, earlier)
    try:
        before.prepare()
    except CycleError:  # of one boot that reset a volume twice, with another between
        return sorted(times, key=lambda boot: (times[boot] or 0, boot))
    order: list[str] = []
    ready: list[str] = []
    while before:
        ready += before.get_ready()
        ready.sort(key=lambda boot: (times[boot] or 0, boot), reverse=True)
        order.append(ready.pop())
        before.done(order[-1])
    return order


def pick(known: Sequence[Boot], wanted: str) -> Boot:
    """Return the boot of a number, or whose id begins so: with four digits or more.

    Raises:
        UsageError: there is none, or more than one.
    """
    hint = "petrichor history lists them"
    if wanted.isdecimal() and 1 <= int(wanted) <= len(known):
        return known[int(wanted) - 1]
    start = wanted.replace("-", "")
    found = [boot for boot in known if len(start) >= _LEAST and boot.boot.startswith(start)]
    if len(found) > 1:
        raise UsageError(f"more than one boot id begins with {wanted!r}", hint=hint)
    if not found:
        raise UsageError(f"of the boot {wanted!r} nothing is left", hint=hint)
    return found[0]
