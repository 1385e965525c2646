"""environment.persistence, as it is evaluated."""

from typing import Any

import pytest

from petrichor.config.importing.translating import translate
from tests.unit.config.importing.samples import imported, mistakes, notes, sample, store

SOURCE = "impermanence"
HOME = {"home": "/home/alice"}


def test_the_example_of_its_readme() -> None:
    found = translate(sample(SOURCE), "it.json", SOURCE)
    assert found.notes == ()
    assert found.document["persistence"] == {
        "/persistent": {
            "directories": [
                "/var/log",
                {
                    "directory": "/var/lib/colord",
                    "user": "colord",
                    "group": "colord",
                    "mode": "0750",
                },
            ],
            "files": [
                "/etc/machine-id",
                {"file": "/var/keys/secret_file", "parentDirectory": {"mode": "0700"}},
            ],
            "users": {
                "alice": {
                    "home": "/home/alice",
                    "directories": [
                        "VirtualBox VMs",
                        {"directory": ".gnupg", "mode": "0700"},
                    ],
                    "files": [".screenrc"],
                }
            },
        }
    }


def test_an_entry_may_lie_in_another_store() -> None:
    entry = {"directory": "/a", "persistentStoragePath": "/other"}
    found = imported(SOURCE, {"/s": {"hideMounts": True, "directories": [entry]}})
    assert found.document == {"persistence": {"/other": {"directories": ["/a"]}}}


def test_home_manager_names_the_home_at_the_entry() -> None:
    usual = {"user": "alice", "group": None, "mode": "0755"}
    entry = {"directory": "Music", **usual, **HOME, "defaultPerms": usual}
    found = store(SOURCE, {"hideMounts": True, "directories": [entry]})
    assert found == {"users": {"alice": {"home": "/home/alice", "directories": ["Music"]}}}


def test_a_file_of_home_manager() -> None:
    usual = {"user": "alice", "group": None, "mode": "0755"}
    parent = {"directory": ".", **usual, **HOME, "defaultPerms": usual}
    found = store(SOURCE, {"files": [{"file": ".x", "parentDirectory": parent, **HOME}]})
    assert found == {"users": {"alice": {"home": "/home/alice", "files": [".x"]}}}


@pytest.mark.parametrize(
    ("entry", "table"),
    [
        ({"directory": "/a", "hideMount": False}, {"hideMounts": False, "directories": ["/a"]}),
        ({"directory": "/a", "allowTrash": True}, {"allowTrash": True, "directories": ["/a"]}),
        ({"directory": "a//b"}, {"directories": ["/a//b"]}),
    ],
)
def test_directories(entry: dict[str, Any], table: dict[str, Any]) -> None:
    assert store(SOURCE, {"hideMounts": True, "directories": [entry]}) == table


def test_the_links_of_files() -> None:
    found = store(SOURCE, {"files": [{"file": "/a", "method": "symlink"}]})
    assert found["files"] == [{"file": "/a", "method": "symlink"}]


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ({"enable": False, "directories": ["/a"]}, '"/s"'),
        ({"enableDebugging": True}, '"/s".enableDebugging'),
        ({"enableWarnings": False}, '"/s".enableWarnings'),
        ({"surprise": 1}, '"/s".surprise'),
        ({"directories": [{"directory": "/a", "how": "x"}]}, '"/s".directories[0].how'),
        ({"users": {"alice": {"color": 1}}}, '"/s".users.alice.color'),
    ],
)
def test_what_is_not_translated_is_named(table: dict[str, Any], key: str) -> None:
    assert notes(SOURCE, table) == [key]


def test_a_user_needs_a_home() -> None:
    found = mistakes(SOURCE, {"/s": {"users": {"alice": {"files": ["x"]}}}})
    assert found == [('"/s".users.alice.files[0]', "the home is missing")]
