"""What is said about a wrong value tells what to write instead."""

import pytest

from petrichor.config.schema import DeclarationTable
from petrichor.config.wording import keys_at, wording
from tests.unit.config.reading import mistakes

STORE = '+[persistence."/persist/more"]\n'


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("+[persistance]", "write persistence"),
        (f"{STORE}hide_mounts = true", "write hideMounts"),
        (f"{STORE}hide-mounts = true", "write hideMounts"),
        (f"{STORE}dirs = []", "known here: allowTrash, directories, files, hideMounts"),
        (f'{STORE}files = [{{ file = "/x", mountOptions = [] }}]', "it is called options here"),
        (f'{STORE}files = [{{ file = "/x", how = "x" }}]', "it is called method here"),
        (f'{STORE}directories = [{{ directory = "/x", inInitrd = true }}]', "phase, at the volume"),
        ('+[volumes."/x"]\nbackend = "tmpfs"\nsize = 1', "known here: backend, baseline"),
        ("+[loss]\nignored = 1", "write ignore"),
        ('+[volumes."/x"]\nbackend = "ZFS"', "'zfs', 'btrfs', 'tmpfs', 'directory'"),
        ('onFailure = "x"', "write 'continue' or 'emergency'"),
        ("onFailure = { }", "write 'continue' or 'emergency'"),
    ],
)
def test_the_hint_says_what_to_write(text: str, hint: str) -> None:
    (found,) = mistakes(text)
    assert hint in found.hint


def test_long_values_are_cut() -> None:
    (found,) = mistakes(f'machineId = "{"x" * 5000}"')
    assert len(found.message) < 120


def test_an_unknown_kind_of_error_is_still_said() -> None:
    assert wording({"type": "new"}, ["x"])[0] == "has the wrong form"


def test_keys_of_the_whole_file() -> None:
    assert keys_at([]) == {
        field.alias or name for name, field in DeclarationTable.model_fields.items()
    }
