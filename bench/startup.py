"""Start-up: how long a person waits for a command that does little."""

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Final

from bench.machines import declaration
from bench.table import table

BUDGET: Final = {"--help": 0.150, "status --quick": 0.250}  # seconds


def measure(arguments: list[str], runs: int) -> tuple[list[float], float]:
    """Seconds of each run of the installed command, and of processor for one run on average."""
    command = [str(Path(sys.executable).with_name("petrichor")), *arguments]
    times = []
    before = _processor()
    for _ in range(runs):
        start = time.perf_counter()
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
        times.append(time.perf_counter() - start)
        if b"Traceback" in done.stderr:
            raise RuntimeError(done.stderr.decode())
    return times, (_processor() - before) / runs


def _processor() -> float:
    """What finished children used: a busy machine does not lengthen it."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def report(runs: int) -> str:
    rows = []
    with tempfile.TemporaryDirectory(prefix="petrichor-bench-") as folder:
        config = Path(folder) / "petrichor.toml"
        config.write_text(declaration(100), encoding="utf-8")
        for verb, budget in BUDGET.items():
            times, processor = measure(["--config", str(config), *verb.split()], runs)
            cells = (median(times), min(times), max(times), processor, budget)
            rows.append([f"petrichor {verb}", *(f"{1000 * cell:.0f}" for cell in cells)])
    return table(["command", "median, ms", "least", "most", "processor", "budget"], rows)
