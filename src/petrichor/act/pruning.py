"""Retired volumes are removed when they have been kept long enough."""

import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

from petrichor.act.past.opening import Past, Retiring, open_past
from petrichor.model.declaration import TmpfsVolume, Volume
from petrichor.model.errors import PetrichorError
from petrichor.model.past import RetiredVolume
from petrichor.model.text import show
from petrichor.plan.retention import Decision, decide, wanted
from petrichor.system.command import Runner


@dataclass(frozen=True, slots=True)
class Pruning:
    """What is to be done about the retired volumes of one volume."""

    volume: Retiring
    past: Past
    decision: Decision
    is_short: bool
    """Less space is free than the declaration wants."""

    @property
    def min_free(self) -> str:
        """Return how much space is to be free, as the declaration says it."""
        return self.volume.retention.min_free

    @property
    def spare(self) -> tuple[RetiredVolume, ...]:
        """Return what goes one by one while space is short; nothing when it suffices."""
        return self.decision.spare if self.is_short else ()

    def lines(self) -> list[str]:
        """Return what is planned, to read."""
        where = show(self.volume.mountpoint)
        if self.decision.unsure:
            return [f"{where}: nothing; the clock was set, so their order is not known"]
        lines = [f"remove {show(item.name)}: {why}" for item, why in self.decision.remove]
        while_short = f"while less than {self.min_free} is free"
        return lines + [f"remove {show(item.name)}: {while_short}" for item in self.spare]

    def destroys(self) -> list[str]:
        """Return the names of what may be gone afterwards."""
        return [
            show(item.name) for item in (*(one for one, _ in self.decision.remove), *self.spare)
        ]


@dataclass(slots=True)
class Outcome:
    """What became of it."""

    removed: list[str] = field(default_factory=list)
    stays: list[str] = field(default_factory=list)
    """Names with what stands in the way."""
    troubles: list[str] = field(default_factory=list)


def prepare(stack: ExitStack, volumes: Iterable[Volume], runner: Runner) -> Iterator[Pruning]:
    """Look at the retired volumes, and decide; nothing is changed.

    Raises:
        MachineError, CommandError: they cannot be looked at.
    """
    now = int(time.time())
    for volume in volumes:
        if isinstance(volume, TmpfsVolume):
            continue
        past = stack.enter_context(open_past(volume, runner))
        decision = decide(past.find(), volume.retention, now)
        is_short = bool(decision.spare) and _is_short(past, volume.retention.min_free)
        yield Pruning(volume, past, decision, is_short)


def carry_out(pruning: Pruning, outcome: Outcome) -> None:
    """Remove one after the other; what cannot be removed stops none of the others."""
    for item, _ in pruning.decision.remove:
        _remove(pruning.past, item, outcome)
    for item in pruning.spare:
        pruning.past.settle()
        if not _is_short(pruning.past, pruning.min_free):
            break
        _remove(pruning.past, item, outcome)


def _remove(past: Past, item: RetiredVolume, outcome: Outcome) -> None:
    try:
        if reason := past.obstacle(item):
            outcome.stays.append(f"{show(item.name)}: {reason}")
            return
        past.remove(item)
        outcome.removed.append(show(item.name))
    except PetrichorError as error:
        outcome.troubles.append(f"{show(item.name)} was not removed: {error.message}")


def _is_short(past: Past, min_free: str) -> bool:
    room = past.room()
    return room.free < wanted(min_free, room)


def prune_quietly(volumes: Iterable[Volume], runner: Runner) -> Outcome:
    """Do it all without asking, as after a boot; what goes wrong is among the troubles."""
    total = Outcome()
    for volume in volumes:
        try:
            with ExitStack() as stack:
                for pruning in prepare(stack, [volume], runner):
                    carry_out(pruning, total)
        except PetrichorError as error:
            where = show(volume.mountpoint)
            total.troubles.append(f"{where}: its retired volumes were not pruned: {error.message}")
    return total
