"""The note of what the running system follows."""

from pathlib import Path, PurePosixPath

import pytest

from petrichor.act import inforce
from petrichor.model.accounts import Accounts

TEXT = '{"volumes": {"/tmp": {"backend": "tmpfs"}}}'


@pytest.fixture
def accounts() -> Accounts:
    return Accounts(users=(), groups=())


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "petrichor/declaration.json"
    monkeypatch.setattr(inforce, "NOTE", place)
    return place


def test_what_is_put_in_force_is_read_again(accounts: Accounts) -> None:
    assert not inforce.is_noted()
    assert inforce.in_force(accounts) is None
    inforce.put_in_force(TEXT)
    found = inforce.in_force(accounts)
    assert inforce.is_noted() and found is not None
    assert [volume.mountpoint for volume in found.volumes] == [PurePosixPath("/tmp")]


@pytest.mark.parametrize("text", ["", "{", '{"volumes": 3}'])
def test_a_note_of_another_version_is_none(accounts: Accounts, place: Path, text: str) -> None:
    place.parent.mkdir()
    place.write_text(text)
    assert inforce.in_force(accounts) is None
