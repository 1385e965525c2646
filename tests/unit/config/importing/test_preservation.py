"""preservation.preserveAt, as it is evaluated."""

from typing import Any

import pytest

from petrichor.config.importing.translating import translate
from tests.unit.config.importing.samples import imported, mistakes, notes, sample, store

SOURCE = "preservation"
USER: dict[str, Any] = {"home": "/home/alice", "homeGroup": "users"}


def test_the_example_of_its_manual() -> None:
    found = translate(sample(SOURCE), "it.json", SOURCE)
    place = 'preserveAt."/persistent"'
    assert [note.key for note in found.notes] == [
        f"{place}.directories[1].inInitrd",
        f"{place}.files[0].inInitrd",
    ]
    assert found.document["persistence"] == {
        "/persistent": {
            "directories": [
                {"directory": "/var/log", "hideMounts": False},
                {"directory": "/var/lib/nixos", "hideMounts": False},
            ],
            "files": [
                {"file": "/etc/machine-id", "method": "bind", "hideMounts": False},
                {"file": "/etc/ssh/ssh_host_rsa_key", "method": "symlink"},
            ],
            "users": {
                "alice": {
                    "home": "/home/alice",
                    "homeMode": "0700",
                    "directories": [
                        {"directory": ".ssh", "mode": "0700"},
                        ".config/syncthing",
                        ".local/state/nvim",
                    ],
                    "files": [{"file": ".histfile", "method": "bind"}],
                }
            },
        }
    }


def options(*words: str) -> dict[str, Any]:
    return {"directory": "/a", "mountOptions": [{"name": "bind", "value": None}, *words]}


def test_mount_options() -> None:
    entry = options("X-fstrim.notrim", "x-gvfs-hide", "x-gvfs-trash", "noexec")
    entry["mountOptions"].append({"name": "x-systemd.device-timeout", "value": "5"})
    more = ["noexec", "x-systemd.device-timeout=5"]
    assert store(SOURCE, {"directories": [entry]}) == {
        "allowTrash": True,
        "directories": [{"directory": "/a", "options": more}],
    }


def test_a_configured_parent() -> None:
    parent = {"user": "alice", "group": "users", "mode": "u=rwx,g=,o="}
    entry = {"file": "/a/b", "configureParent": True, "parent": parent}
    above = {"user": "alice", "group": "users", "mode": "0700"}
    assert store(SOURCE, {"files": [entry]})["files"][0]["parentDirectory"] == above
    entry["configureParent"] = False
    assert "parentDirectory" not in store(SOURCE, {"files": [entry]})["files"][0]


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ({"directories": [{"directory": "/a", "how": "symlink"}]}, "directories[0].how"),
        ({"files": [{"file": "/a", "createLinkTarget": True}]}, "files[0].createLinkTarget"),
        ({"files": [{"file": "/a", "inInitrd": True}]}, "files[0].inInitrd"),
        ({"files": [{"file": "/a", "how": "symlink", "mode": "0600"}]}, "files[0].mode"),
        ({"files": [{"file": "/a", "how": "symlink", "user": "al"}]}, "files[0].user"),
        ({"files": [{"file": "/a", "mountOptions": ["rbind"]}]}, "files[0].mountOptions"),
        (
            {"directories": [{"directory": "/a", "how": "_intermediate", "mode": "0700"}]},
            "directories[0]",
        ),
        ({"surprise": 1}, "surprise"),
        ({"users": {"alice": USER | {"color": 1}}}, "users.alice.color"),
    ],
)
def test_what_has_another_meaning_is_named(table: dict[str, Any], key: str) -> None:
    assert notes(SOURCE, table) == [f'"/s".{key}']


def test_a_module_that_is_off_is_named() -> None:
    found = imported(SOURCE, {"enable": False, "preserveAt": {}, "more": 1})
    assert [note.key for note in found.notes] == ["enable", "more"]
    assert found.document == {}


@pytest.mark.parametrize(
    ("user", "key", "part"),
    [
        ({"home": None}, "", "the home is missing"),
        (USER | {"homeMode": "u+x"}, ".homeMode", "'u+x'"),
        (USER | {"files": ["/srv/x"]}, ".files[0]", "outside of the home"),
        (USER | {"files": [{"file": "x", "how": "magic"}]}, ".files[0].how", "'magic'"),
        (USER | {"files": [{"mode": "0600"}]}, ".files[0]", "file is missing"),
    ],
)
def test_mistakes(user: dict[str, Any], key: str, part: str) -> None:
    [(place, message)] = mistakes(SOURCE, {"/s": {"users": {"alice": user}}})
    assert place == f'"/s".users.alice{key}'
    assert part in message
