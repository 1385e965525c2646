"""Kills a piece of work before each of its system calls that change something, one after the other.

    points = kill_everywhere(work, fresh=make_world, check=look_and_run_again)

`work` runs in a fork of this process, so what is imported already costs nothing again; what it starts
itself is watched too.  It runs once to the end, to count.  Then, for each of its changing calls, a
fresh world is made, it runs again, and before that call happens all its processes are killed, by
SIGKILL.  `check` gets the call in words, and is to find the data whole and a second run completing.
The state after the last call is that of the run that was not killed; `check` sees it first.

Which calls these are is in `_CHANGING` and `_REQUESTS`: what makes, removes, renames, writes, mounts,
or sets attributes.  Opening counts if it can create or truncate, writing if it goes to a regular file,
an ioctl if it is one that clones, sets flags or makes and removes subvolumes.

It is done by seccomp_unotify(2): the kernel stops the caller and asks this process.  That is one
counter over all calls and all processes, and no interpreter starts anew.  (`strace -e
inject=...:when=N` counts each call and each process apart, so the N-th of all cannot be named.)
"""

import ctypes
import fcntl
import os
import platform
import select
import signal
import socket
import stat
import struct
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple, Protocol

_X86: Final = platform.machine() == "x86_64"

# name: number on x86_64, number where the generic table of asm-generic/unistd.h is used
_CHANGING: Final[dict[str, tuple[int, int]]] = {
    "write": (1, 64), "pwrite64": (18, 68), "writev": (20, 66), "pwritev": (296, 70),
    "pwritev2": (328, 287), "sendfile": (40, 71), "splice": (275, 76),
    "copy_file_range": (326, 285), "fallocate": (285, 47),
    "truncate": (76, 45), "ftruncate": (77, 46),
    "rename": (82, -1), "renameat": (264, 38), "renameat2": (316, 276),
    "mkdir": (83, -1), "mkdirat": (258, 34), "rmdir": (84, -1), "creat": (85, -1),
    "link": (86, -1), "linkat": (265, 37), "unlink": (87, -1), "unlinkat": (263, 35),
    "symlink": (88, -1), "symlinkat": (266, 36), "mknod": (133, -1), "mknodat": (259, 33),
    "chmod": (90, -1), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452),
    "chown": (92, -1), "fchown": (93, 55), "lchown": (94, -1), "fchownat": (260, 54),
    "setxattr": (188, 5), "lsetxattr": (189, 6), "fsetxattr": (190, 7),
    "removexattr": (197, 14), "lremovexattr": (198, 15), "fremovexattr": (199, 16),
    "utime": (132, -1), "utimes": (235, -1), "futimesat": (261, -1), "utimensat": (280, 88),
    "mount": (165, 40), "umount2": (166, 39), "move_mount": (429, 429), "pivot_root": (155, 41),
}  # fmt: skip
_OPENING: Final[dict[str, tuple[int, int, int]]] = {"open": (2, -1, 1), "openat": (257, 56, 2)}
"""With the argument that holds the flags."""
_IOCTL: Final = (16, 29)
_REQUESTS: Final = {
    0x40049409: "FICLONE", 0x4020940D: "FICLONERANGE", 0x40086602: "FS_IOC_SETFLAGS",
    0x401C5820: "FS_IOC_FSSETXATTR", 0x50009401: "SNAP_CREATE", 0x5000940E: "SUBVOL_CREATE",
    0x50009417: "SNAP_CREATE_V2", 0x50009418: "SUBVOL_CREATE_V2", 0x5000940F: "SNAP_DESTROY",
    0x5000943F: "SNAP_DESTROY_V2", 0x4008941A: "SUBVOL_SETFLAGS",
}  # fmt: skip
_WRITING: Final = {"write", "pwrite64", "writev", "pwritev", "pwritev2", "sendfile"}

