"""Bytes become a declaration, or all of its mistakes at once."""

import json
import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from petrichor.config.load import load, parse
from petrichor.config.shape import validate
from petrichor.model.declaration import BtrfsVolume, ZfsVolume
from petrichor.model.errors import DeclarationError, Mistake
from tests.unit.config import cases
from tests.unit.config.reading import ACCOUNTS, mistakes, read

ALL = cases.SHAPE + cases.VALUES + cases.LAYOUT + cases.KEPT

EXAMPLE = """
[volumes."/"]
backend  = "zfs"
dataset  = "rpool/root"
baseline = "blank"
reset    = "retire"
retired  = { keep = 10, days = 30, minFree = "10%" }

[volumes."/home"]
backend   = "btrfs"
device    = "/dev/disk/by-label/nixos"
subvolume = "home"
baseline  = "home-blank"

[filesystems."/persist"]
type   = "zfs"
device = "rpool/persist"

[persistence."/persist/root"]
hideMounts  = true
presets     = ["nixos", "zfs"]
directories = [
  "/var/log",
  { directory = "/var/lib/colord", user = "colord", group = "colord", mode = "0750" },
]
files = ["/etc/zfs/zpool.cache", { file = "/etc/ssh/ssh_host_ed25519_key", method = "symlink" }]

[persistence."/persist/root".users.alice]
directories = ["Documents", ".ssh", ".config/BraveSoftware/Brave-Browser"]
files       = [".bash_history"]

[loss]
ignore = ["/tmp/", "**/__pycache__/"]
"""


def test_the_base_of_the_cases_is_right() -> None:
    assert read("+").volumes


def test_the_example_of_the_manual_loads() -> None:
    declaration = read(EXAMPLE)
    root, home = declaration.volumes
    assert isinstance(root, ZfsVolume) and root.snapshot == "rpool/root@blank"
    assert isinstance(home, BtrfsVolume) and str(home.baseline) == "home-blank"
    kept = {str(item.path): item for item in declaration.kept}
    assert len(kept) == len(declaration.kept) == 12
    assert kept["/var/log"].preset == ""  # the owner's own entry, not the preset's
    assert kept["/var/lib/nixos"].preset == "nixos"
    assert str(kept["/home/alice/.ssh"].source) == "/persist/root/home/alice/.ssh"
    assert kept["/var/lib/colord"].ownership.mode == 0o750


@pytest.mark.parametrize("text", [cases.TEN_SHAPES, cases.TEN_OF_ALL_KINDS])
def test_ten_mistakes_give_ten_messages(text: str) -> None:
    found = mistakes(text)
    assert len(found) == 10
    assert len({mistake.key for mistake in found}) == 10


@pytest.mark.parametrize("text", [EXAMPLE, cases.RIGHT])
def test_toml_and_json_are_the_same(text: str) -> None:
    data = json.dumps(tomllib.loads(text)).encode()
    assert load(data, "petrichor.json", ACCOUNTS) == read(text)


@pytest.mark.parametrize(
    "text", [case[1] for case in ALL if not case[1].startswith("+")] + [cases.TEN_SHAPES]
)
def test_mistakes_are_the_same_in_json(text: str) -> None:
    data = json.dumps(tomllib.loads(text)).encode()
    told = [(item.key, item.message) for item in mistakes(data, "x.json")]
    assert told == [(item.key, item.message) for item in mistakes(text)]


def test_mistakes_stand_in_the_order_of_their_keys() -> None:
    entries = ", ".join(f'"x{number}"' for number in range(12))
    found = mistakes(f'+[persistence."/persist/more"]\nfiles = [{entries}]')
    assert [m.key.rpartition("[")[2] for m in found] == [f"{number}]" for number in range(12)]


