"""Stale content, as it is written."""

import json
from pathlib import Path, PurePosixPath

import jsonschema

from petrichor.loss.coverage import Coverage
from petrichor.loss.stale import Leftover, find_leftovers
from petrichor.model.loss import Batch, Change, Entry
from petrichor.report import stale
from petrichor.report.stale import stale_json, stale_lines

SCHEMA = json.loads(Path(stale.__file__).with_name("stale.schema.json").read_text())
S, T = PurePosixPath("/s"), PurePosixPath("/t")


def leftovers() -> list[Leftover]:
    entries = [
        Entry(b"\xff\n", Change.ADDED, 0o100600, 3000, 1000, 1_700_000_000),
        Entry(b"old", Change.ADDED, 0o040755, 0, 0, 1_600_000_000),
    ]
    closed = Entry(b"old", Change.UNREADABLE, 0o040000, 0, 0, 0, error="Permission denied")
    return find_leftovers([Batch(b"/s", [*entries, closed])], b"/s", Coverage(()))


def test_lines() -> None:
    lines = list(stale_lines([(S, leftovers()), (T, [])], {1000: "alice", 0: "root"}))
    assert (
        lines[0]
        == "/s: 3 entries, 3.0K that no declaration names; petrichor prune --stale removes it"
    )
    assert lines[1].split() == ["SIZE", "ENTRIES", "OWNER", "NEWEST", "PATH"]
    assert [line.split()[-1] for line in lines[2:4]] == ["/s/old", "$'/s/\\xff\\x0a'"]
    assert "alice" in lines[3]
    assert lines[-2:] == ["  1 entry could not be read", "/t: all that it holds is declared"]


def test_json_agrees_with_its_schema() -> None:
    document = json.loads(stale_json([(S, leftovers()), (T, [])]))
    jsonschema.validate(document, SCHEMA)
    old, odd = document["stores"][0]["stale"]
    assert (old["unreadable"], old["entries"]) == (1, 2)
    assert (odd["path"], odd["encoding"], odd["kind"]) == ("/s/%FF%0A", "percent", "file")
    assert document["stores"][1] == {"store": "/t", "stale": []}
