"""A sign of life on stderr, for what takes longer than a second on a terminal."""

import signal
import sys
from collections.abc import Iterator
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
def progress(what: str) -> Iterator[None]:
    """Show that something goes on, once it has taken a second; erased at the end.

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
            bar.update(1)

    before = signal.signal(signal.SIGALRM, tick)
    signal.setitimer(signal.ITIMER_REAL, FIRST, AGAIN)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if shown:
            sys.stderr.write(_ERASE)
            sys.stderr.flush()


def _endless() -> Iterator[None]:
    while True:
        yield None
