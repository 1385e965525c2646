"""The verb: from a file or stdin, to TOML or JSON; notes go to stderr."""

import io
import json
import sys
import tomllib
from pathlib import Path

import pytest

from petrichor.cli.main import run
from tests.unit.config.importing.samples import HERE, sample

Capture = pytest.CaptureFixture[str]


def test_toml_and_json_say_the_same(capsys: Capture) -> None:
    file = str(HERE / "preservation.json")
    assert run(["import", "--from", "preservation", file]) == 0
    toml = capsys.readouterr()
    assert run(["import", "--json", "--from", "preservation", file]) == 0
    assert json.loads(capsys.readouterr().out) == tomllib.loads(toml.out)
    place = f'{file}: preserveAt."/persistent".directories[1].inInitrd'
    assert toml.err.startswith(f"{place}: follows here from the phase")


def test_stdin(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(sample("impermanence"))))
    assert run(["import", "--from", "impermanence", "-"]) == 0
    assert 'home = "/home/alice"' in capsys.readouterr().out


def test_a_mistake_names_file_and_key(tmp_path: Path, capsys: Capture) -> None:
    file = tmp_path / "it"
    file.write_text('{"/s": {"directories": ["/a/.."]}}')
    assert run(["import", "--from", "impermanence", str(file)]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(f"petrichor: 1 mistake in {file}\n{file}: ")
    assert '"/s".directories[0]' in said.err


def test_no_such_file(capsys: Capture) -> None:
    assert run(["import", "--from", "impermanence", "/no/such"]) == 7
    assert "/no/such" in capsys.readouterr().err
