"""Stale content, as it is written."""

import json
import os
import time
from pathlib import Path
from pathlib import PurePosixPath as P

import jsonschema
import pytest

from petrichor.loss.coverage import Coverage
from petrichor.loss.stale import Leftover, StoreContent, find_leftovers
from petrichor.model.loss import Batch, Change, Entry
from petrichor.model.record import Declared, Record, RecordState, Seen
from petrichor.report import stale
from petrichor.report.stale import stale_json, stale_lines

SCHEMA = json.loads(Path(stale.__file__).with_name("stale.schema.json").read_text())
S, T = P("/s"), P("/t")


def leftovers() -> list[Leftover]:
    entries = [
        Entry(b"\xff\n", Change.ADDED, 0o100600, 3000, 1000, 1_700_000_000),
        Entry(b"old", Change.ADDED, 0o040755, 0, 0, 1_600_000_000),
    ]
    closed = Entry(b"old", Change.UNREADABLE, 0o040000, 0, 0, 0, error="Permission denied")
    return find_leftovers([Batch(b"/s", [*entries, closed])], b"/s", Coverage(()))


def declared(path: str, stamp: str, preset: str = "") -> Declared:
    return Declared(path=P(path), preset=preset, first=Seen(stamp, "a"), last=Seen(stamp, "b"))


ODD = os.fsdecode(b"/\xff\n")
KNOWN = Record(
    RecordState.READ,
    (
        declared("/old/inner", "20261123T000000Z", "firefox"),
        declared("/old/other", "20261023T000000Z"),
        declared(ODD, "20260923T000000Z"),
        declared("/not stale", "20261123T000000Z"),
    ),
)
FULL = StoreContent(S, leftovers(), KNOWN)


def test_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    lines = list(stale_lines([FULL, StoreContent(T, [])], {1000: "alice", 0: "root"}))
    assert (
        lines[0]
        == "/s: 3 entries, 3.0K that no declaration names; petrichor prune --stale removes it"
    )
    assert lines[1].split() == ["SIZE", "ENTRIES", "OWNER", "NEWEST", "LAST", "DECLARED", "PATH"]
    ends = [line.split("2020-09-13 12:26")[-1].split("2023-11-14 22:13")[-1] for line in lines[2:4]]
    assert [" ".join(end.split()) for end in ends] == [
        "2026-11-23 00:00 /s/old as /old/inner, preset firefox, and 1 more",
        "2026-09-23 00:00 $'/s/\\xff\\x0a'",
    ]
    assert "alice" in lines[3]
    assert lines[-2:] == ["  1 entry could not be read", "/t: all that it holds is declared"]


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (RecordState.NONE, "has no record yet"),
        (RecordState.DAMAGED, "is damaged"),
        (RecordState.CLOSED, "run it as root"),
        (RecordState.READ, ""),
    ],
)
def test_what_is_not_known_is_said(state: RecordState, said: str) -> None:
    lines = list(stale_lines([StoreContent(S, leftovers(), Record(state))], {}))
    assert all("not known" in line for line in lines[2:4])
    assert said in lines[-1] and ("when it was declared" in lines[-1]) == bool(said)


def test_json_agrees_with_its_schema() -> None:
    document = json.loads(stale_json([FULL, StoreContent(T, [])]))
    jsonschema.validate(document, SCHEMA)
    old, odd = document["stores"][0]["stale"]
    assert (old["unreadable"], old["entries"]) == (1, 2)
    assert [item["path"] for item in old["declared"]] == ["/old/inner", "/old/other"]
    assert old["declared"][0]["last"] == {"time": 1795392000, "boot": "b"}
    assert odd["declared"][0]["path"] == "/%FF%0A"
    assert (odd["path"], odd["encoding"], odd["kind"]) == ("/s/%FF%0A", "percent", "file")
    assert document["stores"][1] == {"store": "/t", "record": "none", "stale": []}
