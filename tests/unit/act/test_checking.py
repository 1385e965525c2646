"""The check joins what is found with what would be rendered now."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from petrichor.act import checking
from petrichor.model.accounts import Accounts
from petrichor.model.machine import Initrd, Machine
from tests.unit.plan.hazards.facts import CONFIG, DECLARATION, MACHINE, P, kept
from tests.unit.system.fakes import FakeRunner


def judged(machine: Machine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    def probe(*args: Any, **more: Any) -> Machine:
        return machine

    monkeypatch.setattr(checking, "probe", probe)
    found = checking.find_hazards(
        replace(DECLARATION, kept=(*DECLARATION.kept, kept("/srv"))),
        "{}",
        accounts=Accounts(users=MACHINE.accounts.users, groups={"users": 100}),
        config=CONFIG,
        root=tmp_path,
        runner=FakeRunner({}),
    )
    return [f"{item.level} {item.code}" for item in found]


def test_an_initrd_of_another_declaration(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    codes = judged(MACHINE, monkeypatch, tmp_path)
    assert "error initrd-outdated" in codes
    assert "warning initrd-outdated" in codes


def test_nixos_renders_elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    codes = judged(replace(MACHINE, nixos=True), monkeypatch, tmp_path)
    assert not any("outdated" in code for code in codes)


def test_the_initrd_as_rendered(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    seen: dict[str, bytes] = {}

    def keep(files: Any) -> dict[str, bytes]:
        seen.update(files_of(files))
        return dict(seen)

    files_of = checking._initrd_files
    monkeypatch.setattr(checking, "_initrd_files", keep)
    judged(MACHINE, monkeypatch, tmp_path)
    names = frozenset((*seen, "usr/lib/systemd/systemd"))
    initrd = Initrd(path=P("/boot/initrd"), names=names, files=dict(seen))
    codes = judged(replace(MACHINE, initrd=initrd), monkeypatch, tmp_path)
    assert not any("initrd" in code or "reset-unit" in code for code in codes)
