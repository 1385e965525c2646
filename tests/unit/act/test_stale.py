"""Stores in temporary folders, looked through."""

import os
from pathlib import Path

import pytest

from petrichor.act.stale import find_stale
from petrichor.config.load import load
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
        for store, leftovers in find_stale(found)
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
