"""Which retired volumes have been kept long enough.

The clock of a machine may be wrong by years for some boots.  So volumes stand in the order in
which their filesystem made them, and an age is the sum of the times between one and the next: a
step back, or one of more than a year, is taken for a clock that was set, and counts nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, NamedTuple

from petrichor.model.declaration import Retention
from petrichor.model.past import RetiredVolume, Room

_DAY: Final = 86_400
_LEAP: Final = 366 * _DAY
"""A longer time between two boots is not believed, in seconds."""
_UNITS: Final = "KMGTPE"


class Removal(NamedTuple):
    """A retired volume that is to go, and why."""

    volume: RetiredVolume
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What happens to the retired volumes of one volume; all in the order of their making."""

    remove: tuple[Removal, ...] = ()
    spare: tuple[RetiredVolume, ...] = ()
    """What goes next, one by one, while space is short; the newest is never among them."""
    unsure: bool = False
    """Their order is not known, so nothing is removed."""


def decide(found: Sequence[RetiredVolume], retention: Retention, now: int) -> Decision:
    """Apply count and age to what was found; ``now`` is in seconds since 1970."""
    line = _in_order(found, now)
    if line is None:
        return Decision(unsure=True)
    remove, spare = [], []
    for index, (volume, age) in enumerate(zip(line[:-1], _ages(line, now), strict=False)):
        if len(line) - index > max(retention.keep, 1):
            remove.append(Removal(volume, f"{retention.keep} newer ones are kept"))
        elif age > retention.days * _DAY:
            remove.append(Removal(volume, f"older than {retention.days} days"))
        else:
            spare.append(volume)
    return Decision(remove=tuple(remove), spare=tuple(spare))


def wanted(min_free: str, room: Room) -> int:
    """Return how many bytes are to be free: of ``10%`` or ``20G``, in powers of 1024."""
    number = min_free.rstrip("%iB" + _UNITS)
    unit = min_free.removeprefix(number)[:1]
    if unit == "%":
        return int(room.total * float(number) / 100)
    power = _UNITS.index(unit) + 1 if unit else 0
    return int(float(number) * 1024**power)


def _in_order(found: Sequence[RetiredVolume], now: int) -> list[RetiredVolume] | None:
    """Return the oldest first; None where only clocks could tell, and one of them was wrong."""
    if all(item.order is not None for item in found):
        return sorted(found, key=lambda item: item.order or 0)
    line = sorted(found, key=lambda item: (item.time or 0, item.name))
    times = [*(item.time or 0 for item in line), now]
    believed = all(0 <= later - earlier <= _LEAP for earlier, later in pairwise(times))
    return line if believed else None


def _ages(line: Sequence[RetiredVolume], now: int) -> list[int]:
    """Return for how long each has been retired, in seconds."""
    times = [*(item.time for item in line), now]
    ages, age = [], 0
    for earlier, later in reversed(list(pairwise(times))):
        step = 0 if earlier is None or later is None else later - earlier
        age += step if 0 <= step <= _LEAP else 0
        ages.append(age)
    return ages[::-1]
