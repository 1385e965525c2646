"""Work that is shared out to copies of this process, to use more than one processor.

A copy computes and answers through a pipe; it starts no program and changes nothing.
"""

import os
import pickle
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from petrichor.model.errors import MachineError

_Answer = TypeVar("_Answer")


def spread(works: Sequence[Callable[[], _Answer]]) -> list[_Answer]:
    """Do all works at once, the first of them here, and return their answers in order.

    Answers come back pickled.  However this ends, no copy outlives it: one whose parent was
    killed finds nobody to answer.

    Raises:
        MachineError: a copy came to grief.
    """
    copies = [_copy(work) for work in works[1:]]
    try:
        answers = [work() for work in works[:1]]
        answers += [_hear(reader) for _, reader in copies]
        return answers
    finally:
        for number, reader in copies:
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
    with open(reader, "rb", closefd=False) as file:
        data = file.read()
    if not data:
        raise MachineError("a copy of this process was ended", hint="run it again")
    good, answer = pickle.loads(data)
    if not good:
        raise MachineError(f"a copy of this process came to grief: {answer}")
    return answer
