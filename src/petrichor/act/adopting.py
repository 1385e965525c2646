"""Adopting: what lies on a volume is copied into the store before the store is mounted over it.

The original stays on the volume, beneath the mount, until the next reset takes it.
"""

import os
import stat
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from errno import ELOOP, ENOENT, ENOTDIR
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Final

from petrichor.act.install import is_linked, is_shown
from petrichor.act.placing import Target, is_empty, look, put, tidy
from petrichor.model.copying import Watch, silent
from petrichor.model.declaration import FileMethod, KeptPath, Kind
from petrichor.model.errors import MachineError, RefusedError
from petrichor.model.mounttable import MountTable
from petrichor.model.origin import Origin
from petrichor.model.text import show, show_bytes
from petrichor.plan.adopt import REFUSALS, Adopting, Stands, Take, adopting
from petrichor.plan.keep import MACHINE_ID
from petrichor.plan.restore import guard_name
from petrichor.system.beneath import DIRECTORY, open_beneath, open_volume
from petrichor.system.copied import is_marked
from petrichor.system.openfiles import find_writers

_COPIES: Final = frozenset(
    {Adopting.COPY, Adopting.REPLACE, Adopting.TAKE_VOLUME, Adopting.TAKE_STORE}
)
_IN_STORE: Final = frozenset({Adopting.COPY, Adopting.REPLACE, Adopting.TAKE_VOLUME})
Origins = Mapping[PurePosixPath, Origin]
"""What is copied for a kept path, where that is not what stands on its volume."""
_ELSEWHERE: Final = "move it away, or take the path out of the declaration"
_CHOICES: Final = """
  --take volume  what lies on the volume is kept, the store's is set aside in the store
  --take store   what lies in the store is kept, the volume's is set aside in the store"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adoption:
    """One kept path, what stands on both sides, and what follows from it."""

    kept: KeptPath
    adopting: Adopting
    volume: Stands
    store: Stands
    target: Target
    """From the volume, held open beneath all mounts, to the place in the store."""
    returns: bool = False
    """What is copied is not what the volume has, but what an earlier boot left."""

    @property
    def copies(self) -> bool:
        """Tell whether something is copied."""
        return self.adopting in _COPIES

    def lines(self, stamp: str) -> Iterator[str]:
        """Yield what is to be done, to read."""
        place, store = show(self.kept.path), show(self.kept.source)
        verb = "restore " if self.returns else "adopt   "
        aside = show_bytes(guard_name(os.path.basename(self.target.path), stamp))
        match self.adopting:
            case Adopting.COPY | Adopting.REPLACE:
                yield f"{verb} {place}: {self.volume} is copied to {store}"
            case Adopting.TAKE_VOLUME:
                yield f"{verb} {place}: {self.volume} is copied to {store}"
                yield f"         what the store has is kept there as {aside}"
            case Adopting.TAKE_STORE:
                yield f"take     {store}: what {place} has is copied beside it as {aside}"
            case _:
                return


def survey(
    stack: ExitStack,
    kept: Sequence[KeptPath],
    table: MountTable,
    *,
    take: Take | None = None,
    hide: Collection[PurePosixPath] = (),
    origins: Origins = MappingProxyType({}),
) -> list[Adoption]:
    """Look at both sides of kept paths, held open by ``stack``; nothing is changed.

    ``hide`` names paths whose content on the volume may be hidden by a mount; ``origins`` has
    what is to be copied instead of it.

    Raises:
        RefusedError: something stands in the way, or both sides hold something and differ.
        MachineError: a side cannot be looked at.
    """
    trees: dict[PurePosixPath, int] = {}
    found = [
        _returning(target_of(stack, item, table, trees), item, table, take, origins[item.path])
        if item.path in origins
        else _look(target_of(stack, item, table, trees), item, table, take)
        for item in kept
    ]
    found = [_hidden(item) if item.kept.path in hide else item for item in found]
    _refuse(found)
    return found


def _refuse(adoptions: Sequence[Adoption]) -> None:
    """Refuse all that cannot be done, each path by name.

    Raises:
        RefusedError: there is some.
    """
    bad = [item for item in adoptions if item.adopting in REFUSALS]
    if not bad:
        return
    lines = [f"  {show(item.kept.path)}: {_why(item)}" for item in bad]
    differ = any(item.adopting is Adopting.DIFFERENT for item in bad)
    text = "\n".join(["these paths cannot be kept as they are:", *lines])
    hint = f"say whose content stays:{_CHOICES}" if differ else _ELSEWHERE
    raise RefusedError(text, hint=hint)


def _why(item: Adoption) -> str:
    wanted = f"a {item.kept.kind} is declared"
    match item.adopting:
        case Adopting.IN_USE:
            return f"it is kept, and {show(item.kept.source)} in the store holds something else"
        case Adopting.DIFFERENT:
            return f"{show(item.kept.source)} in the store holds something else"
        case Adopting.VOLUME_UNFIT:
            return f"{item.volume} stands there, {wanted}"
        case _:
            return f"{item.store} is {show(item.kept.source)} in the store, {wanted}"


def _hidden(item: Adoption) -> Adoption:
    return item if item.adopting is Adopting.SHOWN else replace(item, adopting=Adopting.MOUNT)


def target_of(
    stack: ExitStack, kept: KeptPath, table: MountTable, trees: dict[PurePosixPath, int]
) -> Target:
    """Open the volume as it is beneath all mounts, and the filesystem that the store is on."""
    holding, carrier = table.holding(kept.path.parent), table.holding(kept.source.parent)
    if holding is None or carrier is None:
        raise MachineError(f"nothing is mounted at {show(kept.path)}", hint="is /proc mounted?")
    if holding.mountpoint not in trees:
        trees[holding.mountpoint] = stack.enter_context(open_volume(holding.mountpoint))
    base = os.open(carrier.mountpoint, DIRECTORY)
    stack.callback(os.close, base)
    origin = Origin(
        path=os.fsencode(kept.path),
        top=os.fsencode(holding.mountpoint),
        tree=trees[holding.mountpoint],
    )
    path = os.fsencode(kept.source.relative_to(carrier.mountpoint))
    return Target(origin=origin, base=base, path=path, shown=os.fsencode(carrier.mountpoint))


def _look(target: Target, kept: KeptPath, table: MountTable, take: Take | None) -> Adoption:
    shown = _is_shown(kept)
    volume = stands(target.origin.tree, target.origin.where)
    if not shown and table.at(kept.path) is not None:
        volume = Stands.MOUNT
    store = stands(target.base, target.path)
    copied = kept.path == MACHINE_ID or (kept.is_copied and is_marked(kept.path))
    if copied and store is Stands.FILE:
        shown = True  # it is copied at boot, and the copy is younger
    found = adopting(kept.kind, volume, store, shown=shown)
    if found is Adopting.COMPARE:
        same = look(target).is_same
        found = adopting(kept.kind, volume, store, shown=shown, same=same, take=take)
    if found in _IN_STORE and table.at(kept.source) is not None:
        found, store = Adopting.STORE_UNFIT, Stands.MOUNT
    return Adoption(kept=kept, adopting=found, volume=volume, store=store, target=target)


def _returning(
    target: Target, kept: KeptPath, table: MountTable, take: Take | None, origin: Origin
) -> Adoption:
    """Look at what an earlier boot left, instead of what the volume has."""
    found = _look(replace(target, origin=origin), kept, table, take)
    if found.adopting is Adopting.SHOWN and not look(found.target).is_same:
        found = replace(found, adopting=Adopting.IN_USE)
    return replace(found, returns=True)


def _is_shown(kept: KeptPath) -> bool:
    """Tell whether a path leads to its place in the store, by a mount or by a link."""
    may_link = kept.kind is Kind.FILE and kept.method is not FileMethod.BIND
    return is_shown(kept.path, kept.source) or (may_link and is_linked(kept.path, kept.source))


def stands(top: int, path: bytes) -> Stands:
    """Tell what stands at a path below a directory."""
    try:
        above = open_beneath(top, os.path.dirname(path), DIRECTORY)
    except OSError as error:
        return _absent(error, path)
    try:
        name = os.path.basename(path)
        mode = os.stat(name, dir_fd=above, follow_symlinks=False).st_mode
        if stat.S_ISLNK(mode):
            return Stands.LINK
        if stat.S_ISDIR(mode):
            return Stands.EMPTY_DIRECTORY if is_empty(above, name) else Stands.DIRECTORY
        if stat.S_ISREG(mode):
            return Stands.EMPTY_FILE if is_empty(above, name) else Stands.FILE
        return Stands.OTHER
    except OSError as error:
        return _absent(error, path)
    finally:
        os.close(above)


def _absent(error: OSError, path: bytes) -> Stands:
    if error.errno == ENOENT:
        return Stands.ABSENT
    if error.errno in (ELOOP, ENOTDIR):
        what = f"a link or a file stands on the way to {show_bytes(b'/' + path)}"
        raise RefusedError(what, hint="name the path that it leads to") from error
    raise MachineError(f"{show_bytes(b'/' + path)}: {error.strerror}") from error


def writers(adoptions: Sequence[Adoption]) -> list[str]:
    """Return lines that name who has something open for writing that is to be copied."""
    paths = [item.kept.path for item in adoptions if item.copies and not item.returns]
    if not paths:
        return []
    return [
        f"note     {show(found.name)} ({found.process}) may write to {show(found.path)}: "
        "what it writes after the copy is lost; end it first"
        for found in find_writers(paths)
    ]


def adopt(item: Adoption, stamp: str, watch: Watch = silent) -> str:
    """Do it for one path; return what there is to say, empty for nothing.

    Raises:
        PetrichorError: it was not adopted; both sides are as they were.
    """
    target = item.target
    if item.adopting is Adopting.TAKE_STORE:
        aside = guard_name(os.path.basename(target.path), stamp)
        target = replace(target, path=os.path.join(os.path.dirname(target.path), aside))
    elif not item.copies:
        tidy(target)
        return ""
    done = put(target, stamp, drop_empty=item.adopting is Adopting.REPLACE, watch=watch)
    size, files = done.copied.size, done.copied.files
    amount = f"{files:,} {'file' if files == 1 else 'files'}, {size:,} bytes"
    said = f"{'restored' if item.returns else 'adopted'} {show(item.kept.path)}: {amount}"
    if item.adopting is Adopting.TAKE_STORE:
        said = f"set aside {show_bytes(target.place)}: {amount}"
    if done.guard:
        said += f"; what stood there is {show_bytes(done.guard)}"
    if done.copied.lost:
        said += f"; without {', '.join(done.copied.lost)}, which the store cannot hold"
    return said


def existing_after(adoptions: Sequence[Adoption]) -> frozenset[PurePosixPath]:
    """Return the files that the store will hold once all is adopted."""
    taken = [item for item in adoptions if item.adopting in _IN_STORE]
    return frozenset(item.kept.source for item in taken if item.kept.kind is Kind.FILE)
