"""Figures of commands beside each other, as seconds and as ratios."""

from collections.abc import Mapping

from bench.measure import Figures
from bench.table import table

KINDS = ("cold", "warm")


def compared(found: Mapping[str, Figures], ours: Mapping[str, str]) -> str:
    """A row per command; the last columns say how many times its time each of ours took.

    `ours` gives them short names.
    """
    rows = []
    for name, its in found.items():
        times = (f"{its.middle('cold'):.2f}", f"{its.middle('warm'):.2f}", f"{its.memory:.0f}")
        ratios = [found[one].middle(kind) / its.middle(kind) for one in ours for kind in KINDS]
        rows.append([name, *times, *(f"{ratio:.2f}" for ratio in ratios)])
    short = [f"{name} / it, {kind}" for name in ours.values() for kind in KINDS]
    return table(["command", "cold, s", "warm, s", "MiB", *short], rows)
