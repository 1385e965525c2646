"""`schema` prints what lies in the package."""

import json
from importlib import resources

import pytest

from petrichor.cli.main import run


@pytest.mark.parametrize(
    ("words", "package", "file"),
    [
        ([], "petrichor.config", "petrichor.schema.json"),
        (["declaration"], "petrichor.config", "petrichor.schema.json"),
        (["status"], "petrichor.report", "status.schema.json"),
        (["loss"], "petrichor.report", "loss.schema.json"),
    ],
)
def test_a_schema(
    words: list[str], package: str, file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["schema", *words]) == 0
    out = capsys.readouterr().out
    assert out == resources.files(package).joinpath(file).read_text()
    assert json.loads(out)["$schema"].startswith("https://json-schema.org/")


def test_one_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schema", "weather"]) == 2
    assert "weather" in capsys.readouterr().err
