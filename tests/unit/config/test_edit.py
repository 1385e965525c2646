"""One entry more or less: the declaration says that and nothing else, and its comments stay."""

import json
import tomllib
from dataclasses import replace
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from petrichor.config.edit import with_entry, without_entry
from petrichor.config.load import load
from petrichor.model.accounts import Account, Accounts
from petrichor.model.declaration import FileMethod, KeptPath, Kind, Ownership
from petrichor.model.errors import UsageError

ALICE = Account(name="alice", uid=1000, gid=1000, home=PurePosixPath("/home/alice"))
KNOWN = Accounts(users={"alice": ALICE})
HEAD = """\
# of this machine
[volumes."/"]
backend = "tmpfs" # emptied
[filesystems."/p"]
type = "btrfs"
device = "LABEL=p"
"""
LISTS = """\
[persistence."/p/"]  # the store
files = [ "/etc/a" ] # one line
directories = [
    # logs
    "/var/log",   # all of them

    { directory = "/srv", mode = "0750" },
]

[persistence."/p/".users.alice]
home = "/home/alice"
directories = ["Documents"]

[loss]
ignore = ["/tmp/"]   # the end
"""
FORMS = {
    "nothing yet": HEAD,
    "lists": HEAD + LISTS,
    "inline": HEAD + '[persistence]\n"/p" = {directories = ["/srv"]} # inline\n',
    "dotted": 'persistence."/p".directories = ["/srv"] # dotted\n' + HEAD,
    "split": '[persistence."/p"]\nfiles = []\n' + HEAD + '[persistence."/q"]\nfiles = []\n',
}


def kept(path: str, kind: Kind = Kind.DIRECTORY, account: str | None = None) -> KeptPath:
    home = PurePosixPath("/home/alice") if account else None
    method = FileMethod.BIND if kind is Kind.DIRECTORY else FileMethod.AUTO
    return KeptPath(
        path=PurePosixPath(path), store=PurePosixPath("/p"), kind=kind, key="", method=method,
        account=account, home=home,
    )  # fmt: skip


def comments(text: str) -> list[str]:
    return [line[line.index("#") :] for line in text.splitlines() if "#" in line]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", Kind)
def test_there_and_back(form: str, kind: Kind) -> None:
    before = FORMS[form]
    item = kept("/opt/new", kind)
    if kind is Kind.FILE:
        item = replace(item, method=FileMethod.BIND)
    added = with_entry(before.encode(), "x.toml", item)
    assert comments(added.decode()) == comments(before)
    found = {one.path: one for one in load(added, "x.toml", KNOWN).kept}
    assert found[item.path].kind is kind and found[item.path].method == item.method
    again = without_entry(added, "x.toml", item)
    assert comments(again.decode()) == comments(before)
    paths = {one.path for one in load(before.encode(), "x.toml", KNOWN).kept}
    assert {one.path for one in load(again, "x.toml", KNOWN).kept} == paths


def test_the_lines_of_others_stay() -> None:
    before = HEAD + LISTS
    added = with_entry(before.encode(), "x.toml", kept("/opt")).decode()
    new = [line for line in added.splitlines() if line not in before.splitlines()]
    assert new == ['    "/opt",']
    assert [line for line in before.splitlines() if line not in added.splitlines()] == []


def test_a_home_owner_and_mode() -> None:
    item = replace(
        kept("/home/alice/a b", account="alice"),
        ownership=Ownership(user="bob", group="7", mode=0o700),
    )
    added = with_entry((HEAD + LISTS).encode(), "x.toml", item)
    entry = tomllib.loads(added.decode())["persistence"]["/p/"]["users"]["alice"]["directories"][1]
    assert entry == {"directory": "a b", "user": "bob", "group": "7", "mode": "0700"}


def test_what_is_not_there() -> None:
    with pytest.raises(UsageError, match="no entry of its own for /opt"):
        without_entry((HEAD + LISTS).encode(), "x.toml", kept("/opt"))


def test_an_entry_with_more_than_a_path_goes_whole() -> None:
    left = without_entry((HEAD + LISTS).encode(), "x.toml", kept("/srv"))
    assert b"/srv" not in left and b"# all of them" in left and b"# logs" in left


@pytest.mark.parametrize("indent", [None, 1, 2, 4, "\t"])
def test_json_keeps_order_and_indentation(indent: int | str | None) -> None:
    document = {"persistence": {"/q": {"files": []}, "/p": {"directories": ["/é"]}}, "loss": {}}
    before = json.dumps(document, indent=indent, ensure_ascii=False) + "\n"
    added = with_entry(before.encode(), "x.json", kept("/opt"))
    document["persistence"]["/p"]["directories"].append("/opt")
    assert added.decode() == json.dumps(document, indent=indent, ensure_ascii=False) + "\n"
    assert without_entry(added, "x.json", kept("/opt")).decode() == before


def test_an_empty_settings_file() -> None:
    assert json.loads(with_entry(b"", "x.json", kept("/opt"))) == {
        "persistence": {"/p": {"directories": ["/opt"]}}
    }


names = st.binary(min_size=1, max_size=20).filter(
    lambda b: not {b"/", b"\0"} & {bytes([c]) for c in b} and b not in (b".", b"..")
)


@given(st.lists(names, min_size=1, max_size=3), st.sampled_from(["x.toml", "x.json"]))
def test_any_bytes_are_kept(parts: list[bytes], file: str) -> None:
    path = "/" + b"/".join(parts).decode("utf-8", "surrogateescape")
    start = (HEAD + LISTS).encode()
    if file.endswith("json"):
        start = json.dumps(tomllib.loads(start.decode())).encode()
    from petrichor.config.edit import _path_of  # the twin of what writes it

    added = with_entry(start, file, kept(path)).decode()
    document = tomllib.loads(added) if file.endswith("toml") else json.loads(added)
    entries = document["persistence"]["/p/"]["directories"]
    assert _path_of(entries[-1]) == PurePosixPath(path) and len(entries) == 3
    left = without_entry(added.encode(), file, kept(path)).decode()
    document = tomllib.loads(left) if file.endswith("toml") else json.loads(left)
    assert len(document["persistence"]["/p/"]["directories"]) == 2
