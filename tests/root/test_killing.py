"""The harness that kills: every changing call is a point, of whatever process, and none is missed."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.root.harness.killing import calls_of, kill_at, kill_everywhere


def work(place: Path) -> None:
    (place / "made").mkdir()
    os.listdir(place)
    (place / "made/file").write_bytes(b"content")
    subprocess.run(["mv", place / "made", place / "moved"], check=True)
    os.utime(place / "moved/file", (7, 7))
    (place / "moved/file").unlink()


CALLS = ["mkdir", "openat", "write", "renameat2", "utimensat", "unlink"]
STATES = [
    set(),
    {"made"},
    {"made", "made/file"},
    {"made", "made/file"},
    {"moved", "moved/file"},
    {"moved", "moved/file"},
]
"""What is there before each of them."""


def state(place: Path) -> set[str]:
    return {str(path.relative_to(place)) for path in place.rglob("*")}


def test_each_call_is_a_point(tmp_path: Path) -> None:
    seen: list[tuple[str, set[str]]] = []
    places = iter(tmp_path / str(number) for number in range(20))
    place = [tmp_path]

    def fresh() -> None:
        place[0] = next(places)
        place[0].mkdir()

    count = kill_everywhere(
        lambda: work(place[0]),
        fresh=fresh,
        check=lambda point: seen.append((point, state(place[0]))),
    )
    assert count == len(CALLS)
    assert seen[0] == ("not killed", {"moved"})
    assert [found for _, found in seen[1:]] == STATES
    assert [point.rpartition(", ")[2] for point, _ in seen[1:]] == CALLS


def test_a_killed_process_takes_along_what_it_started(tmp_path: Path) -> None:
    def start() -> None:
        process = subprocess.Popen(
            ["sh", "-c", f"mkdir {tmp_path}/a; sleep 60; mkdir {tmp_path}/b"]
        )
        while not (tmp_path / "a").exists():
            pass
        (tmp_path / "c").mkdir()
        process.wait()

    assert kill_at(start, 1) == "mkdir"
    assert state(tmp_path) == {"a"}
    alive = [path for path in Path("/proc").glob("[0-9]*/cmdline") if b"sleep" in _text(path)]
    assert alive == []


def _text(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def test_work_that_fails_is_no_work(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(AssertionError, match="ended with 1"):
        calls_of(lambda: 1 / 0)
    assert "ZeroDivisionError" in capfd.readouterr().err
