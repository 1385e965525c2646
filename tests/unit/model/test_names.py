"""Names are escaped as systemd does it, and what is no name is told apart."""

import os
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from petrichor.model.names import (
    RetiredName,
    escape_unit,
    is_dataset,
    is_snapshot,
    is_within,
    parse_retired,
    path_bytes,
    reset_unit,
    unit_of,
)

NAME = st.binary(min_size=1, max_size=20).map(lambda raw: raw.replace(b"\0", b"0"))
PATHS = st.lists(NAME, max_size=4).map(lambda parts: os.fsdecode(b"/" + b"/".join(parts)))
STAMPS = st.datetimes().map(lambda time: f"{time:%Y%m%dT%H%M%SZ}".zfill(16))
BOOTS = st.uuids().map(lambda boot: boot.hex)


def slowly(path: bytes) -> str:
    """systemd.unit(5), "String Escaping for Inclusion in Unit Names", word for word."""
    parts = [part for part in path.split(b"/") if part not in (b"", b".")]
    escaped = []
    for number, part in enumerate(parts):
        text = ""
        for position in range(len(part)):
            byte = part[position : position + 1]
            plain = byte.isalnum() or byte in (b":", b"_")
            plain = plain or (byte == b"." and not (number == 0 and position == 0))
            text += byte.decode() if plain else "\\x" + byte.hex()
        escaped.append(text)
    return "-".join(escaped) or "-"


@given(PATHS)
def test_escaping_agrees_with_the_manual(path: str) -> None:
    assert escape_unit(path) == escape_unit(PurePosixPath(path)) == slowly(path_bytes(path))


@given(PATHS)
def test_escaping_loses_nothing(path: str) -> None:
    escaped = escape_unit(path)
    raw = b"" if escaped == "-" else escaped.replace("-", "/").encode()
    back = raw.decode("unicode_escape").encode("latin-1")
    parts = [part for part in path_bytes(path).split(b"/") if part not in (b"", b".")]
    assert back == b"/".join(parts)


@pytest.mark.parametrize(
    ("path", "unit"),
    [
        ("/", "-.mount"),
        ("/home", "home.mount"),
        ("//home//alice/", "home-alice.mount"),
        ("/./a/./b", "a-b.mount"),
        ("/.cache/.x", "\\x2ecache-.x.mount"),
        ("/a-b", "a\\x2db.mount"),
        ("/a b%\\*\n", "a\\x20b\\x25\\x5c\\x2a\\x0a.mount"),
        ("/ö", "\\xc3\\xb6.mount"),
        ("/\udcff", "\\xff.mount"),
    ],
)
def test_units_of_paths(path: str, unit: str) -> None:
    assert unit_of(path, "mount") == unit


def test_the_root_and_its_home_have_different_reset_units() -> None:
    assert reset_unit(PurePosixPath("/")) == "petrichor-reset@-.service"
    assert reset_unit(PurePosixPath("/root")) == "petrichor-reset@root.service"


@given(st.text(min_size=1), STAMPS, BOOTS)
def test_names_of_retired_volumes_can_be_read_back(volume: str, stamp: str, boot: str) -> None:
    name = RetiredName(volume, stamp, boot)
    assert parse_retired(str(name)) == name


@pytest.mark.parametrize(
    "name",
    [
        "root",
        "root-blank",
        "root-20261123T013000Z",
        "-20261123T013000Z-" + "0" * 32,
        "root-20261123T013000Z-" + "0" * 31,
        "root-20261123T013000Z-" + "0" * 33,
        "root-20261123T013000Z-" + "F" * 32,
        "root-2026-11-23T013000Z-" + "0" * 32,
        "root-\u0662\u066061123T013000Z-" + "0" * 32,
        "root-20261123T013000Z-" + "0" * 32 + "\n",
        "",
    ],
)
def test_other_names_are_no_retired_volumes(name: str) -> None:
    assert parse_retired(name) is None


@given(st.text())
def test_any_text_is_a_retired_volume_or_not(name: str) -> None:
    parsed = parse_retired(name)
    assert parsed is None or str(parsed) == name


@pytest.mark.parametrize(
    "name", ["rpool/root", "r/a b", "tank-1/a_b.c:d-e", f"r/{'x' * 253}", "a/b/c/d"]
)
def test_datasets(name: str) -> None:
    assert is_dataset(name)


@pytest.mark.parametrize(
    "name",
    ["", "rpool", "/rpool/root", "rpool/", "rpool//root", "1pool/root", "rpool/a@b", "rpool/a#b"]
    + ["rpool/ö", "rpool/a\n", "rpool/a%b", "rpool/.", "rpool/../x", f"r/{'x' * 254}", "r/\udcff"],
)
def test_what_is_no_dataset(name: str) -> None:
    assert not is_dataset(name)


@pytest.mark.parametrize(
    ("name", "answer"),
    [("blank", True), ("a b", True), ("2026-11-23_01:30", True)]
    + [(name, False) for name in ("", "@blank", "a/b", "a@b", "ö", "a\n", "a%b")],
)
def test_snapshots(name: str, answer: bool) -> None:
    assert is_snapshot(name) is answer


@pytest.mark.parametrize(
    ("path", "ancestor", "answer"),
    [
        ("/a/b", "/a", True),
        ("/a", "/a", True),
        ("/a", "/", True),
        ("/ab", "/a", False),
        ("/a", "/a/b", False),
    ],
)
def test_is_within(path: str, ancestor: str, answer: bool) -> None:
    assert is_within(PurePosixPath(path), PurePosixPath(ancestor)) is answer
