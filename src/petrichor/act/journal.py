"""What an adoption has under way, written in each store it concerns until all is done.

Nothing depends on it: every step of an adoption can be met half-done.  It tells that one was cut
off, and where the next run tidies up.
"""

import json
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from petrichor.act.staging import sweep
from petrichor.model.errors import MachineError
from petrichor.model.names import OWN
from petrichor.model.text import show
from petrichor.system.beneath import DIRECTORY, open_beneath
from petrichor.system.copy.failing import explained
from petrichor.system.files import locked, read_if_present, remove, write_atomic

if TYPE_CHECKING:
    from petrichor.act.adopting import Adoption

_NAME: Final = "journal.json"
_VERSION: Final = 1


@contextmanager
def journal(adoptions: Sequence["Adoption"], stamp: str) -> Iterator[None]:
    """Note down what is under way, for as long as it is.

    Raises:
        MachineError: another run is at work in a store, or it cannot be written.
    """
    copies = [item for item in adoptions if item.copies]
    left = stores_cut_off(item.kept.store for item in adoptions)
    stores = sorted({item.kept.store for item in copies} | left)
    if not stores:
        yield
        return
    holders = [own_place(store) for store in stores]
    with ExitStack() as stack:
        for store, holder in zip(stores, holders, strict=True):
            stack.enter_context(locked(holder))
            _tidy_up(store, holder)
            paths = [os.fsencode(item.kept.path) for item in copies if item.kept.store == store]
            _write(holder, paths, stamp)
        yield
        for holder in holders:
            remove(holder / _NAME)


def stores_cut_off(stores: Iterable[PurePosixPath]) -> set[PurePosixPath]:
    """Return the stores in which a journal lies already."""
    return {store for store in stores if (Path(store) / OWN / _NAME).exists()}


def cut_off(store: PurePosixPath) -> list[PurePosixPath] | None:
    """Return what a run had under way that was cut off; None where none was, or one is at work."""
    try:
        if not stores_cut_off([store]):
            return None
        with locked(Path(store) / OWN):
            return _under_way(store)
    except (OSError, MachineError):  # not for everybody's eyes, or a run holds it
        return None


def _under_way(store: PurePosixPath) -> list[PurePosixPath]:
    """Return the kept paths that a run had under way when it was cut off."""
    data = read_if_present(Path(store) / OWN / _NAME)
    if data is None:
        return []
    try:
        found = json.loads(data)["paths"]
        return [PurePosixPath(os.fsdecode(bytes.fromhex(path))) for path in found]
    except (ValueError, KeyError, TypeError):  # not ours, or cut off before journals were atomic
        return []


def _tidy_up(store: PurePosixPath, holder: Path) -> None:
    """Remove what a run that was cut off left in the store: half a journal, half a copy."""
    remove_halves(holder)
    for path in _under_way(store):
        place = os.fsencode(path.relative_to("/").parent)
        with suppress(OSError):
            top = os.open(store, DIRECTORY)
            try:
                opened = open_beneath(top, place, DIRECTORY)
                try:
                    sweep(opened)
                finally:
                    os.close(opened)
            finally:
                os.close(top)


def remove_halves(holder: Path) -> None:
    """Remove what a run left that was cut off while it wrote a file of ours."""
    for half in holder.glob(".petrichor-*"):  # as write_atomic names them
        remove(half)


def own_place(store: PurePosixPath) -> Path:
    """Return our directory in a store; only root can enter it.

    Raises:
        MachineError: it cannot be made, or is somebody else's.
    """
    holder = Path(store) / OWN
    try:
        holder.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            holder.mkdir(mode=0o700)
        facts = holder.lstat()
    except OSError as error:
        raise explained(error, "make", os.fsencode(holder)) from error
    if facts.st_uid != os.geteuid() or stat.S_IMODE(facts.st_mode) & 0o077:
        what = f"{show(str(holder))} is not root's alone"
        raise MachineError(what, hint="look what it is, and move it away")
    return holder


def _write(holder: Path, paths: Iterable[bytes], stamp: str) -> None:
    document = {"version": _VERSION, "time": stamp, "paths": [path.hex() for path in paths]}
    try:
        write_atomic(holder / _NAME, json.dumps(document).encode() + b"\n", mode=0o600)
    except OSError as error:
        raise explained(error, "write to", os.fsencode(holder)) from error
