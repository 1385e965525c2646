"""Carrying out a reset by hand: its steps mean what they mean in the units of the boot."""

import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from petrichor.model.errors import CommandError
from petrichor.model.steps import ResetPlan, Role, Step
from petrichor.system.command import Runner
from petrichor.system.kernel import boot_id

_BOOT: Final = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Moment:
    """By what a retired volume is named: UTC time (``20261123T013000Z``) and boot id."""

    stamp: str
    boot: str


def moment_now() -> Moment:
    """Return the present moment of this boot."""
    boot = boot_id()
    assert _BOOT.fullmatch(boot), boot
    return Moment(stamp_now(), boot)


def stamp_now() -> str:
    """Return the present time as names have it: UTC, ``20261123T013000Z``."""
    return datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")


def run_plan(
    plan: ResetPlan,
    runner: Runner,
    moment: Moment,
    progress: Callable[[Step], None] = lambda _: None,
) -> None:
    """Carry out a plan: its steps, and then what may wait until the machine is up.

    After a failure or an interrupt the cleanup runs; what it says is of no interest.

    Raises:
        CommandError: a step failed that must not, or a proof did.
        ToolMissingError: a tool of a step is not installed.
    """
    try:
        _run(plan.steps, runner, moment, progress)
    except BaseException:
        for step in plan.cleanup:
            with suppress(CommandError):
                _run_step(step, runner, moment)
        raise
    _run(plan.discard, runner, moment, progress)


def _run(
    steps: Iterable[Step], runner: Runner, moment: Moment, progress: Callable[[Step], None]
) -> None:
    for step in steps:
        progress(step)
        try:
            _run_step(step, runner, moment)
        except CommandError:
            # Done already by a run that was cut off, or else the next proof says so.
            if step.role is not Role.RESUME:
                raise


def _run_step(step: Step, runner: Runner, moment: Moment) -> None:
    changes = step.role is not Role.PROOF
    runner.run(step.argv(moment.stamp, moment.boot), changes=changes)
