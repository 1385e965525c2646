"""A sign of life on stderr, for what takes longer than a second on a terminal."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Final

import click

FIRST: Final = 1.0
AGAIN: Final = 0.25
"""Seconds before it appears, and between its moves."""
_ERASE: Final = "\r\x1b[K\x1b[?25h"
"""To the line's begin, clear the line, show the cursor: console_codes(4)."""


@contextmanager
def progress(what: str, how_far: Callable[[], str] | None = None) -> Iterator[None]:
    """Show that something goes on, once it has taken a second, or how far; erased at the end.

    A timer does it, since a thread must not be there when this process forks.
    """
    if not sys.stderr.isatty():
        yield
        return
    shown: list[bool] = []
    bar = click.progressbar(
        _endless(), label=what, file=sys.stderr, show_percent=False, show_eta=False, width=12
    )

    def tick(number: int, frame: FrameType | None) -> None:  # noqa: ARG001  # what signal gives
        shown.append(True)
        with suppress(
            RuntimeError
        ):  # it came amid a write to stderr, which is not to be entered twice
            if how_far is None:
                bar.update(1)
            else:
                _write(f"{what} {how_far()}")

    before = signal.signal(signal.SIGALRM, tick)
    signal.siginterrupt(signal.SIGALRM, False)  # calls through ctypes are not begun anew by Python
    signal.setitimer(signal.ITIMER_REAL, FIRST, AGAIN)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if shown:
            sys.stderr.write(_ERASE)
            sys.stderr.flush()


def _write(text: str) -> None:
    """Put one line in the place of the last; a longer one would not be erased whole."""
    import shutil  # with its archives it takes 2 ms of every start

    sys.stderr.write("\r\x1b[K" + text[: shutil.get_terminal_size().columns - 1])
    sys.stderr.flush()


def _endless() -> Iterator[None]:
    while True:
        yield None
