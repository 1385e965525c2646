"""What earlier boots lost, as it is written."""

import json
from pathlib import Path, PurePosixPath

import jsonschema

from petrichor.loss.summary import Summary
from petrichor.model.loss import Change, Entry, Fate, Judgement, Share
from petrichor.model.past import Boot, RetiredVolume
from petrichor.report import history
from petrichor.report.history import Lost, event_text, history_json, history_lines

SCHEMA = json.loads(Path(history.__file__).with_name("history.schema.json").read_text())
NOW = 1_800_000_000
ROOT = PurePosixPath("/")
FIREFOX = Judgement(Fate.LOST, owner="Firefox", kind="important", root=b"/home/alice/.mozilla")


def boot(number: int, time: int | None, name: str = "retired/root") -> Boot:
    identity = f"{number:032x}"
    item = RetiredVolume(name=name, identity="1", boot=identity, time=time, order=number)
    return Boot(boot=identity, number=number, time=time, retired=((ROOT, item),))


def summary() -> Summary:
    total = Summary()
    entry = Entry(b"prefs.js", Change.ADDED, 0o100600, 3000, 1000, NOW - 5000)
    total.add(Share(b"/home/alice/.mozilla", FIREFOX, [entry]))
    total.add(Share(b"/srv", Judgement(Fate.LOST), [entry._replace(name=b"\xff\n")]))
    total.add(Share(b"/tmp", Judgement(Fate.IGNORED), [entry]))
    closed = Entry(b"shut", Change.UNREADABLE, 0o040000, 0, 0, 0, error="Permission denied")
    total.add(Share(b"/srv", Judgement(Fate.LOST), [closed]))
    return total


FOUND: list[Lost] = [
    (boot(1, NOW - 7200), summary(), ""),
    (boot(2, NOW - 10), Summary(), ""),
    (boot(3, NOW + 315_360_000), None, "gone\nbad"),
    (boot(4, None, "a\udcff"), None, ""),
]


def test_lines() -> None:
    head, first, second, third, fourth, unseen = history_lines(FOUND, NOW)
    assert head.split() == ["NO", "WHEN", "BOOT", "LOST", "SIZE", "VOLUMES", "WHAT", "MATTERED"]
    assert "2 hours ago" in first and " 3 " in first
    assert first.index("Firefox (important)") < first.index("/srv")
    assert "incomplete: 1" in first
    assert "just now" in second and " 0 " in second
    assert "ago" not in third and third.endswith("$'gone\\x0abad'")
    assert "?" in fourth
    assert unseen == "1 older boot was not looked into (--all does)"
    assert all(line.isprintable() for line in history_lines(FOUND, NOW))


def test_json_agrees_with_its_schema() -> None:
    document = json.loads(history_json(FOUND))
    jsonschema.validate(document, SCHEMA)
    first, second, third, fourth = document["boots"]
    assert (first["lost"]["entries"], first["lost"]["unreadable"]) == (3, 1)
    assert [group["owner"] for group in first["lost"]["groups"]] == ["", "Firefox"]
    assert second["lost"] == {"entries": 0, "size": 0, "unreadable": 0, "groups": []}
    assert "lost" not in third and third["trouble"]
    assert fourth["time"] is None and fourth["volumes"][0]["name"] == "a%FF"


def test_what_took_it() -> None:
    assert event_text(boot(5, None), NOW) == "the reset of boot 00000000,"
    assert event_text(boot(5, NOW - 90_000), NOW).endswith(", 1 day ago,")
    assert "ago" not in event_text(boot(5, NOW + 90), NOW)
