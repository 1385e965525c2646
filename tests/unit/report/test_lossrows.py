"""Every entry of the loss: text, JSON that follows its schema, bare paths."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

import petrichor.report.lossrows as module
from petrichor.loss.summary import Summary
from petrichor.model.loss import Aspect, Change, Entry, Fate, Judgement, Share, Sort
from petrichor.report.lossrows import (
    KINDS,
    UNKNOWN,
    json_pieces,
    null_pieces,
    row_text,
    rows,
    sort_key,
)
from tests.unit.report.losses import DAY, FILE, KNOWN, NOBODY, SHARES, file, unreadable

SCHEMA = json.loads(Path(module.__file__).with_name("loss.schema.json").read_text())
ENTRY = SCHEMA["$defs"]["entry"]["properties"]


@pytest.fixture(autouse=True)
def _zone(utc: None) -> None:
    """Times are told in UTC."""


def document(*shares: Share, fates: tuple[Fate, ...] = (Fate.LOST,)) -> Any:
    text = "".join(json_pieces(shares, ["/", "/a\udcff"], fates, Summary()))
    found = json.loads(text)
    jsonschema.Draft202012Validator(SCHEMA).validate(found)
    assert text.isascii() and "\\ud" not in text
    return found


def path_of(record: dict[str, str], key: str = "path") -> bytes:
    text = record[key]
    return unquote_to_bytes(text) if "encoding" in record else text.encode()


def test_the_schema_is_one_and_knows_every_word() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert set(ENTRY["change"]["enum"]) == set(Change)
    assert (
        set(ENTRY["fate"]["enum"]) == set(Fate) == set(SCHEMA["properties"]["totals"]["required"])
    )
    assert set(ENTRY["aspects"]["items"]["enum"]) == set(Aspect)
    assert set(ENTRY["kind"]["enum"]) == {*KINDS.values(), UNKNOWN}


def test_json_of_nothing() -> None:
    found = document()
    assert (found["entries"], found["complete"], found["unreadable"]) == ([], True, 0)
    assert [path_of(volume, "mountpoint") for volume in found["volumes"]] == [b"/", b"/a\xff"]


def test_json_has_the_entries_of_the_fates_and_all_totals() -> None:
    found = document(*SHARES, Share(b"/x", NOBODY, [unreadable(b"y")]))
    assert len(found["entries"]) == 13
    counts = {"added": 9, "removed": 1, "changed": 2, "unreadable": 1}
    assert found["totals"]["lost"] == {**counts, "size": (1 << 20) + 80}
    assert found["totals"]["kept"]["added"] == 1
    assert (found["complete"], found["unreadable"]) == (False, 1)
    assert len(document(*SHARES, fates=(Fate.KEPT, Fate.IGNORED))["entries"]) == 3


NAMES = st.binary(min_size=1, max_size=20).filter(lambda name: not set(name) & {0, 0x2F})


@given(NAMES, NAMES, NAMES)
def test_names_of_any_bytes_survive_json(directory: bytes, name: bytes, old: bytes) -> None:
    entry = Entry(name, Change.ADDED, FILE, 1, 0, DAY, old=b"/" + old)
    judgement = Judgement(Fate.LOST, root=b"/" + directory)
    (record,) = document(Share(b"/" + directory, judgement, [entry]))["entries"]
    assert path_of(record) == b"/" + directory + b"/" + name
    assert path_of(record, "old") == b"/" + old
    assert path_of(record, "root") == b"/" + directory


def test_null_gives_what_is_on_the_volume() -> None:
    entries = [file(b"\n"), file(b"-\xff", Change.CHANGED), file(b"c", Change.REMOVED)]
    summary = Summary()
    shares = [Share(b"/", NOBODY, [*entries, unreadable(b"u")]), SHARES[-1]]
    assert b"".join(null_pieces(shares, [Fate.LOST], summary)) == b"/\n\0/-\xff\0/u\0"
    assert summary.total(Fate.LOST).count == 4


def lines(*entries: Entry, judgement: Judgement = NOBODY) -> list[str]:
    share = Share(b"/etc", judgement, list(entries))
    return [row_text(row, KNOWN.users) for row in rows([share], [judgement.fate])]


def test_one_line_an_entry() -> None:
    renamed = file(b"c")._replace(old=b"/etc/old", is_root=True)
    assert lines(file(b"a"), file(b"b", Change.CHANGED, uid=4711), renamed, unreadable(b"d")) == [
        "added      lost        file         10 root     2023-11-14 22:13  /etc/a",
        "changed    lost        file         10 4711     2023-11-14 22:13  /etc/b  (content, time)",
        "added      lost        file         10 root     2023-11-14 22:13  /etc/c  (was /etc/old; subvolume)",
        "unreadable lost        unknown                                    /etc/d  (Input/output error)",
    ]


def test_a_line_says_whose_it_is_and_who_says_so() -> None:
    judgement = Judgement(Fate.REGENERATED, "a tmpfiles line", "OpenSSH", "secret")
    assert lines(file(b"a"), judgement=judgement)[0].endswith(
        "/etc/a  (OpenSSH secret; a tmpfiles line)"
    )


@given(NAMES)
def test_an_entry_stays_on_its_line(name: bytes) -> None:
    entry = Entry(name, Change.ADDED, FILE, 1, 0, DAY, old=b"/" + name)
    assert lines(entry)[0].isprintable()


def test_who_says_so_may_have_any_name() -> None:
    judgement = Judgement(Fate.LOST, "unit \udcff\n", "\udcff\x1b.service")
    entry = unreadable(b"a")._replace(error="\udcff")
    assert lines(entry, judgement=judgement)[0].isprintable()
    (record,) = document(Share(b"/", judgement, [entry]))["entries"]
    assert record["owner"] == "$'\\xff\\x1b.service'"


def test_sorting() -> None:
    entries = [file(b"b", size=2), file(b"a", size=1)._replace(mtime=DAY + 1)]
    found = list(rows([Share(b"/", NOBODY, entries)], [Fate.LOST]))
    order = {
        sort: [row.path for row in sorted(found, key=lambda row: sort_key(sort, row))]
        for sort in Sort
    }
    assert order[Sort.SIZE] == [b"/b", b"/a"]
    assert order[Sort.PATH] == order[Sort.COUNT] == order[Sort.NEWEST] == [b"/a", b"/b"]
