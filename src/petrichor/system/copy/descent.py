"""Going through a tree, or through several in step, however deep they are.

No path is ever resolved twice: each directory is opened from the one above.  Only the deepest are
open; one further up is opened again as ``..`` of its own child, and must still be the same inode.
"""

import os
from abc import ABC, abstractmethod
from dataclasses import dataclass
from errno import ESTALE
from typing import Final

from petrichor.system.beneath import DIRECTORY
from petrichor.system.copy.failing import explained

Opened = tuple[int, ...]
"""Descriptors of the same directory in each of the trees."""

_OPEN: Final = 32
"""How many levels are open at a time."""


@dataclass(slots=True)
class _Level:
    name: bytes
    opened: Opened
    """Empty once it was closed to save descriptors."""
    below: list[bytes]
    """What is left to enter, the next one last."""
    identities: tuple[tuple[int, int], ...] = ()


class Descent(ABC):
    """What is done on the way down and up; the descriptors it is given are closed by it."""

    doing = "read"
    """What this does, as in "cannot read"."""

    def __init__(self, *, shown: bytes, above: bytes = b"") -> None:
        """Stand at the top: ``shown`` in messages, and at the path ``above`` of the whole."""
        self._shown = shown
        self._above = [above] if above else []
        self._levels: list[_Level] = []
        self.at = b""
        """The entry at hand, for messages."""

    @abstractmethod
    def open(self, above: Opened, name: bytes) -> Opened | None:
        """Open a directory in all trees; None if it is not to be entered."""

    @abstractmethod
    def enter(self, opened: Opened) -> list[bytes]:
        """Do what is to be done first, and return the names of directories to enter."""

    @abstractmethod
    def leave(self, opened: Opened) -> None:
        """Do what is to be done when everything below is done."""

    def left(self, above: Opened, name: bytes) -> None:  # noqa: B027  # few need it
        """Do what is to be done with a directory that was left, from the one above."""

    @property
    def depth(self) -> int:
        """How many directories are entered: 1 at the top."""
        return len(self._levels)

    def where(self) -> bytes:
        """Return the path of the directory at hand."""
        return b"/".join([*self._above, *(level.name for level in self._levels[1:])])

    def shown(self) -> bytes:
        """Return the path of the entry at hand as it stands in messages."""
        below = (level.name for level in self._levels[1:])
        return b"/".join([self._shown, *below, *([self.at] if self.at else [])])

    def go(self, top: Opened) -> None:
        """Go down and up again.

        Raises:
            PetrichorError: what ``explained`` makes of an OSError.
        """
        try:
            self._down(b"", top)
            while self._levels:
                self._step(self._levels[-1])
        except OSError as error:
            raise explained(error, self.doing, self.shown()) from error
        finally:
            while self._levels:
                _close(self._levels.pop().opened)

    def _step(self, level: _Level) -> None:
        if not level.below:
            self._up()
            return
        self.at = name = level.below.pop()
        opened = self.open(level.opened, name)
        if opened is not None:
            self._down(name, opened)

    def _down(self, name: bytes, opened: Opened) -> None:
        level = _Level(name, opened, [])
        self._levels.append(level)
        self.at = b""
        if len(self._levels) > _OPEN:
            _save(self._levels[-_OPEN - 1])
        level.below = self.enter(opened)
        level.below.reverse()

    def _up(self) -> None:
        level = self._levels[-1]
        self.at = b""
        self.leave(level.opened)
        above = self._levels[-2] if len(self._levels) > 1 else None
        if above and not above.opened:
            above.opened = _reopen(level.opened, above.identities)
        self._levels.pop()
        _close(level.opened)
        if above:
            self.at = level.name
            self.left(above.opened, level.name)


def _save(level: _Level) -> None:
    """Close a directory that is far above."""
    if level.opened:
        level.identities = tuple(map(_identity, level.opened))
        _close(level.opened)
        level.opened = ()


def _reopen(below: Opened, identities: tuple[tuple[int, int], ...]) -> Opened:
    opened: list[int] = []
    try:
        for child, identity in zip(below, identities, strict=True):
            opened.append(os.open("..", DIRECTORY, dir_fd=child))
            if _identity(opened[-1]) != identity:
                raise OSError(ESTALE, os.strerror(ESTALE))
    except OSError:
        _close(tuple(opened))
        raise
    return tuple(opened)


def _identity(descriptor: int) -> tuple[int, int]:
    facts = os.fstat(descriptor)
    return facts.st_dev, facts.st_ino


def _close(opened: Opened) -> None:
    for descriptor in opened:
        os.close(descriptor)
