"""Records in real folders: noted, read, and never in the way."""

from pathlib import Path
from pathlib import PurePosixPath as P

import pytest

from petrichor.act.record import note, noted_in_boot, read_record
from petrichor.config.load import load
from petrichor.model.accounts import Accounts
from petrichor.model.declaration import Declaration
from petrichor.model.record import RecordState
from petrichor.system.files import locked
from petrichor.system.kernel import boot_id

STATES = RecordState


def declaration(store: Path, *kept: str, more: str = "") -> Declaration:
    paths = ", ".join(f'"{path}"' for path in kept)
    text = f'[volumes."/v"]\nbackend = "tmpfs"\n{more}[persistence."{store}"]\n'
    return load(f"{text}directories = [{paths}]\n".encode(), "c.toml", Accounts())


def paths(store: Path) -> list[str]:
    return [str(entry.path) for entry in read_record(P(store)).known]


def test_it_is_begun_renewed_and_root_s_alone(tmp_path: Path) -> None:
    assert read_record(P(tmp_path)).state is STATES.NONE
    assert note(declaration(tmp_path, "/v/a", "/v/b")) == []
    place = tmp_path / ".petrichor"
    assert place.stat().st_mode & 0o777 == 0o700
    assert (place / "declared.json").stat().st_mode & 0o777 == 0o600
    assert note(declaration(tmp_path, "/v/b", "/v/%FF")) == []
    assert read_record(P(tmp_path)).state is STATES.READ
    assert paths(tmp_path) == ["/v/%FF", "/v/a", "/v/b"]


def test_one_that_is_damaged_is_told_and_begun_anew(tmp_path: Path) -> None:
    note(declaration(tmp_path, "/v/a"))
    (tmp_path / ".petrichor/declared.json").write_text("{")
    (tmp_path / ".petrichor/.petrichor-half").touch()
    assert read_record(P(tmp_path)).state is STATES.DAMAGED
    (said,) = note(declaration(tmp_path, "/v/b"))
    assert said == f"{tmp_path}/.petrichor/declared.json was damaged; it is begun anew"
    assert paths(tmp_path) == ["/v/b"]
    assert [path.name for path in (tmp_path / ".petrichor").iterdir()] == ["declared.json"]


def test_nothing_in_its_place_stops_anything(tmp_path: Path) -> None:
    wanted = declaration(tmp_path, "/v/a")
    (tmp_path / ".petrichor").mkdir(mode=0o755)
    (said,) = note(wanted)
    assert "was not noted" in said and "is not root's alone" in said
    (tmp_path / ".petrichor").chmod(0o700)
    with locked(tmp_path / ".petrichor"):
        (said,) = note(wanted)
    assert "was not noted" in said and "is locked" in said
    (tmp_path / ".petrichor/declared.json").mkdir()
    assert read_record(P(tmp_path)).state is STATES.DAMAGED
    *_, said = note(wanted)
    assert "was not noted: Is a directory" in said


@pytest.mark.parametrize("mounted", [True, False])
def test_a_store_that_is_not_there_is_not_made(tmp_path: Path, *, mounted: bool) -> None:
    carrier = f'[filesystems."{tmp_path}"]\ntype = "ext4"\ndevice = "/dev/sdz"\n'
    store = tmp_path / "store"
    assert note(declaration(store, "/v/a", more="" if mounted else carrier)) == []
    assert not store.exists()
    store.mkdir()
    note(declaration(store, "/v/a", more="" if mounted else carrier))
    assert paths(store) == (["/v/a"] if mounted else [])


def test_what_this_boot_noted(tmp_path: Path) -> None:
    store, wanted = tmp_path / "root/store", declaration(Path("/store"), "/v/a")
    store.mkdir(parents=True)
    note(declaration(store, "/v/a"))
    boot = boot_id()
    assert noted_in_boot(wanted, tmp_path / "root", boot) == {P("/v/a")}
    assert noted_in_boot(wanted, tmp_path / "root", "0" * 32) == frozenset()
    assert noted_in_boot(wanted, tmp_path, boot) == frozenset()