_LIBRARY: Final = ctypes.CDLL(None, use_errno=True)
_SECCOMP: Final = 317 if _X86 else 277
_NEW_LISTENER: Final = 8
_NO_NEW_PRIVILEGES: Final = 38
_RECEIVE: Final = 0xC0502100
_SEND: Final = 0xC0182101
_GO_ON: Final = 1
_NOTICE: Final = struct.Struct("=QIIiIQ6Q")
_ANSWER: Final = struct.Struct("=QqiI")

_ALLOW: Final = 0x7FFF0000
_ASK: Final = 0x7FC00000
_LOAD, _EQUAL, _ANY_OF, _RETURN = 0x20, 0x15, 0x45, 0x06
_NUMBER_AT, _ARGUMENTS_AT = 0, 16


class Call(NamedTuple):
    """One that is about to change something."""

    name: str
    process: int


Step = Callable[[Call], bool]
"""Hears of each call; True ends everything before it happens."""


class CountPoints(Protocol):
    """The fixture `count_points`: says how many there were, and adds them up over the ring."""

    def __call__(self, work: str, points: int, *, least: int) -> None:
        """Count the points of some work; fewer than `least` mean that the harness misses some."""
        ...


def kill_everywhere(
    work: Callable[[], object],
    *,
    fresh: Callable[[], object],
    check: Callable[[str], object],
) -> int:
    """Go through all points; return how many there are. `work` must succeed when nobody kills it."""
    fresh()
    names = calls_of(work)
    check("not killed")
    for number, name in enumerate(names):
        fresh()
        reached = kill_at(work, number)
        point = f"killed before call {number + 1} of {len(names)}, {reached}"
        # systemd-tmpfiles goes through its lines in another order each time.
        assert reached in names, f"{point}, where {name} was to be"
        check(point)
    return len(names)


def calls_of(work: Callable[[], object]) -> list[str]:
    """Run to the end, and return the names of the calls that changed something, in order."""
    names: list[str] = []

    def note(call: Call) -> bool:
        names.append(call.name)
        return False

    code = run(work, note)
    assert code == 0, f"the work ended with {code}"
    return names


def kill_at(work: Callable[[], object], number: int) -> str:
    """Kill before that call, counted from 0; return its name, or how the work ended without it."""
    reached: list[str] = []

    def count(call: Call) -> bool:
        reached.append(call.name)
        return len(reached) > number

    code = run(work, count)
    return reached[number] if len(reached) > number else f"code {code} after {len(reached)}"


def run(work: Callable[[], object], step: Step) -> int:
    """Run in a fork, and ask `step` before each call; return the exit code, -9 if it was killed."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        child = os.fork()
        if not child:
            _carry_out(work, theirs)
        theirs.close()
        try:
            _, descriptors, _, _ = socket.recv_fds(ours, 1, 1)
            listener = descriptors[0]
            try:
                _listen(listener, step, child)
            finally:
                os.close(listener)
        except BaseException:
            _kill(child)
            raise
        finally:
            _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def _carry_out(work: Callable[[], object], theirs: socket.socket) -> None:
    """What the fork does; nothing of the parent's may run in it again."""
    code = 1
    try:
        socket.send_fds(theirs, [b"x"], [_install()])
        work()
        code = 0
    except BaseException:  # noqa: BLE001  # whatever it is, the exit code tells
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(code)


def _listen(listener: int, step: Step, child: int) -> None:
    poll = select.poll()
    poll.register(listener, select.POLLIN)
    ended = os.pidfd_open(child)
    poll.register(ended, select.POLLIN)
    try:
        while True:
            ready = dict(poll.poll())
            if ready.get(listener, 0) & select.POLLIN:
                if _answer(listener, step, child):
                    return
            elif ready:
                return
    finally:
        os.close(ended)


