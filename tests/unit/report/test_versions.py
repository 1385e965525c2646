"""Versions, as they are written."""

import json
import stat
from pathlib import Path

import jsonschema

from petrichor.report import versions
from petrichor.report.versions import described, version_lines, versions_json
from tests.unit.plan.versions import version

NOW = 1_800_007_200
SCHEMA = json.loads(Path(versions.__file__).with_name("versions.schema.json").read_text())


def test_versions_below_their_paths() -> None:
    found = [
        version(b"/b\n", 2),
        version(b"/a", 3, time=None),
        version(b"/a", 1, mode=stat.S_IFDIR | 0o755),
    ]
    lines = list(version_lines(found, {1000: "alice"}, NOW))
    assert [lines[0], lines[4]] == ["/a", "$'/b\\x0a'"]
    assert lines[1].split() == ["BOOT", "RESET", "AT", "KIND", "SIZE", "OWNER", "MODIFIED"]
    directory, unknown = lines[2:4]
    assert "2 hours ago" in directory and "directory" in directory and "alice" in directory
    assert "00000000" in unknown and "3.0K" in unknown and "ago" not in unknown
    assert all(line.isprintable() for line in lines)


def test_a_version_in_a_few_words() -> None:
    said = described(version(b"/a", 4), NOW)
    assert said.startswith("file, 3.0K, modified 2023-11-1") and "of boot 4 (" in said
    assert said.endswith(", 2 hours ago)")
    assert described(version(b"/a", 4, time=None), NOW).endswith("of boot 4 (00000000)")
    assert "K" not in described(version(b"/a", mode=stat.S_IFDIR), NOW)


def test_json_agrees_with_its_schema_and_keeps_all_bytes() -> None:
    found = [version(b"/b\xff", 2, time=None), version(b"/a", 3), version(b"/a", 1)]
    document = json.loads(versions_json(found))
    jsonschema.validate(document, SCHEMA)
    told = [(item["path"], item["number"]) for item in document["versions"]]
    assert told == [("/a", 1), ("/a", 3), ("/b%FF", 2)]
    assert document["versions"][2]["encoding"] == "percent"
    assert document["versions"][0]["mode"] == "0644"
