"""Each value of the wrong shape is named once, and the rest is still looked at."""

import tomllib

import pytest

from petrichor.config.schema import BtrfsTable, TmpfsTable
from petrichor.config.shape import CUT, validate
from tests.unit.config import cases
from tests.unit.config.reading import assert_one_message, case_name, mistakes


@pytest.mark.parametrize("case", cases.SHAPE, ids=case_name)
def test_a_wrong_shape(case: cases.Case) -> None:
    assert_one_message(case)


def test_what_is_wrong_is_cut_out_and_leaves_its_place() -> None:
    document = tomllib.loads(
        """
        [volumes."/"]
        backend = "zfs"
        phase = "system"
        [volumes."/home"]
        backend = "btrfs"
        device = "UUID=1"
        subvolume = "home"
        retired = { keep = 0, days = 5 }
        [filesystems]
        "/persist" = 5
        [persistence."/p"]
        files = ["/a", 5, "/b"]
        """
    )
    shape = validate(document, "x")
    assert shape.layout_known and len(shape.mistakes) == 4
    assert shape.table is not None
    root, home = shape.table.volumes.values()
    assert isinstance(root, TmpfsTable) and root.phase == "system"
    assert isinstance(home, BtrfsTable)
    assert (home.retired.keep, home.retired.days) == (10, 5)
    assert list(shape.table.filesystems) == ["/persist"]
    assert shape.table.persistence["/p"].files == ["/a", CUT, "/b"]


@pytest.mark.parametrize(
    "text", ["volumes = 5", "filesystems = 5", '[volumes.""]', '[filesystems.""]']
)
def test_without_a_layout_nothing_is_said_of_what_lies_where(text: str) -> None:
    shape = validate(tomllib.loads(text), "x")
    assert shape.table is not None and not shape.layout_known
    found = mistakes(f'{text}\n[persistence."/p"]\nfiles = ["/etc/x", "y"]')
    assert {item.key for item in found if item.key.startswith("persis")} == {
        'persistence."/p".files[1]'
    }


def test_the_rest_of_a_wrong_entry_is_looked_at() -> None:
    entry = '{ directory = "/srv", mode = "x", user = "who", options = ["a b"], more = 1 }'
    found = mistakes(f'+[persistence."/persist/more"]\ndirectories = [{entry}]')
    names = {item.key.rpartition("]")[0][-1] + item.key.rpartition(".")[2] for item in found}
    assert names == {"0mode", "0user", "0more", "0options[0]"}


def test_a_user_without_a_known_home_is_named_once() -> None:
    text = '+[persistence."/persist/root".users.who]\nhome = 5\nfiles = ["/x", ".x"]'
    assert [item.key for item in mistakes(text)] == ['persistence."/persist/root".users.who.home']
