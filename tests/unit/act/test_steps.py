"""Which failures stop a plan, and what runs after them. The real steps run in the root ring."""

import re
from collections.abc import Collection, Sequence

import pytest

from petrichor.act.steps import Moment, moment_now, run_plan
from petrichor.model.errors import CommandError
from petrichor.model.steps import ResetPlan, RetiredPath, Role, Step
from petrichor.system.command import Result

MOMENT = Moment("20261123T013000Z", "ab" * 16)
PLAN = ResetPlan(
    steps=(
        Step("act", (), ""),
        Step("resume", (RetiredPath("/t/old-"),), "", Role.RESUME),
        Step("proof", (), "", Role.PROOF),
        Step("last", (), ""),
    ),
    cleanup=(Step("clean", (), ""), Step("sweep", (), "")),
    discard=(Step("discard", (), ""),),
)


class Script:
    """Fails the tools it is told to."""

    def __init__(self, *failing: str, error: type[BaseException] = CommandError) -> None:
        self.failing, self.error = failing, error
        self.calls: list[tuple[str, ...]] = []
        self.changing: list[str] = []

    def run(
        self,
        argv: Sequence[str],
        *,
        changes: bool,
        ok: Collection[int] = (0,),
        stdin: bytes | None = None,
        timeout: float | None = None,
    ) -> Result:
        self.calls.append(tuple(argv))
        self.changing += [argv[0]] if changes else []
        if argv[0] in self.failing:
            raise self.error(argv[0])
        return Result(argv=tuple(argv), code=0)

    @property
    def tools(self) -> list[str]:
        return [argv[0] for argv in self.calls]


def test_all_steps_then_discard_and_no_cleanup() -> None:
    script = Script()
    run_plan(PLAN, script, MOMENT)
    assert script.tools == ["act", "resume", "proof", "last", "discard"]
    assert script.calls[1] == ("resume", f"/t/old-20261123T013000Z-{'ab' * 16}")
    assert "proof" not in script.changing


def test_a_step_that_a_cut_off_run_may_have_done_may_fail() -> None:
    script = Script("resume")
    run_plan(PLAN, script, MOMENT)
    assert script.tools == ["act", "resume", "proof", "last", "discard"]


@pytest.mark.parametrize(
    ("failing", "before"), [("act", ["act"]), ("proof", ["act", "resume", "proof"])]
)
def test_any_other_failure_stops_and_cleans_up(failing: str, before: list[str]) -> None:
    script = Script(failing, "clean")
    with pytest.raises(CommandError, match=failing):
        run_plan(PLAN, script, MOMENT)
    assert script.tools == [*before, "clean", "sweep"]


def test_an_interrupt_cleans_up_too() -> None:
    script = Script("resume", error=KeyboardInterrupt)
    with pytest.raises(KeyboardInterrupt):
        run_plan(PLAN, script, MOMENT)
    assert script.tools == ["act", "resume", "clean", "sweep"]


def test_a_failing_discard_is_told_but_nothing_is_cleaned_up() -> None:
    script = Script("discard")
    with pytest.raises(CommandError, match="discard"):
        run_plan(PLAN, script, MOMENT)
    assert script.tools[-1] == "discard"


def test_the_steps_are_told_before_they_run() -> None:
    script, told = Script("proof"), list[str]()
    with pytest.raises(CommandError):
        run_plan(PLAN, script, MOMENT, lambda step: told.append(step.tool))
    assert told == ["act", "resume", "proof"]


def test_this_moment() -> None:
    now = moment_now()
    assert re.fullmatch(r"\d{8}T\d{6}Z", now.stamp)
    assert re.fullmatch(r"[0-9a-f]{32}", now.boot)
