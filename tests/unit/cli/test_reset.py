"""What `reset` says about a wrong request; its work is shown on real filesystems."""

import os
from pathlib import Path

import pytest

from petrichor.cli.main import run


def test_it_needs_root(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert run(["reset", "/"]) == 5
    assert "needs root" in capsys.readouterr().err


def test_it_wants_one_volume(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["reset"]) == 2
    assert "MOUNTPOINT" in capsys.readouterr().err


def test_it_wants_a_declaration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert run(["--config", str(tmp_path / "x.toml"), "reset", "/"]) == 7
    assert "there is no declaration" in capsys.readouterr().err