@pytest.mark.parametrize(
    ("data", "file", "part"),
    [
        (b"x = ?", "a.toml", "line 1"),
        (b"x = '\xff'", "a.toml", "byte 5 is not UTF-8"),
        (b"{", "a.json", "line 1"),
        (b'{"x": "\xff"}', "a.json", "byte 7 is not UTF-8"),
        (b"[]", "a.json", "must be a table"),
        (b"[" * 100_000, "a.json", "nested too deeply"),
        (b"x = " + b"[" * 100_000, "a.toml", "nested too deeply"),
        (b'{"x": ' + b"1" * 5000 + b"}", "a.json", "limit"),
    ],
)
def test_what_cannot_be_parsed(data: bytes, file: str, part: str) -> None:
    (found,) = mistakes(data, file)
    assert part in found.message


@pytest.mark.parametrize(
    ("text", "key", "part"),
    [
        ('{"loss": {}, "loss": {}}', "loss", "is written twice"),
        ('{"loss": {"ignore": [], "ignore": []}}', "loss.ignore", "is written twice"),
        ('{"loss": {"ignore": ["\\ud800"]}}', "loss.ignore[0]", "half of a surrogate pair"),
    ],
)
def test_what_a_json_parser_lets_pass(text: str, key: str, part: str) -> None:
    (found,) = mistakes(text, "a.json")
    assert (found.key, part in found.message) == (key, True)


def test_half_a_surrogate_pair_in_a_key_is_found() -> None:
    text = '{"volumes": {"/\\udc80": {"backend": "tmpfs"}}}'
    (found,) = mistakes(text, "a.json")
    assert "surrogate" in found.message and found.describe().encode()


WORDS = st.sampled_from(
    """
    volumes filesystems persistence loss machineId onFailure / /home /persist home backend zfs
    btrfs tmpfs directory dataset baseline device subvolume options phase reset retired keep days
    minFree type directories files users alice presets nixos hideMounts allowTrash ignore file
    mode user group method encoding percent parentDirectory home homeMode table name [key]
    rpool/root UUID=1 /var/log /etc/x .ssh 0755 10% %00 %ff initrd system rollback
    """.split()  # noqa: SIM905
)
TEXT = WORDS | st.text(max_size=4) | st.text(st.characters(codec=None), max_size=3)
LEAF = TEXT | st.integers() | st.booleans() | st.none() | st.floats()
TREE = st.recursive(
    LEAF,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)
ENTRIES = st.lists(TEXT | TREE, max_size=3)
VOLUME = st.fixed_dictionaries(
    {"backend": st.sampled_from(["zfs", "btrfs", "tmpfs", "directory"])},
    optional=dict.fromkeys(("dataset", "device", "subvolume", "directory", "retired"), TREE),
)
STORE = st.fixed_dictionaries(
    {},
    optional={
        "directories": ENTRIES,
        "files": ENTRIES,
        "presets": ENTRIES,
        "users": st.dictionaries(
            TEXT, TREE | st.fixed_dictionaries({"files": ENTRIES}), max_size=2
        ),
    },
)
NEARLY = st.fixed_dictionaries(
    {},
    optional={
        "volumes": st.dictionaries(TEXT, VOLUME | TREE, max_size=3),
        "filesystems": st.dictionaries(TEXT, TREE, max_size=3),
        "persistence": st.dictionaries(TEXT, STORE | TREE, max_size=3),
        "loss": TREE,
    },
)


def refused(data: bytes, file: str) -> tuple[Mistake, ...] | None:
    """The mistakes, or None for a declaration that is right; nothing else may be raised."""
    try:
        load(data, file, ACCOUNTS)
    except DeclarationError as error:
        return error.mistakes
    return None


@given(TREE | NEARLY)
def test_any_document_loads_or_is_refused_in_our_words(document: Any) -> None:
    data = json.dumps(document).encode()
    if isinstance(document, dict):
        # something is always left to look at, whatever had to be cut out
        assert validate(parse(data, "a.json")[0], "a.json").table is not None
    found = refused(data, "a.json")
    if found is not None:
        assert found
        assert len(set(found)) == len(found)
        for mistake in found:
            assert "Input should" not in mistake.message
            assert mistake.message != "has the wrong form"
            mistake.describe().encode()


@given(st.binary())
def test_any_bytes_load_or_are_refused(data: bytes) -> None:
    assert refused(data, "a.json") != ()
    assert refused(data, "a.toml") != ()
