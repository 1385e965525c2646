"""The story's verdict, and why there may be no Btrfs. The trial itself runs in the root ring."""

import os

import pytest

from petrichor.act import tryout
from petrichor.act.tryout import Story
from petrichor.model.errors import CommandError, ToolMissingError
from tests.unit.act.test_steps import Script


def test_a_story_without_checks_proves_nothing() -> None:
    assert not Story().passed


def test_one_wrong_check_spoils_it() -> None:
    told: list[str] = []
    story = Story(told.append)
    story.check("the sky is blue", True)
    before = story.passed
    story.check("the sea is dry", False)
    story.check("grass is green", True)
    assert (before, story.passed) == (True, False)
    assert told == [
        "  ok     the sky is blue",
        "  WRONG  the sea is dry",
        "  ok     grass is green",
    ]


@pytest.mark.parametrize(
    ("uid", "script", "why"),
    [
        (1000, Script(), "this is not root"),
        (0, Script("losetup"), "this machine has no free loop device"),
        (0, Script("mkfs.btrfs", error=ToolMissingError), "mkfs.btrfs"),
        (0, Script(error=CommandError), ""),
    ],
)
def test_obstacles(uid: int, script: Script, why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: uid)
    monkeypatch.setattr(os.path, "exists", lambda _: True)
    assert tryout._obstacle(script) == why
    assert script.changing == []


def test_no_loop_devices_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(os.path, "exists", lambda _: False)
    assert tryout._obstacle(Script()) == "this machine has no loop devices"
