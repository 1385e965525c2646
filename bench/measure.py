"""Whole commands as processes: wall time with cold and with warm caches, and peak memory.

Cold is after `sync; echo 3 > /proc/sys/vm/drop_caches`, which also drops the program itself.
Memory is the most that all processes of a command held at once: the sum of their proportional set
sizes, where what forks share counts once, looked at every 10 ms in a run of its own.  Where the
kernel remembers more of a single process (VmHWM), it is that.  Not `ru_maxrss`: the kernel counts
in it what the process held before it called exec, which is this program.
"""

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import IO, Final

PAUSE: Final = 0.01  # seconds between two looks at the memory


def nothing() -> None:
    """What most commands need before they run."""


@dataclass(frozen=True)
class Command:
    name: str
    pipeline: tuple[tuple[str, ...], ...]
    """Argument lists, each reading what the one before wrote."""
    rows: int | None = None
    """How many it must print; None where its output is not a row per path."""
    end: bytes = b"\n"
    """What ends a row."""
    before: Callable[[], None] = nothing
    """Takes away what the last run left; not timed."""


@dataclass
class Figures:
    rows: int = 0
    memory: float = 0.0
    """MiB."""
    cold: list[float] = field(default_factory=list)
    """Seconds, as in `warm`."""
    warm: list[float] = field(default_factory=list)

    def middle(self, kind: str) -> float:
        """The median of `cold` or `warm`; not a number where nothing was measured."""
        return median(self._times(kind) or [float("nan")])

    def least(self, kind: str) -> float:
        """What a busy machine lengthens least."""
        return min(self._times(kind), default=float("nan"))

    def _times(self, kind: str) -> list[float]:
        return self.cold if kind == "cold" else self.warm


def measure(commands: Sequence[Command], cold: int, warm: int) -> dict[str, Figures]:
    """All commands in turn, so that a slow minute hits all of them.

    Raises:
        RuntimeError: when one fails, or does not print what it must: a fast failure is none.
    """
    figures = {command.name: Figures() for command in commands}
    for command in commands:
        figures[command.name].rows = _rows(command)
        figures[command.name].memory = _memory(command)
    for _ in range(cold):
        for command in commands:
            command.before()
            drop_caches()
            figures[command.name].cold.append(_seconds(command))
    for command in commands:
        command.before()
        _seconds(command)
    for _ in range(warm):
        for command in commands:
            command.before()
            figures[command.name].warm.append(_seconds(command))
    return figures


def drop_caches() -> None:
    os.sync()
    Path("/proc/sys/vm/drop_caches").write_text("3\n")


def _rows(command: Command) -> int:
    command.before()
    with tempfile.TemporaryFile(dir="/run") as output:
        with _started(command, output):
            pass
        output.seek(0)
        rows = sum(block.count(command.end) for block in iter(lambda: output.read(1 << 20), b""))
    if command.rows not in (None, rows):
        raise RuntimeError(f"{command.name}: {rows} rows, not {command.rows}")
    return rows


def _seconds(command: Command) -> float:
    with open(os.devnull, "wb") as output:
        start = time.perf_counter()
        with _started(command, output):
            pass
        return time.perf_counter() - start


def _memory(command: Command) -> float:
    command.before()
    most = 0
    with open(os.devnull, "wb") as output, _started(command, output) as processes:
        while any(process.poll() is None for process in processes):
            held = [_held(pid) for process in processes for pid in _family(process.pid)]
            most = max(most, sum(now for now, _ in held), *(highest for _, highest in held))
            time.sleep(PAUSE)
    return most / 1024


def _family(pid: int) -> Iterator[int]:
    """The process and all that it started."""
    yield pid
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                yield from _family(int(child))
    except OSError:
        return


def _held(pid: int) -> tuple[int, int]:
    """Proportional size now and highest resident size so far, in KiB; 0 of one that ended."""
    try:
        now = Path(f"/proc/{pid}/smaps_rollup").read_text()
        ever = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0, 0
    return _kib(now, "Pss:"), _kib(ever, "VmHWM:")


def _kib(text: str, key: str) -> int:
    values = (line.split()[1] for line in text.splitlines() if line.startswith(key))
    return int(next(values, "0"))


@contextmanager
def _started(command: Command, output: IO[bytes]) -> Iterator[list[subprocess.Popen[bytes]]]:
    """The processes; leaving waits for them."""
    with tempfile.TemporaryFile(dir="/run") as errors:
        processes: list[subprocess.Popen[bytes]] = []
        for arguments in command.pipeline:
            last = len(processes) + 1 == len(command.pipeline)
            source = processes[-1].stdout if processes else subprocess.DEVNULL
            target = output if last else subprocess.PIPE
            started = subprocess.Popen(arguments, stdin=source, stdout=target, stderr=errors)
            if processes and processes[-1].stdout:
                processes[-1].stdout.close()
            processes.append(started)
        yield processes
        codes = [process.wait() for process in processes]
        # one that wrote on after the next had all it wanted has done its work
        if codes[-1] or any(code not in (0, -signal.SIGPIPE) for code in codes):
            errors.seek(0)
            raise RuntimeError(f"{command.name}: exit codes {codes}\n{errors.read().decode()}")
