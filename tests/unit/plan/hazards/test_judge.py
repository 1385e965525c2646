"""All rules together: the safe machine is silent, and every spoilt fact is found, and only it."""

from dataclasses import replace
from pathlib import PurePosixPath

import pytest

from petrichor.model.declaration import Declaration
from petrichor.model.finding import Level
from petrichor.model.machine import Machine
from petrichor.plan.hazards.judge import asked_paths, judge
from tests.unit.plan.hazards import facts
from tests.unit.plan.hazards.facts import CONFIG, DECLARATION, MACHINE, P


def codes(declaration: Declaration, machine: Machine) -> list[str]:
    found = judge(declaration, machine, config=CONFIG)
    return [f"{finding.level} {finding.code}" for finding in found]


def test_a_safe_machine() -> None:
    assert judge(DECLARATION, MACHINE, config=CONFIG) == []


def test_the_worst_first_and_always_the_same() -> None:
    machine = replace(facts.snapshots(facts.snapshot("new", 11)), initrd=None)
    machine = replace(machine, pools={})
    declaration = facts.without_kept("/etc")
    found = judge(declaration, machine, config=CONFIG)
    levels = [list(Level).index(item.level) for item in found]
    assert levels == sorted(levels)
    assert found == judge(declaration, machine, config=CONFIG)
    assert {item.level for item in found} == set(Level)
    for item in found:
        assert item.what
        assert item.why
        assert item.todo


def test_another_system_has_no_kernel() -> None:
    machine = replace(MACHINE, kernel=None, initrd=None)
    assert codes(DECLARATION, machine) == []


@pytest.mark.parametrize(
    "path",
    [
        *("/etc/machine-id", "/etc/shadow", "/var/log", "/usr"),
        *("/home/alice/.ssh/authorized_keys", "/persist/root/var/log", "/persist"),
        str(CONFIG),
    ],
)
def test_what_is_asked(path: str) -> None:
    asked = asked_paths(DECLARATION, MACHINE.accounts, CONFIG)
    assert PurePosixPath(path) in asked
    assert P("/home/alice/Documents") not in asked
