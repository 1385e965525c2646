"""What is seen of canaries and paths, also where users could have put something else."""

import json
import os
import stat
from pathlib import Path
from pathlib import PurePosixPath as P

import pytest

from petrichor.config.load import load
from petrichor.model.accounts import Accounts
from petrichor.model.declaration import Declaration
from petrichor.model.names import CANARY
from petrichor.model.status import Canary, SeenPath, VolumeState
from petrichor.render import reset
from petrichor.system.observe import STAMP_FILE, observe, parse_canary, write_canary

BOOT = "b" * 32


def declaration(volume: Path, store: Path) -> Declaration:
    text = {
        "volumes": {str(volume): {"backend": "tmpfs"}},
        "filesystems": {str(store): {"type": "ext4", "device": "/dev/sda1"}},
        "persistence": {str(store): {"directories": [str(volume / "kept")]}},
    }
    return load(json.dumps(text).encode(), "t.json", Accounts())


@pytest.fixture
def volume(tmp_path: Path) -> Path:
    place = tmp_path / "volume"
    place.mkdir()
    return place


def test_a_canary_is_read_as_it_was_written(volume: Path, tmp_path: Path) -> None:
    canary = Canary(boot=BOOT, state=VolumeState.SKIPPED)
    write_canary(P(volume), canary)
    assert stat.S_IMODE((volume / CANARY).stat().st_mode) == 0o644
    assert observe(declaration(volume, tmp_path / "store")).canaries == {P(volume): canary}


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"\xff", b'{"boot": "x", "state": "odd"}'])
def test_a_canary_without_sense_was_written_by_no_boot(data: bytes) -> None:
    assert parse_canary(data) == Canary(boot="unknown", state=VolumeState.UNKNOWN)


@pytest.mark.parametrize("kind", ["fifo", "link", "directory", "nothing"])
def test_what_a_user_put_there_is_no_canary_and_stops_nothing(
    volume: Path, tmp_path: Path, kind: str
) -> None:
    place = volume / CANARY
    match kind:
        case "fifo":
            os.mkfifo(place)
        case "link":
            (tmp_path / "elsewhere").write_text('{"boot": "x", "state": "reset"}')
            place.symlink_to(tmp_path / "elsewhere")
        case "directory":
            place.mkdir()
    seen = observe(declaration(volume, tmp_path / "store"))
    assert seen.canaries == {}


@pytest.mark.skipif("os.geteuid() != 0", reason="only root can give a file away")
def test_only_roots_canary_counts(volume: Path, tmp_path: Path) -> None:
    write_canary(P(volume), Canary(boot="0" * 32, state=VolumeState.RESET))
    os.chown(volume / CANARY, 1000, 1000)
    assert observe(declaration(volume, tmp_path / "store")).canaries == {}
    write_canary(P(volume), Canary(boot="0" * 32, state=VolumeState.RESET))
    assert len(observe(declaration(volume, tmp_path / "store")).canaries) == 1


def test_paths_by_identity_and_link(volume: Path, tmp_path: Path) -> None:
    given = declaration(volume, tmp_path / "store")
    path, source = P(volume / "kept"), given.kept[0].source
    seen = observe(given)
    assert (seen.paths[path], seen.paths[source]) == (SeenPath(), SeenPath())
    Path(source).mkdir(parents=True)
    (volume / "kept").symlink_to(source)
    seen = observe(given)
    facts = Path(source).stat()
    assert seen.paths[path] == SeenPath(identity=(facts.st_dev, facts.st_ino), link=str(source))
    assert seen.paths[source].link is None
    assert seen.time.endswith("+00:00") and len(seen.boot) == 32


def test_the_reset_that_was_begun_left_its_stamp_where_it_is_looked_for() -> None:
    assert str(STAMP_FILE) == reset.STAMP_FILE
