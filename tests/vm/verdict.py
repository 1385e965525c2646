"""Collects what is amiss, so that one run of a scenario reports all of it."""

import json
from collections.abc import Iterable
from typing import Any

from tests.vm.machine import Boot


class Verdict:
    """The findings of one scenario."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.checks = 0
        self.amiss: list[str] = []
        self.notes: list[str] = []

    def that(self, holds: bool, text: str, detail: object = "") -> None:
        """Note one check; `text` says what should hold, `detail` what was found."""
        self.checks += 1
        if not holds:
            self.amiss.append(text + (f": found {detail}" if detail != "" else ""))

    def equal(self, found: object, wanted: object, text: str) -> None:
        """Note a comparison."""
        self.that(found == wanted, text, f"{found!r} instead of {wanted!r}")

    def only_boots_own(self, boot: Boot, volume: str, allowed: Iterable[str]) -> None:
        """Check that a volume holds at its top nothing but what is allowed."""
        found = {line.split("/")[1] for line in boot[f"tree-{volume}"].splitlines() if "/" in line}
        extra = sorted(found - set(allowed))
        self.that(not extra, f"nothing old lies on the volume {volume}", extra)


def status(boot: Boot) -> dict[str, Any]:
    """Return what `petrichor --json status` printed."""
    found = json.loads(boot["status.json"])
    assert isinstance(found, dict)
    return found


def states(boot: Boot) -> dict[str, str]:
    """Return each volume's state."""
    return {item["mountpoint"]: item["state"] for item in status(boot)["volumes"]}
