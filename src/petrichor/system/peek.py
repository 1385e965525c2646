"""Looking into filesystems that may not be mounted."""

import os
import stat
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from petrichor.model.machine import Baseline
from petrichor.system.command import Runner


def look_into(directory: Path) -> Baseline | None:
    """Return what stands at ``directory``: its entries and owner; None where there is nothing.

    A file counts as a directory without entries; a symlink is not followed.
    """
    try:
        facts = directory.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    entries = tuple(sorted(os.listdir(directory))) if stat.S_ISDIR(facts.st_mode) else ()
    mode = stat.S_IMODE(facts.st_mode)
    return Baseline(entries=entries, mode=mode, uid=facts.st_uid, gid=facts.st_gid)


@contextmanager
def borrowed(runner: Runner, kind: str, device: str, options: Sequence[str] = ()) -> Iterator[Path]:
    """Mount a filesystem where nobody else looks, for as long as this is open."""
    place = tempfile.mkdtemp(prefix="petrichor-", dir="/run" if os.path.isdir("/run") else None)
    chosen = ("-o", ",".join(options)) if options else ()
    try:
        runner.run(("mount", "-n", "-t", kind, *chosen, "--", device, place), changes=False)
        try:
            yield Path(place)
        finally:
            runner.run(("umount", "-n", "--", place), changes=False)
    finally:
        os.rmdir(place)
