"""What `init` says about a wrong request, before it looks at anything."""

import os
from pathlib import Path

import pytest

from petrichor.cli.main import run


@pytest.fixture(autouse=True)
def as_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--pool", "tank"], "--backend"),
        (["--nix"], "--backend"),
        (["--backend", "zfs"], "--pool"),
        (["--backend", "btrfs"], "--device"),
        (["--backend", "btrfs", "--device", "os"], "os"),
        (["--backend", "directory", "--directory", "relative"], "--directory"),
        (["--backend", "ext4"], "ext4"),
    ],
)
def test_a_wrong_request(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init", *words]) == 2
    captured = capsys.readouterr()
    assert said in captured.err and captured.out == ""


def test_without_a_declaration_it_says_how_to_begin(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["--root", str(tmp_path), "init"]) == 7
    assert "petrichor init" in capsys.readouterr().err


def test_it_needs_root(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert run(["init"]) == 5
    assert "sudo petrichor init" in capsys.readouterr().err
