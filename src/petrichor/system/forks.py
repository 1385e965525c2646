"""Work that is shared out to copies of this process, to use more than one processor.

A copy computes and answers through a pipe; it starts no program and changes nothing.
"""

import fcntl
import os
import select
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from typing import Any, Final, TypeVar

from petrichor.model.errors import MachineError

_Answer = TypeVar("_Answer")
_WIDTH: Final = 2
_RECORDS: Final = 8
"""How many records paths are divided into, of 16 that a pipe holds at least."""


def blocks_read() -> int:
    """Return how much of what this process read came from a disk, in blocks of 512 bytes.

    It is what getrusage(2) has as ru_inblock; not every filesystem counts there.
    """
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_inblock


def spread(works: Sequence[Callable[[], _Answer]]) -> list[_Answer]:
    """Do all works at once, the first of them here, and return their answers in order.

    Raises:
        MachineError: a copy came to grief.
    """
    with ExitStack() as stack:
        copies = [stack.enter_context(begun(work)) for work in works[1:]]
        answers = [work() for work in works[:1]]
        return answers + [hear() for hear in copies]


@contextmanager
def begun(work: Callable[[], _Answer]) -> Iterator[Callable[[], _Answer]]:
    """Let a copy do some work meanwhile, and give what waits for its answer, once.

    The answer comes back pickled.  However this ends, no copy outlives it: one whose parent was
    killed finds nobody to answer.  The answer raises MachineError where the copy came to grief.
    """
    number, reader = _copy(work)
    try:
        yield partial(_hear, reader)
    finally:
        os.close(reader)
        with suppress(ProcessLookupError):
            os.kill(number, signal.SIGKILL)
        os.waitpid(number, 0)


def _copy(work: Callable[[], _Answer]) -> tuple[int, int]:
    """Fork, and return the copy's number and the descriptor that its answer comes from."""
    reader, writer = os.pipe2(os.O_CLOEXEC)
    number = os.fork()
    if number:
        os.close(writer)
        return number, reader
    # Nothing of the parent's may run here again: no handler, no `finally`, no buffer of stdout.
    try:
        import pickle  # while the other one goes on

        os.close(reader)
        data = pickle.dumps(_attempt(work))
        with open(writer, "wb") as file:
            file.write(data)
    finally:
        os._exit(0)


def _attempt(work: Callable[[], _Answer]) -> tuple[bool, _Answer | str]:
    try:
        return True, work()
    except Exception as error:  # noqa: BLE001  # whatever it is, the parent is to raise it
        return False, f"{type(error).__name__}: {error}"


def _hear(reader: int) -> Any:
    import pickle

    with open(reader, "rb", closefd=False) as file:
        data = file.read()
    if not data:
        raise MachineError("a copy of this process was ended", hint="run it again")
    good, answer = pickle.loads(data)
    if not good:
        raise MachineError(f"a copy of this process came to grief: {answer}")
    return answer


class Pool:
    """Paths that copies of this process hand on to each other until nobody has any left.

    They wait in a pipe in records of one length, so that each write and each read is of one
    record: pipe(7).  Who has nothing to do closes its end for writing, and waits for a record or
    for the end of the file: that is when all others have closed theirs.
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        self._reader, self._writer = os.pipe2(os.O_CLOEXEC)
        os.set_blocking(self._writer, False)

    def __del__(self) -> None:
        """Close the pipe."""
        os.close(self._reader)
        self._close()

    def _close(self) -> None:
        if self._writer >= 0:
            os.close(self._writer)
            self._writer = -1

    def is_hungry(self) -> bool:
        """Tell whether nothing waits, and this process may give."""
        if self._writer < 0:
            return False
        import termios  # for those who walk

        waiting = fcntl.ioctl(self._reader, termios.FIONREAD, bytes(4))
        return not any(waiting)

    def give(self, paths: Sequence[bytes]) -> int:
        """Hand on the first few relative paths, and return how many there was room for."""
        given = 0
        each = max(1, len(paths) // _RECORDS)
        while given < len(paths):
            some = paths[given : given + each]
            while len(record := b"\0".join(some)) > select.PIPE_BUF and len(some) > 1:
                some = some[: len(some) // 2]
            if len(record) > select.PIPE_BUF:
                break  # too long a path: it stays here
            try:
                os.write(self._writer, record.ljust(select.PIPE_BUF, b"\0"))
            except BlockingIOError:
                break
            given += len(some)
        return given

    def take(self) -> list[bytes]:
        """Wait for what others hand on; nothing once none of them has anything left."""
        self._close()
        record = os.read(self._reader, select.PIPE_BUF).rstrip(b"\0")
        if not record:
            return []
        # Until this is open, others may take it for the end: then this one does the rest alone.
        with suppress(OSError):
            place = f"/proc/self/fd/{self._reader}"
            self._writer = os.open(place, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        return record.split(b"\0")


class Turns:
    """Numbers that copies draw: each number comes to one of them alone.

    They wait in a pipe, and a read of a few bytes is not divided: pipe(7).  A pipe holds 16 pages,
    so there may be 32,768 numbers.  Its descriptor goes with the last reference.
    """

    def __init__(self, count: int) -> None:
        """Let the numbers below ``count`` be drawn."""
        self._reader, writer = os.pipe2(os.O_CLOEXEC)
        numbers = b"".join(number.to_bytes(_WIDTH, "little") for number in range(count))
        try:
            os.write(writer, numbers)
        finally:
            os.close(writer)

    def __del__(self) -> None:
        """Close the pipe."""
        os.close(self._reader)

    def __iter__(self) -> Iterator[int]:
        """Draw until none is left."""
        while number := os.read(self._reader, _WIDTH):
            yield int.from_bytes(number, "little")
