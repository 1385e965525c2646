"""Rules of the table of programs, each with what breaks it and what does not."""

from pathlib import PurePosixPath
from typing import Any

import pytest

from petrichor.config.programrules import PRIVATE, REGENERATED, SHELVES, rules
from petrichor.config.programs import decoded, program_table

HEAD = {"title": "A", "source": "a(1)"}


def found(**programs: dict[str, Any]) -> list[str]:
    table = decoded({name: HEAD | program for name, program in programs.items()})
    return [f"{name}: {message}" for name, message, hint in rules(table) if hint]


def system(path: str, **more: object) -> dict[str, Any]:
    return {"system": [{"path": path, "kind": "normal", **more}]}


def home(path: str, **more: object) -> dict[str, Any]:
    return {"home": [{"path": path, "kind": "normal", **more}]}


def test_the_table_holds_to_them() -> None:
    assert list(rules(program_table())) == []


RIGHT: list[dict[str, Any]] = [
    system("/var/lib/a"),
    system("/etc/ssh/key", type="file", kind="secret", mode="0400"),
    system("/etc/ssh/key", type="file", kind="secret", mode="0600", method="symlink"),
    system("/var/lib/private/a", hazards=["dynamic-user"]),
    system("/var/tmpfiles"),
    home(".config/a", was=[".a"]),
    home(".config/a", kind="secret", mode="0700"),
    {"system": [{"path": "/var/a", "kind": "normal"}, {"path": "/var/a/b", "kind": "cache"}]},
]


@pytest.mark.parametrize("program", RIGHT)
def test_right(program: dict[str, Any]) -> None:
    assert found(a=program) == []


WRONG: list[tuple[dict[str, Any], str]] = [
    ({}, "has no path"),
    (system("var/lib/a"), "wrong list"),
    (home("/home/alice/.a"), "wrong list"),
    (home(".config/a", was=["/etc/a"]), "wrong list"),
    (system("/var/lib/../a"), "holds '..'"),
    (home(".a", user="alice"), "belongs to the user"),
    (system("/a", kind="secret"), "owner's alone"),
    (system("/a", kind="secret", mode="0750"), "owner's alone"),
    (system("/a", mode="0600"), "cannot enter"),
    (system("/a", type="file", mode="0700"), "mode is that of a directory"),
    (system("/a", method="bind"), "a method is for files"),
    (system("/a", type="file", method="symlink", mode="0644"), "a link has no mode"),
    (system("/var/lib/private/a"), "dynamic-user"),
    (system("/var/lib/a", hazards=["dynamic-user"]), "dynamic-user"),
    ({"home": [{"path": ".a", "kind": "cache"}, {"path": ".a", "kind": "normal"}]}, "twice"),
]


@pytest.mark.parametrize(("program", "message"), WRONG)
def test_wrong(program: dict[str, Any], message: str) -> None:
    (said,) = found(a=program)
    assert message in said


@pytest.mark.parametrize("place", REGENERATED)
def test_what_the_system_makes_anew_is_refused(place: PurePosixPath) -> None:
    for path in (place, place / "a"):
        assert found(a=system(str(path))) == [f"a: {path}: the system makes it anew"]


@pytest.mark.parametrize("place", sorted(SHELVES - {*PRIVATE}))
def test_directories_of_many_programs_are_refused(place: PurePosixPath) -> None:
    program = system(str(place)) if place.is_absolute() else home(str(place))
    assert found(a=program) == [f"a: {place}: is a directory of many programs"]


def test_two_programs_say_that_they_share() -> None:
    assert found(a=system("/a"), b=system("/a")) == ["a: /a: b states /a"]
    assert found(a=system("/a"), b=system("/a/b/c")) == ["b: /a/b/c: a states /a"]
    assert found(a=system("/a"), b=system("/a", shared=["a"])) == []
    assert found(a=system("/a", shared=["b"]), b=system("/a/b/c")) == []
    assert found(a=home("a"), b=system("/a")) == []


def test_what_is_shared_is_true() -> None:
    assert found(a=system("/a", shared=["b"])) == ["a: /a: b states nothing like it"]
    assert found(a=system("/a", shared=["a"])) == ["a: /a: a states nothing like it"]
    assert found(a=system("/a", shared=["b"]), b=system("/ab")) == [
        "a: /a: b states nothing like it"
    ]
