"""What is remembered of a declaration, and what is not believed."""

import os
import pickle
from pathlib import Path, PurePosixPath

import pytest

from petrichor.cli import cache
from petrichor.cli.context import Context
from petrichor.config.load import load
from petrichor.model.accounts import Accounts
from petrichor.model.declaration import Declaration

TEXT = b"""
[volumes."/"]
backend = "zfs"
dataset = "rpool/root"
baseline = "blank"
[filesystems."/persist"]
type = "zfs"
device = "rpool/persist"
[persistence."/persist"]
presets = ["openssh"]
directories = [{ directory = "/srv/\\u00fc %", mode = "0700" }]
"""
DECLARATION = load(TEXT, "c.toml", Accounts())
KEY = ("key", b"\xff\n")

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root remembers")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "declaration.cache"
    monkeypatch.setattr(cache, "PLACE", place)
    return place


def test_what_was_remembered_is_recalled_under_its_key_alone(place: Path) -> None:
    assert cache.recall(KEY) is None
    cache.remember(KEY, DECLARATION)
    assert place.stat().st_mode == 0o100600
    assert cache.recall(KEY) == DECLARATION
    assert cache.recall(("other",)) is None


def test_nothing_is_made_where_the_machine_does_not_forget(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "PLACE", tmp_path / "absent/declaration.cache")
    cache.remember(KEY, DECLARATION)
    assert not (tmp_path / "absent").exists()


def test_the_key_holds_the_file_the_accounts_and_the_root(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    first = cache.key_of("c.toml", TEXT, tmp_path)
    assert first == cache.key_of("c.toml", TEXT, tmp_path)
    assert first != cache.key_of("c.json", TEXT, tmp_path)
    assert first != cache.key_of("c.toml", TEXT + b"#", tmp_path)
    (tmp_path / "etc/passwd").write_text("alice:x:1000:1000::/home/alice:/bin/sh\n")
    assert first != cache.key_of("c.toml", TEXT, tmp_path)


class Hostile:
    """What calls a program when it is unpickled by somebody careless."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, ("/run/petrichor-was-here",)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x80",
        b"nonsense",
        pickle.dumps(KEY),
        pickle.dumps((KEY, "a declaration")),
        pickle.dumps((KEY, Hostile())),
        pickle.dumps((KEY, PurePosixPath("/"))),
    ],
)
def test_what_makes_no_sense_is_forgotten(place: Path, data: bytes) -> None:
    place.write_bytes(data)
    place.chmod(0o600)
    assert cache.recall(KEY) is None
    assert not Path("/run/petrichor-was-here").exists()


@pytest.mark.parametrize("mode", [0o644, 0o660, 0o602, 0o4600])
def test_what_others_could_have_written_is_not_believed(place: Path, mode: int) -> None:
    cache.remember(KEY, DECLARATION)
    place.chmod(mode)
    assert cache.recall(KEY) is None


def test_what_another_user_owns_or_links_to_is_not_believed(place: Path) -> None:
    cache.remember(KEY, DECLARATION)
    os.chown(place, 1000, 1000)
    assert cache.recall(KEY) is None
    os.chown(place, 0, 0)
    place.rename(place.with_name("elsewhere"))
    place.symlink_to("elsewhere")
    assert cache.recall(KEY) is None


def test_a_verb_reads_the_file_once_and_its_change_at_once(place: Path, tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_bytes(TEXT)
    first = Context(config=file).declaration()
    assert place.exists()
    assert Context(config=file).declaration() == first
    file.write_bytes(TEXT.replace(b"rpool/root", b"tank/root"))
    changed = Context(config=file).declaration()
    assert isinstance(changed, Declaration)
    assert changed != first
