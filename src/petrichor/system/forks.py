"""Work that is shared out to copies of this process, to use more than one processor.

A copy computes and answers through a pipe; it starts no program and changes nothing.
"""

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from typing import Any, Final, TypeVar

from petrichor.model.errors import MachineError

_Answer = TypeVar("_Answer")
_WIDTH: Final = 2
_FEW_BLOCKS: Final = 1 << 13
"""What a program is started from, of 512 bytes each."""


def has_waited_for_disk() -> bool:
    """Tell whether much of what this process read came from a disk: getrusage(2), ru_inblock."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_inblock > _FEW_BLOCKS


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
