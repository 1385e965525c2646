"""The record of each store is read, and noted anew whenever a declaration was applied."""

from pathlib import Path, PurePosixPath
from typing import Final

from petrichor.act.journal import own_place, remove_halves
from petrichor.act.steps import moment_now
from petrichor.model.declaration import Declaration
from petrichor.model.errors import PetrichorError
from petrichor.model.mounttable import MountTable
from petrichor.model.names import OWN
from petrichor.model.record import Record, RecordState, Seen
from petrichor.model.text import show
from petrichor.plan.record import decoded, encoded, renewed
from petrichor.system.files import locked, read_if_present, write_atomic
from petrichor.system.mounts import read_mounts

_NAME: Final = "declared.json"


def read_record(store: PurePosixPath) -> Record:
    """Return what a store remembers; nothing, and why, where that cannot be read."""
    try:
        return decoded(read_if_present(Path(store) / OWN / _NAME))
    except PermissionError:
        return Record(RecordState.CLOSED)
    except OSError:
        return Record(RecordState.DAMAGED)


def noted_in_boot(declaration: Declaration, root: Path, boot: str) -> frozenset[PurePosixPath]:
    """Return the kept paths that were noted as declared in this boot."""
    stores = [below(store, root) for store in declaration.stores]
    known = [entry for store in stores for entry in read_record(store).known]
    return frozenset(entry.path for entry in known if entry.last.boot == boot)


def below(store: PurePosixPath, root: Path) -> PurePosixPath:
    """Return where the store of another system lies."""
    return PurePosixPath(root, store.relative_to("/"))


def note(declaration: Declaration) -> list[str]:
    """Note in each store that is there what is declared in it, and return what there is to say.

    Nothing depends on it but what ``stale`` tells, so nothing that goes wrong here is an error.
    """
    moment, table = moment_now(), MountTable(read_mounts())
    said: list[str] = []
    for store in declaration.stores:
        if _is_there(declaration, store, table):
            said += _note(declaration, store, Seen(moment.stamp, moment.boot))
    return said


def _is_there(declaration: Declaration, store: PurePosixPath, table: MountTable) -> bool:
    """Tell whether a store can be written to, and not the directory that it is mounted over."""
    carrier = declaration.filesystem_of(store)
    mounted = carrier is None or table.is_mountpoint(carrier.mountpoint)
    return mounted and Path(store).is_dir()


def _note(declaration: Declaration, store: PurePosixPath, now: Seen) -> list[str]:
    kept = [item for item in declaration.kept if item.store == store]
    said = []
    try:
        place = own_place(store)
        with locked(place):
            remove_halves(place)
            record = read_record(store)
            if record.state is RecordState.DAMAGED:
                said.append(f"{show(str(place / _NAME))} was damaged; it is begun anew")
            write_atomic(place / _NAME, encoded(renewed(record.known, kept, now)), mode=0o600)
    except PetrichorError as error:
        said.append(f"what is declared in {show(store)} was not noted: {error.message}")
    except OSError as error:
        said.append(f"what is declared in {show(store)} was not noted: {error.strerror}")
    return said
