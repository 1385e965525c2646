"""The benchmark's pieces work, on trees so small that their figures mean nothing."""

import re
from collections.abc import Callable

import pytest

from bench import adopt, prune, reset, restore
from petrichor.system.mounts import read_mounts

REPORTS: dict[str, tuple[Callable[[], str], list[str]]] = {
    "adopt": (lambda: adopt.report(2, 1, 1), [adopt.OURS, adopt.CP]),
    "reset": (lambda: reset.report((1, 2), 1, 1, ["together"]), [*reset.OURS, reset.SCRIPT]),
    "prune": (lambda: prune.report({2: 1}), [*prune.WAYS]),
    "restore": (lambda: restore.report(2, 3, 1, 1), [*restore.OURS, "find -name, cp"]),
}


@pytest.mark.parametrize("name", REPORTS)
def test_a_report_has_a_row_of_figures_for_each_way(name: str) -> None:
    report, ways = REPORTS[name]
    before = {mount.mountpoint for mount in read_mounts()}
    text = report()
    for way in ways:
        (figures,) = re.findall(rf"^\|.* {re.escape(way)} \|(.*)\|$", text, re.MULTILINE)
        assert all(re.fullmatch(r"\s*[\d,.]+\s*", cell) for cell in figures.split("|"))
    assert "nan" not in text
    assert {mount.mountpoint for mount in read_mounts()} == before
