"""Validated tables become records: paths decoded and absolute, homes found, presets laid out."""

import urllib.parse
from pathlib import PurePosixPath

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from petrichor.config.build import EARLY
from petrichor.model.declaration import (
    BtrfsVolume,
    Declaration,
    DirectoryVolume,
    FileMethod,
    Kind,
    Ownership,
    Phase,
    Reset,
    TmpfsVolume,
)
from petrichor.model.names import path_bytes
from tests.unit.config import cases
from tests.unit.config.reading import assert_one_message, case_name, read

STORE = '+[persistence."/persist/more"]\n'


@pytest.mark.parametrize("case", cases.VALUES, ids=case_name)
def test_a_wrong_value(case: cases.Case) -> None:
    assert_one_message(case)


def kept_of(text: str) -> dict[str, str]:
    """Every kept path but the base's, and the preset that names it."""
    kept = read(f"{STORE}{text}").kept
    return {str(item.path): item.preset for item in kept if str(item.path) != "/var/log"}


@given(st.binary(min_size=1, max_size=255))
def test_percent_encoding_carries_any_bytes(name: bytes) -> None:
    assume(not {0, ord("/")}.intersection(name) and name not in (b".", b".."))
    path = urllib.parse.quote_from_bytes(b"/srv/" + name)
    entry = f'{{ directory = "{path}", encoding = "percent" }}'
    (kept,) = read(f"{STORE}directories = [{entry}]").kept[1:]
    assert path_bytes(kept.path) == b"/srv/" + name
    assert path_bytes(kept.source) == b"/persist/more/srv/" + name


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0/"), min_size=1, max_size=60))
def test_text_is_taken_as_it_is(name: str) -> None:
    assume(name not in (".", ".."))
    quoted = "".join(f"\\U{ord(char):08x}" for char in name)
    (kept,) = read(f'{STORE}files = ["/srv/{quoted}"]').kept[1:]
    assert path_bytes(kept.path) == b"/srv/" + name.encode()


def test_entries_carry_all_that_was_said() -> None:
    text = """+
[persistence."/persist/more"]
hideMounts = false
allowTrash = true
files = ["/srv/c", { file = "/srv/d", method = "symlink" }]
[[persistence."/persist/more".directories]]
directory = "/srv/a"
user = "alice"
group = "10"
mode = "0750"
options = ["noexec"]
parentDirectory.mode = "0700"
[[persistence."/persist/more".directories]]
directory = "/srv/b"
hideMounts = true
allowTrash = false
"""
    first, second, third, fourth = read(text).kept[1:]
    assert first.ownership == Ownership(user="alice", group="10", mode=0o750)
    assert first.parent == Ownership(mode=0o700)
    assert (first.options, first.hide, first.allow_trash) == (("noexec",), False, True)
    assert (second.hide, second.allow_trash, second.parent) == (True, False, Ownership())
    assert (third.kind, third.method) == (Kind.FILE, FileMethod.AUTO)
    assert (fourth.kind, fourth.method) == (Kind.FILE, FileMethod.SYMLINK)
    assert fourth.key == 'persistence."/persist/more".files[1]'


def test_volumes_have_their_defaults() -> None:
    text = """
[volumes."/"]
backend = "btrfs"
device = "UUID=1"
subvolume = "/@root/"
[volumes."/srv"]
backend = "tmpfs"
options = ["size=1G"]
[volumes."/home"]
backend = "directory"
directory = "/persist/volumes/home"
reset = "rollback"
[filesystems."/persist"]
type = "xfs"
device = "LABEL=keep"
"""
    declaration = read(text)
    root, srv, home = declaration.volumes
    assert isinstance(root, BtrfsVolume)
    assert (str(root.subvolume), str(root.baseline)) == ("@root", "@root-blank")
    assert (root.phase, root.reset, root.retention.keep) == (Phase.INITRD, Reset.RETIRE, 10)
    assert isinstance(srv, TmpfsVolume) and srv.phase is Phase.SYSTEM
    assert isinstance(home, DirectoryVolume) and home.reset is Reset.ROLLBACK


@pytest.mark.parametrize("point", sorted(str(path) for path in EARLY))
def test_what_the_system_needs_early_is_mounted_in_the_initrd(point: str) -> None:
    volume = read(f'[volumes."{point}"]\nbackend = "tmpfs"').volumes[0]
    assert volume.phase is Phase.INITRD


def homes(text: str) -> dict[str, tuple[str, int]]:
    return {home.user: (str(home.path), home.mode) for home in read(text).homes}


def test_homes_come_from_the_declaration_or_the_accounts() -> None:
    assert homes('+[persistence."/persist/root".users.alice]') == {"alice": ("/home/alice", 0o700)}
    text = '+[persistence."/persist/root".users.1000]\nhome = "/home/b"\nhomeMode = "0711"'
    assert homes(text) == {"1000": ("/home/b", 0o711)}


def test_two_stores_of_one_user_share_a_home() -> None:
    text = '+[persistence."/persist/root".users.alice]\nfiles = [".a"]\n'
    text += '[persistence."/persist/more".users.alice]\nfiles = [".b"]'
    declaration = read(text)
    assert len(declaration.homes) == 1
    assert [str(item.source) for item in declaration.kept[1:]] == [
        "/persist/root/home/alice/.a",
        "/persist/more/home/alice/.b",
    ]


def test_presets_give_way() -> None:
    assert kept_of('presets = ["zfs"]') == {"/etc/zfs/zpool.cache": "zfs", "/etc/hostid": "zfs"}
    assert kept_of('presets = ["zfs", "nixos", "debian"]').get("/var/log") is None  # the owner's
    assert kept_of('presets = ["nixos", "debian"]')["/var/lib/systemd"] == "nixos"  # the first
    assert kept_of('presets = ["zfs"]\ndirectories = ["/etc"]') == {"/etc": ""}  # more is kept
    assert kept_of('presets = ["zfs"]\nfiles = ["/etc/hostid"]')["/etc/hostid"] == ""


def test_presets_skip_what_survives_or_is_mounted() -> None:
    def paths(declaration: Declaration) -> set[PurePosixPath]:
        return {kept.path for kept in declaration.kept}

    home_only = '[volumes."/home"]\nbackend = "tmpfs"\n[persistence."/p"]\npresets = ["nixos"]'
    assert paths(read(home_only)) == set()
    own_log = '[filesystems."/var/lib/nixos"]\ntype = "xfs"\ndevice = "UUID=1"'
    declaration = read(f'+[persistence."/persist/more"]\npresets = ["nixos"]\n{own_log}')
    assert PurePosixPath("/var/lib/nixos") not in paths(declaration)
