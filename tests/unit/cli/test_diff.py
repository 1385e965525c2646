"""`diff`: its forms, what it refuses, and its exit codes."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import jsonschema
import pytest

from petrichor.cli import cache
from petrichor.cli.diff import absolute
from petrichor.cli.main import run
from petrichor.loss.summary import Summary
from petrichor.model.declaration import Volume
from petrichor.model.errors import UsageError
from petrichor.model.loss import Change, Entry, Fate, Judgement, Share
from petrichor.report import lossrows

SCHEMA = json.loads(Path(lossrows.__file__).with_name("loss.schema.json").read_text())
Capture = pytest.CaptureFixture[str]
LOST = Judgement(Fate.LOST)


class FoundLoss:
    """A loss that was found already."""

    def __init__(self, shares: list[Share], sides: tuple[bytes | None, bytes | None]) -> None:
        self._shares = shares
        self._sides = sides

    def shares(self) -> Iterator[Share]:
        return iter(self._shares)

    def summary(self, new: Callable[[], Summary]) -> Summary:
        total = new()
        for share in self._shares:
            total.add(share)
        return total

    def both(self, path: bytes) -> tuple[bytes | None, bytes | None]:
        return self._sides


class Machine:
    """Stands for act.losing, which needs root; tests/root/test_diff.py has the real one."""

    def __init__(self) -> None:
        entries = [
            Entry(b"big\xff", Change.ADDED, 0o100644, 2048, 0, 1_700_000_000),
            Entry(b"a", Change.ADDED, 0o100644, 1, 0, 1_700_000_000),
        ]
        self.shares = [Share(b"/v", LOST, entries), Share(b"/v", Judgement(Fate.KEPT), entries)]
        self.sides: tuple[bytes | None, bytes | None] = (None, None)
        self.volumes: list[str] = []
        self.paths: Sequence[bytes] = ()

    @contextmanager
    def looking(
        self,
        declaration: object,
        accounts: object,
        runner: object,
        volumes: Sequence[Volume],
        paths: Sequence[bytes] = (),
    ) -> Iterator[FoundLoss]:
        self.volumes = [str(volume.mountpoint) for volume in volumes]
        self.paths = paths
        yield FoundLoss(self.shares, self.sides)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    found = Machine()
    module = ModuleType("petrichor.act.losing")
    module.__dict__["looking"] = found.looking
    monkeypatch.setitem(sys.modules, "petrichor.act.losing", module)
    return found


@pytest.fixture
def diff(tmp_path: Path, machine: Machine, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    monkeypatch.setattr(cache, "PLACE", tmp_path / "no such directory/cache")
    config = tmp_path / "c.toml"
    config.write_text('[volumes."/v"]\nbackend = "tmpfs"\n[volumes."/w"]\nbackend = "tmpfs"\n')
    return lambda *words: run(["--config", str(config), "diff", *words])


def test_a_screen(diff: Callable[..., int], capsys: Capture) -> None:
    assert diff() == 0
    lines = capsys.readouterr().out.split("\n")
    assert lines[0] == "lost at the next reset of /v and /w: 2 entries, 2.1K"
    assert any("/v" in line and "root" in line for line in lines[3:])
    assert "kept:        2 entries, 2.1K" in "\n".join(lines)


def test_every_entry(diff: Callable[..., int], capsys: Capture) -> None:
    assert diff("--all") == 0
    rows = capsys.readouterr().out.splitlines()
    assert [row.split("  ")[-1].strip() for row in rows] == ["$'/v/big\\xff'", "/v/a"]
    assert diff("--all", "--sort", "path") == 0
    assert [row[-4:] for row in capsys.readouterr().out.splitlines()] == ["/v/a", "xff'"]
    assert diff("--all", "--fate", "kept") == 0
    assert capsys.readouterr().out.count(" kept ") == 2


def test_tree(diff: Callable[..., int], capsys: Capture) -> None:
    assert diff("--tree") == 0
    assert [line.split()[-1] for line in capsys.readouterr().out.splitlines()] == ["PATH", "/", "v"]


@pytest.mark.parametrize("option", ["-0", "--null"])
def test_null(
    diff: Callable[..., int], capfdbinary: pytest.CaptureFixture[bytes], option: str
) -> None:
    assert diff(option) == 0
    assert capfdbinary.readouterr().out == b"/v/big\xff\0/v/a\0"


def test_json(diff: Callable[..., int], capsys: Capture) -> None:
    assert diff("--json") == 0
    found = json.loads(capsys.readouterr().out)
    jsonschema.validate(found, SCHEMA)
    assert [entry["path"] for entry in found["entries"]] == ["/v/big%FF", "/v/a"]
    assert found["totals"]["kept"]["added"] == 2


def test_one_file(
    diff: Callable[..., int], machine: Machine, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    machine.sides = (b"old\n", b"new\xff\n")
    assert diff("/v/./x/../a") == 0
    assert (machine.paths, machine.volumes) == ((b"/v/a",), ["/v"])
    out = capfdbinary.readouterr().out
    assert out.endswith(b"--- baseline/v/a\n+++ now/v/a\n@@ -1 +1 @@\n-old\n+new\xff\n")
    assert out.startswith(b"added ")


def test_several_paths_are_summed_up(
    diff: Callable[..., int], machine: Machine, capsys: Capture
) -> None:
    machine.sides = (b"old\n", b"new\n")
    assert diff("/v/a", "/v/b") == 0
    assert capsys.readouterr().out.startswith("lost at the next reset of /v/a and /v/b: ")


@pytest.mark.parametrize("words", [[], ["--all"], ["--tree"], ["-0"], ["--json"]])
def test_exit_codes(
    diff: Callable[..., int],
    machine: Machine,
    words: list[str],
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    assert diff(*words) == 0
    assert diff(*words, "--exit-code") == 1
    broken = Entry(b"b", Change.UNREADABLE, 0, 0, 0, 0, error="Input/output error")
    machine.shares.append(Share(b"/v", LOST, [broken]))
    assert diff(*words, "--exit-code") == diff(*words) == 10
    captured = capsysbinary.readouterr()
    assert b"the answer is incomplete: 1 entry could not be read" in captured.err
    machine.shares = [Share(b"/v", Judgement(Fate.KEPT), [broken])]
    assert diff(*words, "--exit-code") == 0


def test_some_volumes(diff: Callable[..., int], machine: Machine, capsys: Capture) -> None:
    diff("--volume", "/w/")
    assert machine.volumes == ["/w"]
    diff("--volume", "/w", "--volume", "/v")
    assert machine.volumes == ["/v", "/w"]
    assert diff("--volume", "/x") == 2
    assert "/x is no volume\n  hint: declared are: /v, /w" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [["--json", "--all"], ["--json", "--sort", "size"], ["-0", "--sort", "path"], [""],
     ["--sort", "colour"], ["--fate", "sealed"], ["/elsewhere"], ["/v/a", "--volume", "/w"]],
)  # fmt: skip
def test_wrong_requests(diff: Callable[..., int], words: list[str], capsys: Capture) -> None:
    assert diff(*words) == 2
    assert capsys.readouterr().out == ""


def test_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert absolute(b"\xff") == bytes(tmp_path) + b"/\xff"
    assert absolute(b"//a/") == b"/a"
    with pytest.raises(UsageError):
        absolute(b"")
