"""What a check found: a hazard, why it hurts, and what to do about it."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad a finding is; ``info`` alone leaves the machine safe to reset."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One hazard: ``code`` never changes and can be looked up, ``subject`` is what it is about."""

    level: Level
    code: str
    subject: str
    what: str
    why: str
    todo: str

    @property
    def counts(self) -> bool:
        """Tell whether it makes the check fail."""
        return self.level is not Level.INFO

    def describe(self) -> str:
        """Return the finding as lines of text."""
        head = f"{self.level}: {self.subject}: {self.what} [{self.code}]"
        return f"{head}\n  why: {self.why}\n  do:  {self.todo}"


def finding_order(finding: Finding) -> tuple[int, str, str, str]:
    """Return the key that puts the worst first and the same machine always in the same order."""
    return (list(Level).index(finding.level), finding.subject, finding.code, finding.what)


def error(code: str, subject: str, what: str, why: str, todo: str) -> Finding:
    """Return a finding that makes a reset fail or lose what it should not."""
    return Finding(level=Level.ERROR, code=code, subject=subject, what=what, why=why, todo=todo)


def warning(code: str, subject: str, what: str, why: str, todo: str) -> Finding:
    """Return a finding that hurts, but not at once or not everyone."""
    return Finding(level=Level.WARNING, code=code, subject=subject, what=what, why=why, todo=todo)


def info(code: str, subject: str, what: str, why: str, todo: str) -> Finding:
    """Return a finding that is good to know."""
    return Finding(level=Level.INFO, code=code, subject=subject, what=what, why=why, todo=todo)
