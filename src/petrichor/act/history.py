"""What earlier boots lost: each retired volume beside its baseline, judged as a volume is."""

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import NamedTuple

from petrichor.act.knowing import gather_rules
from petrichor.act.losing import Loss
from petrichor.act.past.opening import Past, open_past
from petrichor.loss.classify import Classifier
from petrichor.loss.rules import Rules
from petrichor.loss.summary import Summary
from petrichor.model.accounts import Accounts
from petrichor.model.declaration import Declaration, TmpfsVolume, Volume
from petrichor.model.errors import PetrichorError
from petrichor.model.past import Boot
from petrichor.plan.history import boots
from petrichor.system.command import Runner
from petrichor.system.mounts import read_mounts


@dataclass(frozen=True, slots=True)
class History:
    """The boots that something is left of, held open."""

    boots: tuple[Boot, ...]
    """The newest first."""
    pasts: dict[PurePosixPath, Past]
    """By the mount points of their volumes."""


class Lost(NamedTuple):
    """What one boot lost, added up."""

    boot: Boot
    summary: Summary | None
    """None where nobody looked, or nobody could."""
    trouble: str = ""


@contextmanager
def open_history(volumes: Sequence[Volume], runner: Runner) -> Iterator[History]:
    """Find what resets of the volumes set aside; nothing is changed.

    Raises:
        MachineError, CommandError: it cannot be looked at.
        PrivilegeError: this needs root.
    """
    with ExitStack() as stack:
        pasts = {
            volume.mountpoint: stack.enter_context(open_past(volume, runner))
            for volume in volumes
            if not isinstance(volume, TmpfsVolume)
        }
        found = {mountpoint: past.find() for mountpoint, past in pasts.items()}
        yield History(boots(found), pasts)


def rules_of(declaration: Declaration, accounts: Accounts, runner: Runner) -> Rules:
    """Return what judges the loss of earlier boots: the declaration and machine of now."""
    return gather_rules(declaration, accounts, runner, mounts=read_mounts())


@contextmanager
def open_loss(history: History, boot: Boot, rules: Rules) -> Iterator[Loss]:
    """Open what one boot set aside.

    Raises:
        MachineError: a retired volume, or its baseline, cannot be looked into.
        PrivilegeError: this needs root.
    """
    with ExitStack() as stack:
        views = []
        for mountpoint, item in boot.retired:
            top = os.fsencode(mountpoint)
            view = history.pasts[mountpoint].view(stack, item)
            views.append((top, view, Classifier(rules, top)))
        yield Loss(views, ())


def look_back(history: History, rules: Rules, limit: int | None) -> Iterator[Lost]:
    """Give each boot with what it lost; of more than ``limit`` only that they were there."""
    for boot in history.boots:
        if limit is not None and boot.number > limit:
            yield Lost(boot, None)
            continue
        try:
            with open_loss(history, boot, rules) as loss:
                yield Lost(boot, loss.summary(Summary))
        except PetrichorError as error:
            yield Lost(boot, None, error.message)
