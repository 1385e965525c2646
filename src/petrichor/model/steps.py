"""Steps: what a reset consists of, as data.

One plan serves the unit that is written for the boot, ``petrichor reset`` by hand, and ``try``:
what is tested at a desk is what runs in the initrd.
"""

from dataclasses import dataclass
from enum import StrEnum

from petrichor.model.text import command_line


class Role(StrEnum):
    """What a failing step means."""

    ACT = "act"
    """The step must succeed."""
    RESUME = "resume"
    """A run that was cut off may have done it already: a failure is settled by the next proof."""
    PROOF = "proof"
    """Changes nothing; a failure stops the plan before something wrong is built on it."""


@dataclass(frozen=True, slots=True)
class RetiredPath:
    """An argument that names the retired volume: ``before`` and then ``STAMP-BOOTID``.

    Time and boot id are known only when the step runs.
    """

    before: str


Word = str | RetiredPath


@dataclass(frozen=True, slots=True)
class Step:
    """One command of a plan: a tool's name, its arguments, and why it is there."""

    tool: str
    arguments: tuple[Word, ...]
    why: str
    role: Role = Role.ACT
    destroys: str = ""

    def argv(self, stamp: str, boot: str) -> tuple[str, ...]:
        """Return the command line for one moment and boot."""
        words = (
            word if isinstance(word, str) else f"{word.before}{stamp}-{boot}"
            for word in self.arguments
        )
        return (self.tool, *words)

    def describe(self) -> str:
        """Return the step as a line to read, quoted as a shell would need it."""
        return command_line(self.argv("STAMP", "BOOTID"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetPlan:
    """How one volume comes back to its baseline: steps in order, and what to undo at the end.

    ``cleanup`` runs also after a failure, and its own failure is ignored.  ``discard`` may wait
    until the machine is up.
    """

    steps: tuple[Step, ...]
    cleanup: tuple[Step, ...] = ()
    discard: tuple[Step, ...] = ()