def _answer(listener: int, step: Step, child: int) -> bool:
    """Hear one call and let it go on, unless it is the last."""
    buffer = bytearray(_NOTICE.size)
    try:
        fcntl.ioctl(listener, _RECEIVE, buffer)
    except (FileNotFoundError, InterruptedError):  # whoever asked is dead
        return False
    key, process, _, number, _, _, *arguments = _NOTICE.unpack(buffer)
    call = _judge(process, number, arguments)
    if call and step(call):
        _kill(child)
        return True
    with suppress(FileNotFoundError):
        fcntl.ioctl(listener, _SEND, bytearray(_ANSWER.pack(key, 0, 0, _GO_ON)))
    return False


def _judge(process: int, number: int, arguments: list[int]) -> Call | None:
    if number == _IOCTL[not _X86]:
        return Call(_REQUESTS[arguments[1] & 0xFFFFFFFF], process)
    name = _NAMES[number]
    if name in _WRITING and not _is_regular(process, arguments[0]):
        return None
    return Call(name, process)


def _is_regular(process: int, descriptor: int) -> bool:
    try:
        return stat.S_ISREG(os.stat(f"/proc/{process}/fd/{descriptor & 0xFFFFFFFF}").st_mode)
    except OSError:
        return True


def _kill(child: int) -> None:
    """End a process with all that it started, and wait until they are gone."""
    family = list(_family(child))
    for process in family:  # the eldest first: nobody hears of the end of another
        try:
            os.kill(process, signal.SIGKILL)
        except ProcessLookupError:
            continue
    limit = time.monotonic() + 10
    while any(_is_alive(process) for process in family):
        assert time.monotonic() < limit, "a killed process does not end"
        time.sleep(0.0005)


def _family(process: int) -> Iterator[int]:
    yield process
    try:
        for task in Path(f"/proc/{process}/task").iterdir():
            for child in (task / "children").read_text().split():
                yield from _family(int(child))
    except OSError:
        return


def _is_alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_bytes().rpartition(b")")[2].split()[0]
    except OSError:
        return False
    return state not in (b"Z", b"X")


_NAMES: Final = {
    numbers[not _X86]: name for name, numbers in (_CHANGING | _OPENING).items()
}  # fmt: skip


def _filter() -> bytes:
    """The program in the language of seccomp(2) that tells which calls to ask about."""
    rows: list[tuple[int, int, int, int]] = []
    for numbers in _CHANGING.values():
        if (number := numbers[not _X86]) >= 0:
            rows += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _ASK)]
    for *numbers_, argument in _OPENING.values():
        if (number := numbers_[not _X86]) >= 0:
            rows += [
                (_EQUAL, 0, 4, number),
                (_LOAD, 0, 0, _ARGUMENTS_AT + 8 * argument),
                (_ANY_OF, 0, 1, os.O_CREAT | os.O_TRUNC),
                (_RETURN, 0, 0, _ASK),
                (_RETURN, 0, 0, _ALLOW),
            ]
    requests = [row for r in _REQUESTS for row in ((_EQUAL, 0, 1, r), (_RETURN, 0, 0, _ASK))]
    rows += [(_EQUAL, 0, len(requests) + 1, _IOCTL[not _X86])]
    rows += [(_LOAD, 0, 0, _ARGUMENTS_AT + 8), *requests, (_RETURN, 0, 0, _ALLOW)]
    rows = [(_LOAD, 0, 0, _NUMBER_AT), *rows]
    return b"".join(struct.pack("=HBBI", *row) for row in rows)


def _install() -> int:
    """Watch this process from now on; return the descriptor that another listens at."""
    program = _filter()
    held = ctypes.create_string_buffer(program, len(program))
    description = struct.pack("=H6xQ", len(program) // 8, ctypes.addressof(held))
    if os.geteuid() != 0:  # the kernel's condition for anyone but root
        _LIBRARY.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    listener = int(_LIBRARY.syscall(_SECCOMP, 1, _NEW_LISTENER, description))
    if listener < 0:
        raise OSError(ctypes.get_errno(), "seccomp")
    return listener
