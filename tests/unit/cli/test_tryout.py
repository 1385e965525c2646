"""How `try` answers; the trial itself runs in the root ring."""

import json

import pytest

from petrichor.act import tryout
from petrichor.act.tryout import Story, Trial
from petrichor.cli.main import run


def play(monkeypatch: pytest.MonkeyPatch, *, obstacle: str, passed: bool) -> None:
    def run_trial(_trial: Trial, _runner: object, story: Story) -> None:
        story.check("the file is gone", passed)

    monkeypatch.setattr(tryout, "begin", lambda _: (None, obstacle))
    monkeypatch.setattr(tryout, "run_trial", run_trial)


def test_a_trial_that_went_well(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    play(monkeypatch, obstacle="", passed=True)
    assert run(["try"]) == 0
    told = capsys.readouterr()
    assert "on Btrfs" in told.out and "it forgets, and it keeps: 1 checks" in told.out
    assert told.err == ""


def test_a_trial_that_found_something(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    play(monkeypatch, obstacle="this is not root", passed=False)
    assert run(["--json", "try"]) == 8
    told = capsys.readouterr()
    assert json.loads(told.out) == {
        "version": 1,
        "backend": "directory",
        "passed": False,
        "checks": [{"text": "the file is gone", "passed": False}],
    }
    assert "this is not root" in told.err and "something is wrong" in told.err
