"""Rules for stores, homes and kept paths."""

import pytest

from tests.unit.config import cases
from tests.unit.config.reading import assert_one_message, case_name, mistakes, read


@pytest.mark.parametrize("case", cases.KEPT, ids=case_name)
def test_a_wrong_kept_path(case: cases.Case) -> None:
    assert_one_message(case)


@pytest.mark.parametrize("name", ["passwd", "shadow", "group", "gshadow"])
def test_account_files_are_refused_as_files_only(name: str) -> None:
    (found,) = mistakes(f'+[persistence."/persist/more"]\nfiles = ["/etc/{name}"]')
    assert "declare users" in found.hint
    assert read('+[persistence."/persist/more"]\ndirectories = ["/etc"]').kept


@pytest.mark.parametrize(
    "entry",
    [
        '"/srv/a", "/srv/a/b"',  # nested in one store: the outer brings the inner along
        '{ directory = "/srv", user = "12345", group = "0" }',  # numbers need no account
        '{ directory = "/home/alice/x", user = "later" }',  # made when accounts are known
        '"/running"',
    ],
)
def test_what_is_no_mistake(entry: str) -> None:
    assert read(f'+[persistence."/persist/more"]\ndirectories = [{entry}]').kept


@pytest.mark.parametrize("wrong", ['backend = "zsf"', 'backend = "zfs"', 'backend = "btrfs"'])
def test_a_wrong_volume_is_not_held_against_what_lies_on_it(wrong: str) -> None:
    text = f"""
[volumes."/"]
{wrong}
[filesystems."/persist"]
device = "UUID=1"
[persistence."/persist/root"]
presets = ["nixos"]
directories = ["/var/lib/x", {{ directory = "/var/lib/y", user = "who" }}]
users.alice.files = [".x"]
"""
    keys = [item.key for item in mistakes(text)]
    assert keys[0] == 'filesystems."/persist".type'
    assert keys[1] == 'persistence."/persist/root".directories[1].user'
    assert all(key.startswith('volumes."/"') for key in keys[2:])


def test_a_volume_with_a_wrong_mount_point_hides_no_other_mistake() -> None:
    text = '[volumes."home"]\nbackend = "tmpfs"\n[persistence."/p"]\nfiles = ["/home/x", "y"]'
    assert [item.key for item in mistakes(text)] == ['persistence."/p".files[1]', "volumes.home"]


def test_messages_are_one_line_whatever_a_path_holds() -> None:
    entry = '{ directory = "/persist/%0A%FF", encoding = "percent" }'
    (found,) = mistakes(f'+[persistence."/persist/more"]\ndirectories = [{entry}]')
    assert found.message.isprintable()
    assert found.describe().count("\n") == 1
