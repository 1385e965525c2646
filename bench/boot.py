"""Boot cost: from the start of userspace to `local-fs.target`, by systemd's own clock."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from statistics import median
from typing import Final

from bench.machines import WAYS, machine, names
from bench.table import table
from tests.root.harness.boot import boot
from tests.root.harness.tree import tree

CHECK: Final = """
systemctl show --value -p UserspaceTimestampMonotonic
systemctl show --value -p ActiveEnterTimestampMonotonic local-fs.target
grep -c ' /srv/.*/kept-' /proc/self/mountinfo
true
"""
Key = tuple[str, int]


@contextmanager
def in_memory() -> Iterator[Path]:
    """A folder on a tmpfs: what the disk does at the moment is not what is measured."""
    with tempfile.TemporaryDirectory(prefix="petrichor-bench-") as name:
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", name], check=True)
        try:
            yield Path(name)
        finally:
            subprocess.run(["umount", "--lazy", name], check=True)


def measure(way: str, count: int, folder: Path) -> float:
    """Seconds of one boot. Raises when not every directory was mounted: a fast failure is none."""
    (folder / "boot").mkdir()
    made = machine(way, count, folder)
    result = boot(tree(), made, CHECK, folder=folder / "boot", timeout=180)
    lines = result.out.decode().split()
    if len(lines) != 3 or int(lines[2]) != len(names(count)) or int(lines[1]) == 0:
        raise RuntimeError(f"{way}, {count}: the boot is not what was to be measured\n{result}")
    return (int(lines[1]) - int(lines[0])) / 1e6


def rounds(counts: list[int], number: int) -> dict[Key, list[float]]:
    """All machines in turn, `number` times over, so that a slow minute hits all of them."""
    times: dict[Key, list[float]] = {key: [] for key in product(WAYS, counts)}
    with in_memory() as memory:
        for _ in range(number):
            for (way, count), seconds in times.items():
                folder = memory / "machine"
                folder.mkdir()
                seconds.append(measure(way, count, folder))
                shutil.rmtree(folder)
    return times


def report(times: dict[Key, list[float]], counts: list[int]) -> str:
    """Medians, and the cost over the machine of the same way that keeps nothing."""
    middle = {key: median(values) for key, values in times.items()}
    rows = []
    for count in counts:
        ours, theirs = (middle[way, count] for way in WAYS)
        ours_cost, theirs_cost = (middle[way, count] - middle[way, 0] for way in WAYS)
        ratio = f"{ours_cost / theirs_cost:.2f}" if count and theirs_cost > 0 else "-"
        cells = (ours, theirs, ours_cost, theirs_cost)
        rows.append([str(count), *(f"{cell:.3f}" for cell in cells), ratio])
    head = ["kept", *(f"{way}, s" for way in WAYS), *(f"cost of {way}, s" for way in WAYS), "ratio"]
    return table(head, rows)
