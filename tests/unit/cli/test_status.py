"""`status`: text or JSON on stdout, and 1 when something is amiss."""

import json
from pathlib import Path

import jsonschema
import pytest

from petrichor.cli.main import run
from petrichor.model.mount import Mount
from petrichor.model.status import Observation
from petrichor.report import status as report
from petrichor.system import observe

SCHEMA = json.loads(Path(report.__file__).with_name("status.schema.json").read_text())
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def words(tmp_path: Path) -> list[str]:
    place = tmp_path / "c.toml"
    place.write_text(f'[volumes."{tmp_path}"]\nbackend = "tmpfs"\n')
    return ["--config", str(place), "status"]


def test_something_is_amiss(words: list[str], tmp_path: Path, capsys: Capture) -> None:
    assert run(words) == 1
    captured = capsys.readouterr()
    assert f"{tmp_path}  tmpfs      NOT MOUNTED" in captured.out and captured.err == ""
    assert run([*words, "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    jsonschema.validate(document, SCHEMA)
    assert document["good"] is False


def test_all_is_well(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    mount = Mount(
        id=1,
        parent=0,
        device="0:1",
        root=observe.PurePosixPath("/"),
        mountpoint=observe.PurePosixPath(tmp_path),
        options=(),
        type="tmpfs",
        source="tmpfs",
    )
    seen = Observation(
        boot="a" * 32,
        time="2026-11-23T02:00:00+00:00",
        reset_skipped=False,
        reset_begun=False,
        mounts=(mount,),
    )
    monkeypatch.setattr(observe, "observe", lambda _: seen)
    assert run(words) == 0
    assert "RESET" in capsys.readouterr().out
