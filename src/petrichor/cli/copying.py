"""How far copies are, on a terminal, for what takes longer than a second."""

import sys
import time
from collections.abc import Iterable, Iterator

from petrichor.act.measuring import measure
from petrichor.cli.progress import progress
from petrichor.model.copying import Amount, Watch
from petrichor.model.origin import Origin
from petrichor.report.copying import copying_text


class Meter:
    """Adds up what several copies tell, one after the other."""

    def __init__(self, origins: Iterable[Origin]) -> None:
        """Look how much there is to copy, if there is somebody to tell."""
        told = sys.stderr.isatty()
        self._amounts = {item.path: measure(item) for item in origins} if told else {}
        self._total = sum(self._amounts.values(), Amount())
        self._before = self._now = self._whole = Amount()
        self._since = time.monotonic()

    def begin(self, origin: Origin) -> Watch:
        """Return what is to hear of the next copy."""
        self._before += self._whole
        self._now, self._whole = Amount(), self._amounts.get(origin.path, Amount())
        return self._hear

    def _hear(self, entries: int, size: int) -> None:
        self._now = Amount(entries, size)

    def text(self) -> str:
        """Return how far it is."""
        done = self._before + self._now.at_most(self._whole)
        if self._now.entries >= self._whole.entries > 0:
            return f"{copying_text(done, self._total)}; comparing"
        return copying_text(done, self._total, time.monotonic() - self._since)

    def shown(self, lines: Iterator[str]) -> Iterator[str]:
        """Pass on what a copy says at its end, and show meanwhile how far it is."""
        while True:
            with progress("copying", self.text):
                line = next(lines, None)
            if line is None:
                return
            yield line
