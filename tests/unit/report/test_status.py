"""The verdict as text and as JSON, and the schema of the second."""

import json
from dataclasses import replace
from pathlib import Path
from pathlib import PurePosixPath as P
from typing import Any

import jsonschema
import pytest

import petrichor.report.status as module
from petrichor.model.status import (
    KeptState,
    KeptStatus,
    LossStatus,
    Status,
    VolumeState,
    VolumeStatus,
)
from petrichor.plan.verdict import BACKENDS
from petrichor.report.status import status_json, status_record, status_text

SCHEMA = json.loads(Path(module.__file__).with_name("status.schema.json").read_text())


def status(state: KeptState = KeptState.PRESENT, path: str = "/var/log") -> Status:
    return Status(
        boot="a" * 32,
        time="2026-11-23T02:00:00+00:00",
        volumes=(
            VolumeStatus(mountpoint=P("/"), backend="zfs", state=VolumeState.RESET),
            VolumeStatus(
                mountpoint=P("/home"), backend="btrfs", state=VolumeState.SKIPPED, detail="why"
            ),
        ),
        kept=(KeptStatus(path=P(path), source=P("/p") / path[1:], state=state, detail="because"),),
    )


def valid(document: Any) -> None:
    checker = jsonschema.FormatChecker()
    jsonschema.Draft202012Validator(SCHEMA, format_checker=checker).validate(document)


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("state", KeptState)
def test_json_follows_its_schema(state: KeptState) -> None:
    valid(json.loads(status_json(status(state))))


def test_the_schema_knows_every_word() -> None:
    volume, kept = (SCHEMA["$defs"][name]["properties"] for name in ("volume", "kept"))
    assert set(volume["state"]["enum"]) == set(VolumeState)
    assert set(volume["backend"]["enum"]) == set(BACKENDS.values())
    assert set(kept["state"]["enum"]) == set(KeptState)


@pytest.mark.parametrize("change", [{"version": 2}, {"boot": "A"}, {"more": 1}, {"time": "now"}])
def test_the_schema_refuses(change: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        valid({**status_record(status()), **change})


def test_names_survive_json() -> None:
    name = "/a\n\t\\\udcff"
    assert json.loads(status_json(status(path=name)))["kept"][0]["path"] == name
    assert status_json(status(path=name)).isascii()


@pytest.mark.parametrize(
    ("loss", "line"),
    [
        (LossStatus(), "nothing"),
        (LossStatus(count=1, size=10), "1 entry, 10"),
        (LossStatus(count=1234, size=5 << 20), "1,234 entries, 5.0M"),
        (LossStatus(count=2, unread=3), "2 entries, 0, and 3 could not be read"),
        (LossStatus(detail="/: not mounted"), "not known: /: not mounted"),
    ],
)
def test_how_much_would_be_lost(loss: LossStatus, line: str) -> None:
    said = replace(status(), loss=loss)
    assert status_text(said).splitlines()[-1] == f"lost at the next reset: {line}"
    valid(json.loads(status_json(said)))


def test_text_is_one_line_for_each_thing_that_matters() -> None:
    assert status_text(status()).split("\n") == [
        f"boot {'a' * 32}, seen 2026-11-23T02:00:00+00:00",
        "/      zfs        RESET",
        "/home  btrfs      SKIPPED  (why)",
        "kept paths: 1 of 1 show their store",
        "",
    ]
    lines = status_text(status(KeptState.NOT_MOUNTED, "/a\nb")).split("\n")
    assert lines[-3:] == [
        "kept paths: 0 of 1 show their store",
        "  $'/a\\x0ab': not mounted: because",
        "",
    ]
