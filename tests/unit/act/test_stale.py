"""Stores in temporary folders, looked through."""

import os
from pathlib import Path, PurePosixPath

import pytest

from petrichor.act.stale import coverage, find_stale
from petrichor.config.load import load
from petrichor.loss.coverage import Cover
from petrichor.model.accounts import Accounts
from petrichor.model.declaration import Declaration
from petrichor.model.errors import MachineError


def declaration(*stores: tuple[Path, str], more: str = "") -> Declaration:
    text = '[volumes."/v"]\nbackend = "tmpfs"\n' + more
    for store, kept in stores:
        text += f'[persistence."{store}"]\ndirectories = [{kept}]\n'
    return load(text.encode(), "c.toml", Accounts())


def paths(found: Declaration) -> dict[str, list[bytes]]:
    return {
        str(store): [os.path.relpath(item.path, os.fsencode(store)) for item in leftovers]
        for store, leftovers, _ in find_stale(found)
    }


def test_nested_kept_and_removed_paths(tmp_path: Path) -> None:
    for name in ("v/kept/deep", "v/gone/deep", "v/part/kept", "v/part/gone", "other"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "file").touch()
    found = declaration((tmp_path, '"/v/kept", "/v/part/kept"'))
    assert paths(found) == {str(tmp_path): [b"other", b"v/gone", b"v/part/gone"]}


def test_a_store_inside_a_store_speaks_for_itself(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    for name in ("v/a", "inner/v/b", "inner/v/old"):
        (tmp_path / name).mkdir(parents=True)
    found = declaration((tmp_path, '"/v/a"'), (inner, '"/v/b"'))
    assert paths(found) == {str(tmp_path): [], str(inner): [b"v/old"]}


@pytest.mark.parametrize(
    ("outer", "wanted"),
    [
        ("/inner/v/old", [b"v/other"]),  # lies in the inner store
        ("/inner/v", []),
        ("/inner", []),  # is the inner store
    ],
)
def test_what_an_outer_store_keeps_in_an_inner_one(
    tmp_path: Path, outer: str, wanted: list[bytes]
) -> None:
    """Store and volume have paths alike: /inner is kept at STORE/inner, another store."""
    inner = tmp_path / "inner"
    for name in ("v/b", "v/old", "v/other"):
        (inner / name).mkdir(parents=True)
    root = '[volumes."/"]\nbackend = "tmpfs"\n'
    carrier = f'[filesystems."{tmp_path}"]\ntype = "tmpfs"\ndevice = "x"\n'
    found = declaration((tmp_path, f'"{outer}"'), (inner, '"/v/b"'), more=root + carrier)
    covering = coverage(found, PurePosixPath(inner))
    names = [b"v/b", b"v/old", b"v/other"]
    assert [name for name in names if covering.cover(name) is Cover.STALE] == wanted


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    store = tmp_path / "store"
    (tmp_path / "elsewhere/x").mkdir(parents=True)
    store.mkdir()
    (store / "link").symlink_to("../elsewhere")
    assert paths(declaration((store, '"/v/a"'))) == {str(store): [b"link"]}


def test_a_store_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(MachineError, match="cannot be opened: No such file"):
        find_stale(declaration((tmp_path / "store", '"/v/a"')))
    carrier = f'[filesystems."{tmp_path}"]\ntype = "ext4"\ndevice = "/dev/sdz"\n'
    with pytest.raises(MachineError, match="nothing is mounted at"):
        find_stale(declaration((tmp_path / "store", '"/v/a"'), more=carrier))
