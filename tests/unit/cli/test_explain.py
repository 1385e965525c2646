"""The path that is asked for, before anything is looked at."""

from pathlib import Path, PurePosixPath

import pytest

from petrichor.cli.explain import full
from petrichor.cli.main import run
from petrichor.model.errors import UsageError


def test_a_path_from_the_root_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert full(b"a/../b") == PurePosixPath(tmp_path / "a/../b")
    assert full(b"//x") == PurePosixPath("/x")
    assert full(b"\xff") == PurePosixPath(tmp_path / "\udcff")
    with pytest.raises(UsageError):
        full(b"")


def test_it_wants_a_path(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain"]) == 2
    assert "PATH" in capsys.readouterr().err
