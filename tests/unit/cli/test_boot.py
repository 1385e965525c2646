"""`boot`: the verdict on stdout and in its file, and 8 when something is amiss."""

import json
from pathlib import Path
from pathlib import PurePosixPath as P

import pytest

from petrichor.act import after_boot, inforce
from petrichor.cli import context
from petrichor.cli.main import run
from petrichor.model.status import KeptState, KeptStatus, Status, VolumeState, VolumeStatus

Capture = pytest.CaptureFixture[str]


def status(volume: VolumeState, *kept: KeptState) -> Status:
    return Status(
        boot="a" * 32,
        time="2026-11-23T02:00:00+00:00",
        volumes=(VolumeStatus(mountpoint=P("/a\nb"), backend="tmpfs", state=volume),),
        kept=tuple(KeptStatus(path=P("/k"), source=P("/s/k"), state=state) for state in kept),
    )


@pytest.fixture
def words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    (tmp_path / "c.toml").write_text('[volumes."/tmp"]\nbackend = "tmpfs"\n')
    monkeypatch.setattr(after_boot, "STATUS_FILE", tmp_path / "run/status.json")
    monkeypatch.setattr(inforce, "NOTE", tmp_path / "run/declaration.json")
    monkeypatch.setattr(context.os, "geteuid", lambda: 0)
    return ["boot", "--config", str(tmp_path / "c.toml")]


def see(monkeypatch: pytest.MonkeyPatch, seen: Status, *troubles: str) -> None:
    monkeypatch.setattr(after_boot, "after_boot", lambda *_: (seen, list(troubles)))


def test_all_is_well(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    see(monkeypatch, status(VolumeState.RESET, KeptState.PRESENT), "a trouble")
    assert run(words) == 0
    captured = capsys.readouterr()
    assert "RESET" in captured.out and captured.err == "petrichor: a trouble\n"
    assert run([*words, "--json"]) == 0
    assert capsys.readouterr().out == (tmp_path / "run/status.json").read_text()


def test_what_a_later_switch_follows_is_left_in_force(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    see(monkeypatch, status(VolumeState.RESET))
    note = tmp_path / "run/declaration.json"
    assert run(words) == 0
    assert json.loads(note.read_text()) == {"volumes": {"/tmp": {"backend": "tmpfs"}}}
    note.write_text("later")
    assert run(words) == 0
    assert note.read_text() == "later"


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        (status(VolumeState.NOT_RESET), "$'/a\\x0ab' was not reset\n"),
        (status(VolumeState.RESET, KeptState.DELETED), "1 kept path does not show"),
        (
            status(VolumeState.NOT_MOUNTED, KeptState.DELETED, KeptState.NO_SOURCE),
            "was not mounted; 2 kept paths do not show",
        ),
    ],
)
def test_something_is_amiss(
    seen: Status, said: str, words: list[str], monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path, capsys: Capture,
) -> None:  # fmt: skip
    see(monkeypatch, seen)
    assert run(words) == 8
    captured = capsys.readouterr()
    assert said in captured.err and "journalctl" in captured.err
    assert json.loads((tmp_path / "run/status.json").read_text())["good"] is False


def test_only_root(words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setattr(context.os, "geteuid", lambda: 1000)
    assert run(words) == 5
    assert "sudo petrichor boot" in capsys.readouterr().err
