"""The findings of ``check``, as JSON and as text."""

import json
from collections.abc import Sequence
from typing import Final

from petrichor.model.finding import Finding, Level

VERSION: Final = 1
"""The version of the JSON form; it rises when a reader could misread the new one."""


def findings_json(findings: Sequence[Finding]) -> str:
    """Return the findings as JSON text."""
    record = {
        "version": VERSION,
        "safe": not any(item.counts for item in findings),
        "findings": [_record(item) for item in findings],
    }
    return json.dumps(record, indent=1) + "\n"


def _record(item: Finding) -> dict[str, str]:
    return {
        "level": str(item.level),
        "code": item.code,
        "subject": item.subject,
        "what": item.what,
        "why": item.why,
        "do": item.todo,
    }


def findings_text(findings: Sequence[Finding]) -> str:
    """Return the findings as text, and a line that sums them up."""
    parts = [f"{item.describe()}\n" for item in findings]
    counts = [f"{_count(findings, level)} {level}" for level in Level]
    verdict = "not safe to reset" if any(item.counts for item in findings) else "safe to reset"
    return "\n".join([*parts, f"{verdict}: {', '.join(counts)}\n"])


def _count(findings: Sequence[Finding], level: Level) -> int:
    return sum(item.level is level for item in findings)
