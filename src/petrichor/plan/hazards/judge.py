"""All rules together: is this machine safe to reset?"""

from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import Final

from petrichor.model.accounts import Accounts
from petrichor.model.declaration import Declaration, DirectoryVolume
from petrichor.model.finding import Finding, finding_order
from petrichor.model.machine import Machine
from petrichor.model.program import Program
from petrichor.plan.hazards.baselines import baseline_hazards
from petrichor.plan.hazards.boot import boot_hazards
from petrichor.plan.hazards.btrfs import btrfs_hazards
from petrichor.plan.hazards.directory import directory_hazards
from petrichor.plan.hazards.files import file_hazards
from petrichor.plan.hazards.login import PASSWD, SHADOW, has_shell, key_files, login_hazards
from petrichor.plan.hazards.state import HOST_KEYS, LOG, MACHINE_ID, NIXOS_STATE, state_hazards
from petrichor.plan.hazards.stores import PRIVATE, store_hazards
from petrichor.plan.hazards.zfs import zfs_hazards

SYSTEM: Final = tuple(PurePosixPath(path) for path in ("/usr", "/etc", "/nix"))


def judge(
    declaration: Declaration,
    machine: Machine,
    *,
    config: PurePosixPath,
    expected: Mapping[str, bytes] | None = None,
    programs: Iterable[Program] = (),
) -> list[Finding]:
    """Return every hazard, the worst first.

    ``config`` is the declaration's file as it is called on that machine; ``expected`` are the
    files that its initrd would hold if it were built now, by their paths in it; ``programs`` are
    those that are known.
    """
    found = [
        *zfs_hazards(declaration, machine),
        *btrfs_hazards(declaration, machine),
        *directory_hazards(declaration, machine),
        *baseline_hazards(declaration, machine),
        *boot_hazards(declaration, machine, expected),
        *store_hazards(declaration, machine),
        *file_hazards(declaration, machine, programs),
        *state_hazards(declaration, machine, config),
        *login_hazards(declaration, machine),
    ]
    return sorted(dict.fromkeys(found), key=finding_order)


def asked_paths(
    declaration: Declaration, accounts: Accounts, config: PurePosixPath
) -> frozenset[PurePosixPath]:
    """Return every path whose presence, owner or mode some rule wants to know."""
    asked = {config, MACHINE_ID, NIXOS_STATE, LOG, *HOST_KEYS, PASSWD, SHADOW, *SYSTEM}
    asked.update(v.directory for v in declaration.volumes if isinstance(v, DirectoryVolume))
    for account in accounts.users.values():
        if has_shell(account):
            asked.update(key_files(account))
    asked.update(path for kept in declaration.kept for path in (kept.path, kept.source))
    asked.update(store / path.relative_to("/") for store in declaration.stores for path in PRIVATE)
    for store in declaration.stores:
        for home in declaration.homes:
            top = store / home.path.relative_to("/")
            asked.update((top, *top.parents))
    return frozenset(asked)
