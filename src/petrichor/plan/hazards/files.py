"""Hazards of files that are kept alone: replaced by a rename, or nothing without their siblings."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Final

from petrichor.model.declaration import Declaration, FileMethod, KeptPath, Kind
from petrichor.model.finding import Finding, warning
from petrichor.model.machine import Machine
from petrichor.model.mounttable import MountTable
from petrichor.model.program import Hazard, Program, StatePath
from petrichor.model.text import quote, show
from petrichor.plan.keep import MACHINE_ID, NOBODYS, brought_back

_RANDOM: Final = re.compile(r"\.(tmp.*|(?=.*[A-Z])[A-Za-z0-9]{6})", re.DOTALL)
"""What programs add to a name for the file they mean to rename: mkstemp(3), g_file_set_contents."""

Known = Mapping[PurePosixPath, tuple[Program, StatePath]]


def file_hazards(
    declaration: Declaration, machine: Machine, programs: Iterable[Program]
) -> Iterator[Finding]:
    """Yield which kept files their programs will not be able to save, or not whole."""
    known, table = renamed_files(programs), MountTable(machine.mounts)
    homes = {home.path for home in declaration.homes}
    for kept in brought_back(declaration):
        yield from hazards_of(kept, machine, known, homes)
        if kept.kind is Kind.FILE and table.at(kept.path) is not None:
            yield from _leftovers(kept, machine)


def hazards_of(
    kept: KeptPath, machine: Machine, known: Known, homes: Collection[PurePosixPath]
) -> Iterator[Finding]:
    """Yield what would go wrong with one kept file; nothing for a directory."""
    if kept.kind is not Kind.FILE or kept.path == MACHINE_ID:
        return
    places = {*homes, *([kept.home] if kept.home else [])}
    within = places & {*kept.path.parents}
    names = [kept.path, *(kept.path.relative_to(home) for home in within)]
    for program, state in (known[name] for name in names if name in known):
        yield from _renamed(kept, program, state, places)
    linked = kept.method is FileMethod.SYMLINK
    if not linked and machine.databases & {kept.path, kept.source}:
        yield _database(kept, places)


def renamed_files(programs: Iterable[Program]) -> Known:
    """Return the files that programs replace by a rename, as their table calls them."""
    return {
        PurePosixPath(path): (program, state)
        for program in programs
        for state in (*program.system, *program.home)
        if state.type is Kind.FILE and Hazard.RENAMED in state.hazards
        for path in (state.path, *state.was)
    }


def _renamed(
    kept: KeptPath, program: Program, state: StatePath, homes: Collection[PurePosixPath]
) -> Iterator[Finding]:
    subject, what = show(kept.path), f"is kept alone, and {program.title} replaces it by renaming"
    follows = state.method is FileMethod.SYMLINK
    linked = kept.method is FileMethod.SYMLINK
    mounted = kept.method in (FileMethod.AUTO, FileMethod.BIND)
    todo = 'say method = "symlink", which it follows' if follows else _instead(kept, homes)
    if mounted:
        why = "a mounted file cannot be replaced (EBUSY): what the program saves is not kept"
        yield warning("kept-renamed", subject, what, why, todo)
    elif linked and not follows:
        why = "the link is replaced: what the program saves goes with the next reset"
        yield warning("kept-renamed", subject, what, why, todo)


def _leftovers(kept: KeptPath, machine: Machine) -> Iterator[Finding]:
    found = [name for name in machine.beside.get(kept.path, ()) if _is_leftover(name, kept.path)]
    if found:
        names = ", ".join(show(name) for name in sorted(found)[:3])
        what = f"has beside it what looks like failed attempts to replace it: {names}"
        why = "a mounted file cannot be replaced (EBUSY): what they hold goes with the next reset"
        todo = f"look whether {show(kept.path)} lacks what they hold; keep its directory instead"
        yield warning("kept-leftovers", show(kept.path), what, why, todo)


def _is_leftover(name: str, path: PurePosixPath) -> bool:
    starts = (path.name, f".{path.name}")
    rests = [name.removeprefix(start) for start in starts if name.startswith(start)]
    return any(_RANDOM.fullmatch(rest) for rest in rests)


def _database(kept: KeptPath, homes: Collection[PurePosixPath]) -> Finding:
    what = "is kept alone, and is an SQLite database"
    why = "its -wal and -journal lie on the volume: after a crash they are needed, and may be gone"
    todo = 'say method = "symlink", which SQLite follows'
    if not _is_broad(kept.path.parent, homes):
        todo = f"keep its directory: petrichor keep {quote(str(kept.path.parent))}; or {todo}"
    return warning("kept-database", show(kept.path), what, why, todo)


def _instead(kept: KeptPath, homes: Collection[PurePosixPath]) -> str:
    copied = 'say method = "copy"'
    if _is_broad(kept.path.parent, homes):
        return copied
    return f"keep its directory: petrichor keep {quote(str(kept.path.parent))}; or {copied}"


def _is_broad(directory: PurePosixPath, homes: Collection[PurePosixPath]) -> bool:
    """Tell whether a directory holds too much to be kept for the sake of one file."""
    return directory in NOBODYS or directory in homes
