"""What is known of one path: whether it survives the next reset, why, and where it lives."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath


class Outcome(StrEnum):
    """What becomes of a path at the next reset."""

    KEPT = "kept"
    """It lives in a store and is declared."""
    STALE = "stale"
    """It lives in a store, and no declaration names it: it stays, but appears nowhere."""
    OUTSIDE = "outside"
    """It lies on no volume: no reset touches it."""
    UNCHANGED = "unchanged"
    """It is as the baseline has it, and comes back as it is."""
    REGENERATED = "regenerated"
    """It goes, and something makes it again."""
    LOST = "lost"
    IGNORED = "ignored"
    """It is lost, and somebody said that this is of no interest."""
    HIDDEN = "hidden"
    """It lies under a mount, where nobody sees it, and is lost."""

    @property
    def survives(self) -> bool:
        """Tell whether what is there now is there after the reset."""
        return self not in (Outcome.LOST, Outcome.IGNORED, Outcome.HIDDEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The answer for one path; text that is empty is not known, or does not apply."""

    path: PurePosixPath
    """The path that was asked for, absolute, links in it not followed."""
    place: PurePosixPath
    """Where it leads: the same path without links."""
    links: tuple[tuple[PurePosixPath, PurePosixPath], ...] = ()
    """The links on the way, each with where it leads."""
    exists: bool
    outcome: Outcome
    reason: str = ""
    key: str = ""
    """The place in the declaration that keeps it."""
    preset: str = ""
    source: PurePosixPath | None = None
    """Where the data lives, for what is kept."""
    method: str = ""
    volume: PurePosixPath | None = None
    """The mount point of the volume it lies on."""
    baseline: str = ""
    """How it compares with the baseline."""
    mount: str = ""
    """What is mounted where it lies: source and type."""
    owner: str = ""
    """The program or unit that it belongs to."""
    kind: str = ""
