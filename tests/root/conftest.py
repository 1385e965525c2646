"""Fixtures of the root ring. It runs below `scripts/in-namespace`: `make test-root`."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

import pytest

from petrichor.system.mounts import mount_at, read_mounts
from tests.root.harness import keeping, loop
from tests.root.harness import tree as trees
from tests.root.harness.boot import Booted, Machine, boot
from tests.root.harness.cut import unmount_leftovers
from tests.root.harness.killing import CountPoints

_POINTS = "kill points"


def pytest_sessionstart(session: pytest.Session) -> None:
    """A mount made here must never reach the machine: refuse to run outside the namespace."""
    if session.config.option.collectonly:
        return
    if os.getuid() != 0 or os.getpid() != 1:
        pytest.exit("the root ring wants `make test-root` as root: scripts/in-namespace", 3)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line that adds the kill points up over all that was killed."""
    done = terminalreporter.getreports("passed")
    found = [value for report in done for name, value in report.user_properties if name == _POINTS]
    if found:
        counts = ", ".join(f"{work} {points}" for work, points in found)
        total = sum(points for _, points in found)
        terminalreporter.write_line(f"kill points: {counts} = {total}")


@pytest.fixture
def count_points(
    record_property: Callable[[str, object], None], capfd: pytest.CaptureFixture[str]
) -> CountPoints:
    """How many points some work was killed at."""

    def count(work: str, points: int, *, least: int) -> None:
        record_property(_POINTS, (work, points))
        with capfd.disabled():
            print(f"\n{work}: {points} kill points")
        assert points >= least

    return count


@pytest.fixture
def btrfs(tmp_path: Path) -> Iterator[Path]:
    """The top level of an empty Btrfs, 512 MiB, of this test's own."""
    with loop.btrfs(tmp_path / "btrfs") as top:
        yield top


@pytest.fixture
def machine(btrfs: Path, tmp_path: Path) -> Iterator[keeping.Machine]:
    """A volume and a store on it, mounted."""
    mount = mount_at(read_mounts(), PurePosixPath(btrfs))
    assert mount is not None
    yield keeping.Machine(btrfs, tmp_path, mount.source)
    unmount_leftovers()


@pytest.fixture(scope="session")
def tree() -> Path:
    """A Debian tree, read only by agreement; the first time it is made, which takes a minute."""
    return trees.tree()


@pytest.fixture
def booted(tree: Path) -> Callable[..., Booted]:
    """`booted(Machine(...), "shell text")`: what the check wrote."""

    def run(machine: Machine, check: str, *, timeout: int = 60) -> Booted:
        return boot(tree, machine, check, timeout=timeout)

    return run
