"""A unit test starts no process and writes nowhere but below the repository and temporary folders.

Python's own audit events see every way to do it (PEP 578), so nothing needs to be replaced. What
was caught is raised where it happened and again at the end of the test: code that swallows the
first cannot hide it.
"""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

REPO: Final = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
WRITABLE: Final = (REPO, os.path.realpath(tempfile.gettempdir()), "/dev/null")
PROCESS: Final = frozenset(
    {"os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.system"}
    | {"pty.spawn", "subprocess.Popen"}
)
# Events that change a path: which of their arguments are paths, and which argument is the
# directory descriptor that belongs to each.
CHANGES: Final[dict[str, tuple[tuple[int, int | None], ...]]] = {
    "os.chmod": ((0, 2),),
    "os.chown": ((0, 3),),
    "os.link": ((0, 2), (1, 3)),
    "os.mkdir": ((0, 2),),
    "os.remove": ((0, 1),),
    "os.removexattr": ((0, None),),
    "os.rename": ((0, 2), (1, 3)),
    "os.rmdir": ((0, 1),),
    "os.setxattr": ((0, None),),
    "os.symlink": ((1, 2),),
    "os.truncate": ((0, None),),
    "os.utime": ((0, 3),),
}
WRITE_FLAGS: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND

_caught: list[str] | None = None  # None: nothing is watched


class Effect(BaseException):
    """Not an `Exception`: `except Exception` in the code under test must not swallow it."""


def _place(path: Any, dir_fd: Any) -> str:
    """The absolute path meant; a descriptor given as path was checked when it was opened."""
    if isinstance(path, int):
        return os.readlink(f"/proc/self/fd/{path}") if path >= 0 else "/dev/null"
    if (pinned := os.fsdecode(path)).startswith("/proc/self/fd/"):
        return os.readlink(pinned)
    start = os.readlink(f"/proc/self/fd/{dir_fd}") if _is_fd(dir_fd) else os.getcwd()
    full = os.path.join(start, os.fsdecode(path))
    return os.path.join(os.path.realpath(os.path.dirname(full)), os.path.basename(full))


def _is_fd(value: Any) -> bool:
    return isinstance(value, int) and value >= 0


def _allowed(place: str) -> bool:
    if "/__pycache__" in place:  # the interpreter's, of whatever was imported late
        return True
    return any(place == root or place.startswith(f"{root}/") for root in WRITABLE)


def _violation(event: str, args: tuple[Any, ...]) -> str | None:
    if event in PROCESS:
        return f"starts a process: {event} {args[:2]!r}"
    if event == "open":
        path, _mode, flags = args
        if not isinstance(flags, int) or not flags & WRITE_FLAGS or isinstance(path, int):
            return None
        # The event does not name the directory of a relative `os.open(..., dir_fd=)`; making that
        # directory descriptor was no change, and the tests that use one stay below tmp_path.
        if not os.path.isabs(path):
            return None
        targets = [(path, None)]
    else:
        targets = [(args[i], None if j is None else args[j]) for i, j in CHANGES[event]]
    outside = [place for path, fd in targets if not _allowed(place := _place(path, fd))]
    return f"changes {outside[0]!r}: {event}" if outside else None


def _hook(event: str, args: tuple[Any, ...]) -> None:
    global _caught
    if _caught is None or not (event in PROCESS or event == "open" or event in CHANGES):
        return
    caught, _caught = _caught, None  # what the check itself does is not judged
    try:
        found = _violation(event, args)
    finally:
        _caught = caught
    if found:
        caught.append(found)
        raise Effect(found)


@contextmanager
def watch() -> Iterator[list[str]]:
    """While it is open every effect raises `Effect`, and its description is in the list given."""
    global _caught
    before, _caught = _caught, []
    try:
        yield _caught
    finally:
        _caught = before


sys.addaudithook(_hook)
