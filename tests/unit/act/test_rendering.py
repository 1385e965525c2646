"""Writing an output, and the facts that it depends on."""

import json
from pathlib import Path
from pathlib import PurePosixPath as P

import pytest

from petrichor.act.rendering import MARKER, boot_facts, existing_files, write_tree
from petrichor.config.load import load
from petrichor.model.accounts import Accounts
from petrichor.model.declaration import Declaration
from petrichor.model.errors import MachineError, RefusedError
from tests.unit.system.fakes import FakeRunner

TREE = {MARKER: "", P("initrd/a/b"): "one\udcff", P("system/c"): "two"}


def declared() -> Declaration:
    document = {
        "volumes": {"/": {"backend": "zfs", "dataset": "p/root"}},
        "filesystems": {"/persist": {"type": "zfs", "device": "p/persist"}},
        "persistence": {"/persist": {"files": ["/etc/a", "/etc/b", "/etc/c"]}},
    }
    return load(json.dumps(document).encode(), "t.json", Accounts())


def test_an_output_is_written_and_written_again(tmp_path: Path) -> None:
    output = tmp_path / "deep/out"
    write_tree(TREE, output)
    assert (output / "initrd/a/b").read_bytes() == b"one\xff"
    write_tree({MARKER: "x", P("system/d"): "three"}, output)
    files = {str(f.relative_to(output)) for f in output.rglob("*") if f.is_file()}
    assert files == {"kernel-cmdline", "system/d"}


def test_what_lies_beside_an_earlier_output_is_somebody_elses(tmp_path: Path) -> None:
    write_tree(TREE, tmp_path)
    (tmp_path / "notes.txt").write_text("mine")
    write_tree(TREE, tmp_path)
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_another_directory_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(RefusedError, match="not empty"):
        write_tree(TREE, tmp_path)
    assert [f.name for f in tmp_path.iterdir()] == ["notes.txt"]


def test_what_cannot_be_written_is_one_message(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(MachineError, match="file"):
        write_tree(TREE, tmp_path / "file/below")


def test_kept_files_that_the_store_holds(tmp_path: Path) -> None:
    (tmp_path / "persist/etc").mkdir(parents=True)
    (tmp_path / "persist/etc/a").write_text("")
    (tmp_path / "persist/etc/b").mkdir()
    assert existing_files(declared(), tmp_path) == {P("/persist/etc/a")}


def test_without_zfs_there_are_no_properties(tmp_path: Path) -> None:
    facts = boot_facts(declared(), Accounts(), tmp_path, FakeRunner({}))
    assert facts.properties == {}
