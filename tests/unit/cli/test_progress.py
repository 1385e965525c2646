"""A sign of life: only on a terminal, only after a while, and gone at the end."""

import io
import signal
import sys
import time
from collections.abc import Callable

import pytest

from petrichor.cli import progress as module
from petrichor.cli.progress import progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown(
    stream: io.StringIO,
    seconds: float,
    monkeypatch: pytest.MonkeyPatch,
    how_far: Callable[[], str] | None = None,
) -> str:
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(module, "FIRST", 0.05)
    monkeypatch.setattr(module, "AGAIN", 0.01)
    before = signal.getsignal(signal.SIGALRM)
    with progress("looking", how_far):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            pass
    assert signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0
    return stream.getvalue()


def test_it_appears_and_is_erased(monkeypatch: pytest.MonkeyPatch) -> None:
    text = shown(Terminal(), 0.2, monkeypatch)
    assert "looking" in text and text.endswith("\r\x1b[K\x1b[?25h")
    assert "\n" not in text


def test_it_is_gone_after_a_failure_too(monkeypatch: pytest.MonkeyPatch) -> None:
    before = signal.getsignal(signal.SIGALRM)
    monkeypatch.setattr(sys, "stderr", Terminal())
    with pytest.raises(ZeroDivisionError), progress("looking"):
        raise ZeroDivisionError
    assert signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0


def test_what_is_quick_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(Terminal(), 0, monkeypatch) == ""


def test_nothing_where_nobody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(io.StringIO(), 0.1, monkeypatch) == ""


def test_how_far_it_is_fits_on_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    text = shown(Terminal(), 0.2, monkeypatch, lambda: "1 of 2" + "x" * 99)
    _, *lines, end = text.split("\r\x1b[K")
    assert set(lines) == {"looking 1 of 2xxxxx"} and end == "\x1b[?25h"
