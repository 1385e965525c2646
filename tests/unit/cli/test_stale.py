"""The verb, where there is no store."""

from pathlib import Path

import pytest

from petrichor.cli.main import run


def test_no_store_no_answer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "c.toml"
    config.write_text('[volumes."/v"]\nbackend = "tmpfs"\n')
    assert run(["--config", str(config), "stale"]) == 0
    assert run(["--config", str(config), "stale", "--json"]) == 0
    assert '"stores": []' in capsys.readouterr().out
