"""The error tree: one class per kind of failure, each with its exit code.

Codes 0 to 2 are answers and wrong requests; 3 and up are failures, one code per class, listed in
the man page.  A message says what is wrong and where; the hint says what to do about it.
"""

from collections.abc import Sequence
from typing import ClassVar, NamedTuple


class PetrichorError(Exception):
    """The base of all errors that are shown to the user as one message."""

    exit_code: ClassVar[int] = 3

    def __init__(self, message: str, *, hint: str = "") -> None:
        """Keep the message (what, where) and the hint (what to do)."""
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(PetrichorError):
    """The request was wrong: an impossible combination of options or arguments."""

    exit_code = 2


class Mistake(NamedTuple):
    """One mistake in a declaration: which file, which key, what is wrong, what to do."""

    file: str
    key: str
    message: str
    hint: str

    def describe(self) -> str:
        """Return the mistake as one line of text, its hint on a second."""
        place = f"{self.file}: {self.key}" if self.key else self.file
        text = f"{place}: {self.message}"
        return f"{text}\n  hint: {self.hint}" if self.hint else text


class DeclarationError(PetrichorError):
    """The declaration has mistakes; all of them are reported at once."""

    exit_code = 2

    def __init__(self, mistakes: Sequence[Mistake], *, what: str = "the declaration") -> None:
        """Keep all mistakes, in the order in which they are shown; ``what`` holds them."""
        self.mistakes = tuple(mistakes)
        count = len(self.mistakes)
        noun = "mistake" if count == 1 else "mistakes"
        lines = [mistake.describe() for mistake in self.mistakes]
        super().__init__("\n".join([f"{count} {noun} in {what}", *lines]))


class CommandError(PetrichorError):
    """A tool that Petrichor started failed."""

    exit_code = 3


class ToolMissingError(PetrichorError):
    """A tool that is needed is not installed."""

    exit_code = 4


class PrivilegeError(PetrichorError):
    """The verb needs root, and was started without it."""

    exit_code = 5


class RefusedError(PetrichorError):
    """Going on could destroy or hide data, so nothing was done."""

    exit_code = 6


class MachineError(PetrichorError):
    """The machine is not in the state that the verb needs."""

    exit_code = 7


class NotResetError(PetrichorError):
    """After boot: a volume was not reset, or a kept path is not mounted."""

    exit_code = 8


class DeclinedError(PetrichorError):
    """The question was answered with no, or there was nobody to answer it."""

    exit_code = 9


class IncompleteError(PetrichorError):
    """The answer was given, and something that belongs to it could not be read."""

    exit_code = 10
