"""The ring as pytest sees it: a test per scenario; all of them run in one go, side by side."""

import os
import re
import subprocess
import sys
from collections import defaultdict

import pytest

from tests.vm.host import REPO
from tests.vm.run import SCENARIOS

_RESULT = re.compile(r"vm: (?P<name>[\w-]+): (?P<word>passed|FAILED), ")
_AMISS = re.compile(r"vm: (?P<name>[\w-]+): AMISS: ")


@pytest.fixture(scope="session")
def outcome(request: pytest.FixtureRequest) -> dict[str, str]:
    """Run what was selected; return for each scenario what is amiss, nothing for a good one."""
    items = [item for item in request.session.items if isinstance(item, pytest.Function)]
    chosen = [str(item.callspec.params["name"]) for item in items]
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        lines = _run(chosen)
    found: dict[str, str] = {}
    amiss: dict[str, list[str]] = defaultdict(list)
    teller = ""
    for line in lines:
        if told := _AMISS.match(line):
            teller = told["name"]
        elif line.startswith("vm: "):
            teller = ""
        if teller:
            amiss[teller].append(line)
        if (result := _RESULT.match(line)) is not None:
            word = "" if result["word"] == "passed" else "failed"
            found[result["name"]] = "\n".join(amiss[result["name"]]) or word
    tail = "\n".join(lines[-5:])
    return {name: found.get(name, f"was not run\n{tail}") for name in chosen}


def _run(names: list[str]) -> list[str]:
    command = [sys.executable, "-m", "tests.vm", *names]
    lines = []
    with subprocess.Popen(
        command, cwd=REPO, env=os.environ, stdout=subprocess.PIPE, text=True, errors="replace"
    ) as ring:
        assert ring.stdout is not None
        for line in ring.stdout:
            print(line, end="", flush=True)
            lines.append(line.rstrip("\n"))
    return lines


@pytest.mark.parametrize("name", SCENARIOS)
def test_scenario(name: str, outcome: dict[str, str]) -> None:
    assert not outcome[name], outcome[name]
