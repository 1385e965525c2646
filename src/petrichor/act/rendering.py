"""What ``render`` and ``apply`` share: the facts that a boot path needs, and its files."""

import os
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Final

from petrichor.model.accounts import Accounts
from petrichor.model.declaration import Declaration, Kind, ZfsVolume
from petrichor.model.errors import CommandError, MachineError, RefusedError, ToolMissingError
from petrichor.plan.boot import BootFacts
from petrichor.plan.keep import KeepFacts
from petrichor.system.command import Runner, SystemRunner
from petrichor.system.files import write_atomic
from petrichor.system.zfs import find_dataset

MARKER: Final = PurePosixPath("kernel-cmdline")
"""A file that every output holds: by it an earlier output is known."""


_OURS: Final = ("initrd", "system", "dracut")
"""Directories of an output: what lies beside them is somebody else's."""


def boot_facts(
    declaration: Declaration,
    accounts: Accounts,
    root: Path,
    runner: Runner | None = None,
) -> BootFacts:
    """Gather what the boot path depends on; where there is no ZFS, there are no properties."""
    return BootFacts(
        keep=KeepFacts(accounts=accounts, existing=existing_files(declaration, root)),
        properties=_properties(declaration, runner or SystemRunner()),
    )


def existing_files(declaration: Declaration, root: Path) -> frozenset[PurePosixPath]:
    """Return the kept files that their store holds already."""
    files = (kept.source for kept in declaration.kept if kept.kind is Kind.FILE)
    return frozenset(path for path in files if (root / path.relative_to("/")).is_file())


def _properties(declaration: Declaration, runner: Runner) -> dict[str, Mapping[str, str]]:
    found: dict[str, Mapping[str, str]] = {}
    for volume in declaration.volumes:
        if isinstance(volume, ZfsVolume):
            try:
                dataset = find_dataset(runner, volume.dataset)
            except (ToolMissingError, CommandError):
                return {}
            found[volume.dataset] = dataset.properties if dataset else {}
    return found


def write_tree(tree: Mapping[PurePosixPath, str], output: Path) -> None:
    """Write a rendered tree; files of an earlier one that are no longer in it go.

    Raises:
        RefusedError: the directory holds something else.
        MachineError: it cannot be written.
    """
    try:
        output.mkdir(parents=True, exist_ok=True)
        present = [path for path in output.rglob("*") if not path.is_dir() or path.is_symlink()]
        if present and not (output / MARKER).exists():
            hint = "name an empty or a new directory"
            raise RefusedError(f"{output} is not empty, and no earlier output", hint=hint)
        for path, text in tree.items():
            target = output / path
            target.parent.mkdir(parents=True, exist_ok=True)
            write_atomic(target, os.fsencode(text))
        for old in present:
            name = PurePosixPath(old.relative_to(output))
            if name not in tree and name.parts[0] in _OURS:
                old.unlink()
    except OSError as error:
        message = f"{error.filename or output}: {error.strerror}"
        raise MachineError(message, hint="name a directory that can be written") from None
