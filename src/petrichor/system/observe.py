"""Look at the running machine: canaries, mounts, and where kept paths lead."""

import errno
import json
import os
import stat
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Final

from petrichor.model.declaration import Declaration
from petrichor.model.names import CANARY
from petrichor.model.status import Canary, Observation, SeenPath, VolumeState
from petrichor.system.copied import is_marked
from petrichor.system.files import same_files, write_atomic
from petrichor.system.kernel import read_kernel
from petrichor.system.mounts import read_mounts

STAMP_FILE: Final = Path("/run/petrichor-stamp")
"""What the first reset unit of a boot writes."""

_NO_CANARY: Final = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENXIO)
"""Of open(2): nothing there, a link, or a socket."""
_CANARY_MAX: Final = 4096
SKIP_WORD: Final = "petrichor.reset=no"


def observe(declaration: Declaration) -> Observation:
    """Gather what a verdict needs from the running system."""
    canaries, unreadable = _canaries(volume.mountpoint for volume in declaration.volumes)
    paths, unseen = _paths(path for kept in declaration.kept for path in (kept.path, kept.source))
    equal, unread = _copies(declaration)
    kernel = read_kernel()
    return Observation(
        boot=kernel.boot_id,
        time=datetime.now(UTC).isoformat(timespec="seconds"),
        reset_skipped=SKIP_WORD in kernel.words,
        mounts=tuple(read_mounts()),
        reset_begun=STAMP_FILE.exists(),
        canaries=canaries,
        unreadable=unreadable | unseen | unread,
        paths=paths,
        equal=equal,
        copied=frozenset(
            kept.path for kept in declaration.kept if kept.is_copied and is_marked(kept.path)
        ),
    )


def _paths(
    wanted: Iterable[PurePosixPath],
) -> tuple[dict[PurePosixPath, SeenPath], frozenset[PurePosixPath]]:
    """Return what stands at each path, and those that only root may look at."""
    found: dict[PurePosixPath, SeenPath] = {}
    unseen: set[PurePosixPath] = set()
    for path in wanted:
        try:
            found[path] = _seen(Path(path))
        except PermissionError:
            unseen.add(path)
    return found, frozenset(unseen)


def _seen(place: Path) -> SeenPath:
    try:
        link = os.readlink(place)
    except PermissionError:
        raise
    except OSError:
        link = None
    try:
        facts = place.stat()
    except PermissionError:
        raise
    except OSError:
        return SeenPath(link=link)
    return SeenPath(identity=(facts.st_dev, facts.st_ino), link=link)


def _copies(
    declaration: Declaration,
) -> tuple[frozenset[PurePosixPath], frozenset[PurePosixPath]]:
    """Return the copied files that are as their store has them, and those only root may read."""
    equal: set[PurePosixPath] = set()
    unread: set[PurePosixPath] = set()
    for kept in declaration.kept:
        if not kept.is_copied and str(kept.path) != "/etc/machine-id":
            continue
        try:
            if same_files(Path(kept.path), Path(kept.source)):
                equal.add(kept.path)
        except PermissionError:
            unread.add(kept.path)
        except OSError:
            continue
    return frozenset(equal), frozenset(unread)


def _canaries(
    mountpoints: Iterable[PurePosixPath],
) -> tuple[dict[PurePosixPath, Canary], frozenset[PurePosixPath]]:
    found: dict[PurePosixPath, Canary] = {}
    unreadable: set[PurePosixPath] = set()
    for mountpoint in mountpoints:
        try:
            data = _read_canary(Path(mountpoint) / CANARY)
        except OSError:
            unreadable.add(mountpoint)
            continue
        if data is not None:
            found[mountpoint] = parse_canary(data)
    return found, frozenset(unreadable)


def _read_canary(path: Path) -> bytes | None:
    """Return a canary's content, or None where there is none.

    The top of a volume may be a user's, as that of ``/tmp`` is: a FIFO must not stop the boot,
    and what is not root's is no canary.
    """
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags)
    except OSError as error:
        if error.errno in _NO_CANARY:
            return None
        raise
    with open(descriptor, "rb") as file:
        facts = os.fstat(descriptor)
        ours = stat.S_ISREG(facts.st_mode) and facts.st_uid in (0, os.geteuid())
        return file.read(_CANARY_MAX) if ours else None


def parse_canary(data: bytes) -> Canary:
    """Return what a canary says; one that makes no sense was written by no boot we know."""
    try:
        record = json.loads(data)
        return Canary(boot=str(record["boot"]), state=VolumeState(record["state"]))
    except (ValueError, KeyError, TypeError):
        return Canary(boot="unknown", state=VolumeState.UNKNOWN)


def write_canary(mountpoint: PurePosixPath, canary: Canary) -> None:
    """Leave a canary at the top of a volume.

    Raises:
        OSError: the volume cannot be written.
    """
    record = json.dumps({"boot": canary.boot, "state": str(canary.state)}) + "\n"
    owner = (os.geteuid(), os.getegid())
    write_atomic(Path(mountpoint) / CANARY, record.encode(), owner=owner)
