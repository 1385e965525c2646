"""What a store remembers: its form, what a new look makes of it, what it answers."""

import json
from pathlib import PurePosixPath as P
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from petrichor.model.declaration import KeptPath, Kind
from petrichor.model.record import Declared, Record, RecordState, Seen
from petrichor.plan.record import MOST, Memory, decoded, encoded, renewed

STORE = P("/s")


def at(hour: int) -> Seen:
    return Seen(f"20261123T{hour:02}0000Z", f"{hour:032x}")


def kept(path: str, preset: str = "") -> KeptPath:
    return KeptPath(path=P(path), store=STORE, kind=Kind.DIRECTORY, key="k", preset=preset)


def declared(path: str, first: int, last: int, preset: str = "") -> Declared:
    return Declared(path=P(path), preset=preset, first=at(first), last=at(last))


def test_what_is_declared_is_renewed_and_what_is_no_more_stays_as_it_was_seen() -> None:
    one = renewed((), [kept("/b", "x"), kept("/a")], at(1))
    assert one == (declared("/a", 1, 1), declared("/b", 1, 1, "x"))
    two = renewed(one, [kept("/a"), kept("/c")], at(2))
    assert two == (declared("/a", 1, 2), declared("/b", 1, 1, "x"), declared("/c", 2, 2))
    three = renewed(two, [kept("/b")], at(3))
    assert three == (declared("/a", 1, 2), declared("/b", 1, 3), declared("/c", 2, 2))


def test_of_what_is_declared_no_more_the_longest_gone_are_dropped() -> None:
    old = renewed((), [kept("/old")], at(1))
    many = renewed(old, [kept(f"/{number}") for number in range(MOST)], at(2))
    assert len(many) == MOST + 1
    assert {item.path for item in renewed(many, [kept("/new")], at(3))} == {
        P("/new"), *(P(f"/{number}") for number in range(MOST))
    }  # fmt: skip


PATHS = st.binary(min_size=1).filter(lambda name: b"\0" not in name)


@given(st.sets(PATHS.map(lambda name: "/" + name.decode("utf-8", "surrogateescape"))))
def test_any_path_comes_back(paths: set[str]) -> None:
    known = renewed((), [kept(path) for path in paths], at(1))
    data = encoded(known)
    assert data.isascii()
    assert decoded(data) == Record(RecordState.READ, known)


def document(**changes: Any) -> bytes:
    item = {"path": "/a", "preset": "", "first": {"time": at(1).stamp, "boot": ""}}
    item |= {"last": item["first"]} | changes
    return json.dumps({"version": 1, "declared": [item]}).encode()


@pytest.mark.parametrize(
    ("data", "state"),
    [
        (None, RecordState.NONE),
        (document(), RecordState.READ),
        (document(path="a"), RecordState.DAMAGED),
        (document(path="/\ud800"), RecordState.DAMAGED),
        (document(path=1), RecordState.DAMAGED),
        (document(preset=None), RecordState.DAMAGED),
        (document(last={"time": "yesterday", "boot": ""}), RecordState.DAMAGED),
        (document(last={"time": 1, "boot": ""}), RecordState.DAMAGED),
        (document(last={"time": at(1).stamp, "boot": 2}), RecordState.DAMAGED),
        (document()[:-9], RecordState.DAMAGED),
        (b"", RecordState.DAMAGED),
        (b"\xff", RecordState.DAMAGED),
        (b"[]", RecordState.DAMAGED),
        (b"[" * 100_000, RecordState.DAMAGED),
        (b'{"version": 2, "declared": []}', RecordState.DAMAGED),
        (b'{"version": 1, "declared": 7}', RecordState.DAMAGED),
    ],
)
def test_a_record_is_whole_or_of_no_use(data: bytes | None, state: RecordState) -> None:
    assert decoded(data).state is state


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("/var/lib/a", ["/var/lib/a"]),
        ("/var/lib/a/deep", ["/var/lib/a"]),
        ("/var/lib", ["/var/lib/b", "/var/lib/a"]),
        ("/var/li", []),
        ("/etc", ["/etc"]),
        ("/", ["/var/lib/b", "/etc", "/var/lib/a"]),
    ],
)
def test_it_answers_for_what_holds_a_path_and_what_lies_in_it(path: str, wanted: list[str]) -> None:
    known = [declared("/etc", 1, 2), declared("/var/lib/a", 1, 1), declared("/var/lib/b", 1, 3)]
    assert [str(item.path) for item in Memory(known).of(P(path))] == wanted
