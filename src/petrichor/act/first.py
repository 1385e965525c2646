"""``init`` as a whole: the layout, and where a first declaration goes so that it survives."""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Final

from petrichor.act.init import (
    carry_out,
    directory_of,
    layout_facts,
    refuse_if_told,
    write_declaration,
)
from petrichor.model.accounts import Account, Accounts
from petrichor.model.declaration import (
    BtrfsVolume,
    Declaration,
    Filesystem,
    ZfsVolume,
)
from petrichor.model.errors import MachineError
from petrichor.model.text import command_line, show
from petrichor.plan.layout import (
    CreateDataset,
    CreateSubvolume,
    LayoutPlan,
    Spot,
    layout_plan,
    subvolume_of,
)
from petrichor.plan.layout import declaration_home as home_of
from petrichor.plan.starter import Wish, starter
from petrichor.plan.volumes.choose import mount_plan
from petrichor.system.command import Runner
from petrichor.system.namespace import enter_own_mounts

DECLARATION: Final = PurePosixPath("/etc/petrichor/petrichor.toml")


def starter_for(wish: Wish, root: Path, accounts: Accounts, installed: bool) -> str:
    """Return the text of a first declaration for the system at ``root``."""
    nixos = wish.nix or (root / "etc/NIXOS").exists() or (root / "nix/store").is_dir()
    return starter(
        replace(
            wish,
            system="nixos" if nixos else "debian",
            installed=installed,
            users=tuple(sorted(user.name for user in accounts.users.values() if _person(user))),
        )
    )


def _person(account: Account) -> bool:
    home = PurePosixPath("/home")
    may_log_in = PurePosixPath(account.shell).name not in ("nologin", "false")
    return account.is_person and home in account.home.parents and may_log_in


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What one run of ``init`` will do."""

    declaration: Declaration
    plan: LayoutPlan
    root: Path
    from_content: bool
    text: str | None
    """The first declaration; None where none is to be written."""
    place: PurePosixPath | None
    """Where it is written, as the running system will see it."""
    base: Path
    """Below which directory that is now: an explicit file is not meant below the root."""
    carrier: Filesystem | None

    def describe(self) -> list[str]:
        """Return the plan, one line each; nothing to do is an empty list."""
        lines = [step.describe() for step in self.plan.steps]
        if self.text is not None:
            lines.append(f"write a first declaration to {show(self.place or DECLARATION)}")
        return lines

    def carry_out(self, runner: Runner, progress: Callable[[str], None]) -> None:
        """Do it, and look whether it was done.

        Raises:
            MachineError: something is still missing.
        """
        carry_out(self.plan.steps, runner, self.root, lambda step: progress(step.describe()))
        if self.text is not None and self.place is not None:
            with directory_of(self.place, self.carrier, runner, self.base) as file:
                write_declaration(file, self.text)
            progress(f"write a first declaration to {show(self.place)}")
        facts = layout_facts(self.declaration, runner, self.root)
        left = layout_plan(self.declaration, facts, baseline_from_content=self.from_content)
        if left.steps or left.refusals:
            missing = [step.describe() for step in left.steps]
            missing += [refusal.message for refusal in left.refusals]
            raise MachineError(f"still missing: {'; '.join(missing)}", hint="run init again")

    def next_steps(self) -> list[str]:
        """Return what the owner does next: how all of it is mounted, and the declaration's use."""
        root = PurePosixPath(self.root)
        plans = [mount_plan(volume) for volume in self.declaration.volumes]
        mounts = [(item.where, item.type, item.what, item.options) for item in plans]
        mounts += [
            (item.mountpoint, item.type, item.device, item.options)
            for item in self.declaration.filesystems
        ]
        lines = ["to mount it for an installation:"] if mounts else []
        for where, kind, what, options in sorted(mounts, key=lambda item: item[0].parts):
            chosen = ["-o", ",".join((*options, "X-mount.mkdir"))]
            target = str(root / where.relative_to("/"))
            lines.append("  " + command_line(["mount", "-t", kind, *chosen, what, target]))
        if self.place is not None and self.carrier is not None and self.place != DECLARATION:
            seen = root / self.place.relative_to("/")
            lines.append(f"the declaration is kept in the store: {show(seen)}")
            lines.append("until /etc/petrichor is mounted from there, name it with --config")
        return lines


def prepare(
    declaration: Declaration,
    text: str | None,
    config: Path | None,
    root: Path,
    runner: Runner,
    *,
    from_content: bool,
) -> Setup:
    """Look at the machine and decide what ``init`` will do; ``config`` is an explicit file.

    From here on this process has its own mounts: what it looks into is seen by nobody else, and
    is let go however it ends.

    Raises:
        RefusedError: something holds content and has no baseline, or is not what it should be.
    """
    if any(isinstance(volume, ZfsVolume | BtrfsVolume) for volume in declaration.volumes):
        enter_own_mounts()
    facts = layout_facts(declaration, runner, root)
    plan = layout_plan(declaration, facts, baseline_from_content=from_content)
    refuse_if_told(plan)
    place, carrier, wanted = _place(declaration, config, root)
    base = root if config is None else Path("/")
    if text is None or not wanted or place is None:
        text = None
    elif not _creates(plan, carrier):
        with directory_of(place, carrier, runner, base) as file:
            text = None if os.path.lexists(file) else text
    return Setup(
        declaration=declaration,
        plan=plan,
        root=root,
        from_content=from_content,
        text=text,
        place=place,
        base=base,
        carrier=carrier,
    )


def _place(
    declaration: Declaration, config: Path | None, root: Path
) -> tuple[PurePosixPath | None, Filesystem | None, bool]:
    """Return where a first declaration goes, what carries that, and whether one is wanted."""
    if config is not None:
        return PurePosixPath(config.absolute()), None, True
    here = [
        root / path.relative_to("/") for path in (DECLARATION, DECLARATION.with_suffix(".json"))
    ]
    place = home_of(declaration, DECLARATION)
    carrier = None if place is None else declaration.filesystem_of(place)
    return place, carrier, not any(os.path.lexists(path) for path in here)


def _creates(plan: LayoutPlan, carrier: Filesystem | None) -> bool:
    """Tell whether the filesystem that will carry the declaration is yet to be made."""
    if carrier is None:
        return False
    path = subvolume_of(carrier)
    new = {CreateDataset(carrier.device)}
    created = {CreateSubvolume(Spot(carrier.device, path))} if path is not None else set()
    return any(step in new or step in created for step in plan.steps)
