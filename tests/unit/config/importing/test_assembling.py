"""Entries become tables; what most mounts have stands once, at their store."""

import pytest

from petrichor.config.importing.assembling import assemble
from petrichor.config.importing.reading import Reader
from petrichor.config.importing.records import Entry, UserHome


def reader(*entries: Entry) -> Reader:
    made = Reader("it.json")
    made.entries += entries
    return made


def entry(path: str, hide: bool | None = None, account: str = "") -> Entry:
    return Entry(
        source=f"at.{path}", store="/s", kind="files", path=path, account=account, hide=hide
    )


@pytest.mark.parametrize(
    ("hidden", "table"),
    [
        ([None], {"files": ["/0"]}),
        ([True], {"files": ["/0"]}),
        ([False], {"hideMounts": False, "files": ["/0"]}),
        ([True, False], {"files": ["/0", {"file": "/1", "hideMounts": False}]}),
        (
            [False, False, True],
            {"hideMounts": False, "files": ["/0", "/1", {"file": "/2", "hideMounts": True}]},
        ),
    ],
)
def test_what_most_say(hidden: list[bool | None], table: dict[str, object]) -> None:
    made = reader(*(entry(f"/{number}", hide) for number, hide in enumerate(hidden)))
    assert assemble(made) == {"persistence": {"/s": table}}


def test_nothing_kept_is_nothing_said() -> None:
    assert assemble(reader()) == {}


def test_twice_and_two_homes() -> None:
    made = reader(entry("x", account="alice"), entry("/home/alice/x"))
    made.homes += [
        UserHome(source="one", account="alice", home="/home/alice"),
        UserHome(source="two", account="alice", home="/srv/alice"),
    ]
    assert assemble(made) == {}
    assert {(item.key, item.message) for item in made.mistakes} == {
        ("at./home/alice/x", "/home/alice/x is kept twice: also by at.x"),
        ("two", "the home differs from that in one"),
    }
