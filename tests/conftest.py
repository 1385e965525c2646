"""For all rings: one line at the end of each, `unit: 12 passed, 0 failed`."""

import os
from collections import Counter

import pytest
from hypothesis import HealthCheck, settings

# How fast the machine is says nothing about the code: a busy one must not fail a property.
settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any machine")


def _ring(nodeid: str) -> str:
    parts = nodeid.split("::")[0].split("/")
    return parts[1] if parts[0] == "tests" and len(parts) > 2 else "tests"


def _count(terminal: pytest.TerminalReporter) -> dict[str, Counter[str]]:
    rings: dict[str, Counter[str]] = {}
    for outcome in ("passed", "failed", "error", "skipped", "xfailed"):
        for report in terminal.stats.get(outcome, []):
            kind = "failed" if outcome == "error" else outcome
            rings.setdefault(_ring(report.nodeid), Counter())[kind] += 1
    return rings


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    lines = []
    for ring, count in sorted(_count(terminalreporter).items()):
        line = f"{ring}: {count['passed']} passed, {count['failed']} failed"
        line += "".join(f", {count[k]} {k}" for k in ("skipped", "xfailed") if count[k])
        lines.append(line)
        terminalreporter.write_line(line)
    if summary := os.environ.get("PETRICHOR_SUMMARY"):
        with open(summary, "a", encoding="utf-8") as out:
            out.writelines(f"{line}\n" for line in lines)
