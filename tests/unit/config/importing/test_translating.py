"""What is printed loads, and keeps what was kept; what cannot is refused by its own key."""

import json
from pathlib import PurePosixPath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from petrichor.config.importing.translating import SOURCES, translate
from petrichor.config.load import load
from petrichor.config.tomltext import toml_text
from petrichor.model.accounts import Account, Accounts
from petrichor.model.errors import DeclarationError
from tests.unit.config.importing.samples import mistakes, sample

ACCOUNTS = Accounts(
    users={
        name: Account(name=name, uid=7, gid=7, home=PurePosixPath(f"/home/{name}"))
        for name in ("alice", "colord")
    },
    groups={"users": 100, "colord": 7},
)
LAYOUT: dict[str, Any] = {
    "volumes": {"/": {"backend": "tmpfs"}},
    "filesystems": {"/persistent": {"type": "zfs", "device": "rpool/persist"}},
}

names = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="/\0"), min_size=1, max_size=20
).filter(lambda name: name not in (".", ".."))
paths = st.lists(names, min_size=1, max_size=3).map("/".join)


def kept(document: dict[str, Any], form: str) -> set[tuple[str, str, str]]:
    """Load both forms that are printed; return path, kind and owner of what is kept."""
    whole = LAYOUT | document
    text = toml_text(whole) if form == "toml" else json.dumps(whole)
    declaration = load(text.encode(), f"it.{form}", ACCOUNTS)
    assert declaration.stores in ((), (PurePosixPath("/persistent"),))
    return {(str(item.path), item.kind.value, item.account or "") for item in declaration.kept}


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("form", ["toml", "json"])
def test_the_examples_load(source: str, form: str) -> None:
    assert len(kept(translate(sample(source), "it.json", source).document, form)) >= 7


@pytest.mark.parametrize("form", ["toml", "json"])
@pytest.mark.parametrize("source", SOURCES)
@given(
    directories=st.lists(paths, max_size=4, unique=True),
    mine=st.lists(paths, max_size=4, unique=True),
)
def test_the_same_paths_are_kept(
    source: str, form: str, directories: list[str], mine: list[str]
) -> None:
    user = {"home": "/home/alice"}
    users: dict[str, Any] = {"directories": [{"directory": name, **user} for name in mine]}
    if source == "preservation":
        users = {"directories": [{"directory": f"/home/alice/{name}"} for name in mine], **user}
    store = {
        "directories": [{"directory": f"/var/x/{name}"} for name in directories],
        "users": {"alice": users},
    }
    found = translate(json.dumps({"/persistent": store}).encode(), "it.json", source)
    wanted = {(f"/var/x/{name}", "directory", "") for name in directories}
    wanted |= {(f"/home/alice/{name}", "directory", "alice") for name in mine}
    assert kept(found.document, form) == wanted


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "/persistent",
                    "directories",
                    "files",
                    "directory",
                    "file",
                    "users",
                    "alice",
                    "home",
                ]
                + ["mode", "user", "how", "mountOptions", "preserveAt", "parentDirectory", "name"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@pytest.mark.parametrize("source", SOURCES)
@given(document=ANY)
def test_any_document_is_translated_or_refused(source: str, document: Any) -> None:
    assert outcome(document, source) in ("translated", "refused")


def outcome(document: Any, source: str) -> str:
    """Tell how it ended; what is refused names the file and what to do."""
    try:
        found = translate(json.dumps(document).encode(), "it.json", source)
    except DeclarationError as error:
        named = [item for item in error.mistakes if item.file == "it.json" and item.hint]
        return "refused" if named == list(error.mistakes) != [] else "refused without a reason"
    return "translated" if set(found.document) <= {"persistence"} else "translated to more"


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize(
    ("entry", "part"),
    [
        ({"directory": "/a/../b"}, "'..'"),
        ({"directory": "/a\0b"}, "NUL"),
        ({"directory": "/" + "x" * 256}, "longer than 255"),
        ({"directory": "/run/x"}, "/run is mounted anew"),
        ({"directory": "/a", "user": "no\nname"}, "is not a user's name"),
        ({"directory": "/a", "mode": "u+x"}, "mode that cannot be translated"),
        ({"directory": 7}, "must be text"),
        ({"directory": "/\ud800"}, "surrogate"),
        (7, "must be a table"),
        ({"mode": "0700"}, "directory is missing"),
    ],
)
def test_a_wrong_entry_is_named_once(source: str, entry: Any, part: str) -> None:
    [(key, message)] = mistakes(source, {"/s": {"directories": ["/right", entry]}})
    assert key.startswith('"/s".directories[1]')
    assert part in message


@pytest.mark.parametrize("source", SOURCES)
def test_all_mistakes_at_once_in_the_order_of_the_keys(source: str) -> None:
    document = {
        "/s": {"directories": ["/a", "/a", "/b/.."], "files": [{"file": "/c", "mode": 1}, 7]},
        "relative": {"directories": ["/d"]},
    }
    keys = [key for key, _ in mistakes(source, document)]
    assert '"/s".directories[1]' in keys
    assert '"/s".directories[2]' in keys
    assert '"/s".files[1]' in keys
    assert any(key.startswith("relative") for key in keys)


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("data", [b"", b"{", b"\xff", b"[]", b"[" * 100_000])
def test_what_is_no_document(source: str, data: bytes) -> None:
    assert len(mistakes(source, data)) == 1
