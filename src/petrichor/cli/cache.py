"""The declaration as it was understood before, for as long as this boot lasts.

To read and check a declaration takes 100 ms, nearly all of them to load the validator.  What it
came to is kept beside the other files of this boot, for root alone, and holds while the file, the
accounts and the program are the same.
"""

import io
import os
import pickle
import stat
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final

from petrichor.system.files import write_atomic

if TYPE_CHECKING:
    from petrichor.model.declaration import Declaration

PLACE: Final = Path("/run/petrichor/declaration.cache")
"""Its directory is there on a machine that booted with Petrichor; nothing is made elsewhere."""

_READ: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_KNOWN: Final = {(PurePosixPath.__module__, "PurePosixPath")}
_RECORDS: Final = "petrichor.model.declaration"
Key = tuple[object, ...]


def key_of(file: str, data: bytes, root: Path) -> Key:
    """Return all that a declaration's meaning hangs on, beside the names of other sources."""
    from petrichor.model import declaration

    module = Path(declaration.__file__)
    etc = root / "etc"
    databases = tuple(_content(etc / name) for name in ("passwd", "group", "shadow"))
    return (str(module), module.stat().st_mtime_ns, file, data, str(root), databases)


def recall(key: Key) -> "Declaration | None":
    """Return the declaration that was remembered under this key, or None."""
    try:
        descriptor = os.open(PLACE, _READ)
    except OSError:
        return None
    with open(descriptor, "rb") as file:
        if not _is_ours(os.fstat(descriptor)):
            return None
        try:
            known, found = _Records(io.BytesIO(file.read())).load()
        except Exception:  # noqa: BLE001  # whatever is wrong with it, it is only a memory
            return None
    from petrichor.model.declaration import Declaration

    return found if known == key and isinstance(found, Declaration) else None


def remember(key: Key, declaration: "Declaration") -> None:
    """Keep a declaration without mistakes; where that cannot be done, nothing is lost."""
    if os.geteuid() != 0 or not PLACE.parent.is_dir():
        return
    try:
        write_atomic(PLACE, pickle.dumps((key, declaration)), mode=0o600)
    except OSError:
        return


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _is_ours(facts: os.stat_result) -> bool:
    return facts.st_uid == os.geteuid() == 0 and facts.st_mode == stat.S_IFREG | 0o600


class _Records(pickle.Unpickler):
    """Makes records of the declaration and paths, and calls nothing else."""

    def find_class(self, module: str, name: str, /) -> Any:
        if module != _RECORDS and (module, name) not in _KNOWN:
            raise pickle.UnpicklingError(f"{module}.{name} has no place here")
        return super().find_class(module, name)
