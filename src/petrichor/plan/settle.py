"""What a fresh ZFS dataset still owes to the one that was retired: locally set properties.

The boot knows the properties that were set when its units were rendered.  What was set since is
carried over after boot, from the newest retired dataset that had all of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from petrichor.model.machine import ZfsDataset
from petrichor.plan.volumes.zfs import NOT_INHERITED

SETTLED: Final = "petrichor:settled"
"""User property of a dataset that has everything its predecessor had."""

RESERVING: Final = ("reservation", "refreservation")
"""Reserved space moves: reserved twice it would fill the pool."""


@dataclass(frozen=True, slots=True, order=True)
class SetProperty:
    """Set a property; ``none`` takes a reservation back."""

    dataset: str
    name: str
    value: str


def settle(live: ZfsDataset, retired: Sequence[ZfsDataset]) -> list[SetProperty]:
    """Return the properties to set, the mark last; nothing when the dataset has the mark.

    A dataset that a cut-off boot left behind was never settled and is no model; if none ever
    was, the oldest retired one is the original.
    """
    if SETTLED in live.properties:
        return []
    source = _model(retired)
    steps = [] if source is None else _copy(source, live)
    return [*steps, SetProperty(live.name, SETTLED, "on")]


def _model(retired: Sequence[ZfsDataset]) -> ZfsDataset | None:
    by_age = sorted(retired, key=lambda item: item.createtxg)
    settled = [item for item in by_age if SETTLED in item.properties]
    return settled[-1] if settled else next(iter(by_age), None)


def _copy(source: ZfsDataset, live: ZfsDataset) -> list[SetProperty]:
    steps: list[SetProperty] = []
    for name, value in sorted(source.properties.items()):
        if name in RESERVING:
            steps.append(SetProperty(source.name, name, "none"))
        elif name in NOT_INHERITED or name == SETTLED:
            continue
        if live.properties.get(name) != value:
            steps.append(SetProperty(live.name, name, value))
    return steps
