"""``check``: look at the machine, render what its initrd should hold, and judge."""

import os
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Final

from petrichor.act.journal import cut_off
from petrichor.act.record import below, noted_in_boot
from petrichor.act.rendering import boot_facts
from petrichor.config.programs import program_table
from petrichor.model.accounts import Accounts
from petrichor.model.declaration import Declaration
from petrichor.model.finding import Finding
from petrichor.model.machine import Machine
from petrichor.plan.boot import boot_plan
from petrichor.plan.hazards.files import hazards_of, renamed_files
from petrichor.plan.hazards.judge import asked_paths, judge
from petrichor.render.target import Kind, Target
from petrichor.render.tree import render
from petrichor.system.command import Runner
from petrichor.system.keptfiles import databases
from petrichor.system.probe import probe

HANDED_OVER: Final = "/handover/"
"""Units that name the petrichor command, whose place depends on who installed them."""


def find_hazards(
    declaration: Declaration,
    declaration_json: str,
    *,
    accounts: Accounts,
    config: PurePosixPath,
    root: Path,
    runner: Runner,
) -> list[Finding]:
    """Return every hazard of the machine at ``root``, the worst first."""
    asked = asked_paths(declaration, accounts, config)
    plan = boot_plan(declaration, boot_facts(declaration, accounts, root, runner))
    expected = _initrd_files(render(plan, Target(kind=Kind.DRACUT), declaration_json))

    def wanted(name: str) -> bool:
        return "petrichor" in name or name in expected

    machine = probe(runner, declaration, accounts, asked, root=root, wanted=wanted)
    machine = _with_stores(machine, declaration, root)
    compared = None if machine.nixos else expected
    programs = program_table().values()
    return judge(declaration, machine, config=config, expected=compared, programs=programs)


def _with_stores(machine: Machine, declaration: Declaration, root: Path) -> Machine:
    """Add what the stores tell of the running system, and of runs that were cut off."""
    boot = machine.kernel.boot_id if machine.kernel else None
    known = noted_in_boot(declaration, root, boot) if boot else frozenset()
    left = {store: cut_off(below(store, root)) for store in declaration.stores}
    found = {store: tuple(paths) for store, paths in left.items() if paths is not None}
    return replace(machine, noted=known, cut_off=found)


def keeping_hazards(
    declaration: Declaration, paths: Collection[PurePosixPath], accounts: Accounts
) -> list[Finding]:
    """Return what would go wrong with those of the kept paths that are files."""
    chosen = [kept for kept in declaration.kept if kept.path in paths]
    machine = Machine(accounts=accounts, databases=databases(Path("/"), chosen))
    known = renamed_files(program_table().values())
    homes = {home.path for home in declaration.homes}
    return [item for kept in chosen for item in hazards_of(kept, machine, known, homes)]


def _initrd_files(tree: Mapping[PurePosixPath, str]) -> dict[str, bytes]:
    return {
        str(path.relative_to("initrd")): os.fsencode(text)
        for path, text in tree.items()
        if path.is_relative_to("initrd") and HANDED_OVER not in str(path)
    }
