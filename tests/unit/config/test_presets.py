"""A preset keeps the paths of one program, in the place where it is named."""

from pathlib import PurePosixPath

import pytest

from petrichor.config.programs import program_table
from petrichor.model.declaration import Declaration, FileMethod, KeptPath, Kind
from petrichor.model.program import StatePath
from tests.unit.config.reading import mistakes, read

VOLUMES = """
[volumes."/"]
backend = "tmpfs"
[filesystems."/persist"]
type = "xfs"
device = "UUID=1"
"""
PROGRAMS = program_table()
STORE = "[persistence.'/persist/root']"
USER = "[persistence.'/persist/root'.users.alice]"


def keepable(items: tuple[StatePath, ...]) -> list[StatePath]:
    return [item for item in items if item.keepable]


def outermost(items: list[StatePath]) -> set[PurePosixPath]:
    paths = {item.place for item in items}
    return {path for path in paths if paths.isdisjoint(path.parents)}


def kept_by(*names: str, place: str = STORE) -> Declaration:
    return read(f"{VOLUMES}{place}\npresets = {list(names)}")


@pytest.mark.parametrize(
    "name", [name for name, program in PROGRAMS.items() if keepable(program.system)]
)
def test_every_program_can_be_kept_in_a_store(name: str) -> None:
    kept = kept_by(name).kept
    assert {item.path for item in kept} == outermost(keepable(PROGRAMS[name].system))
    assert {item.preset for item in kept} == {name}


@pytest.mark.parametrize(
    "name", [name for name, program in PROGRAMS.items() if keepable(program.home)]
)
def test_every_program_can_be_kept_in_a_home(name: str) -> None:
    declaration = kept_by(name, place=USER)
    paths = {item.path.relative_to("/home/alice") for item in declaration.kept}
    assert paths == outermost(keepable(PROGRAMS[name].home))
    assert {(item.account, item.home) for item in declaration.kept} == {
        ("alice", PurePosixPath("/home/alice"))
    }
    assert [home.user for home in declaration.homes] == ["alice"]


def test_all_programs_can_be_kept_together() -> None:
    system = [name for name, program in PROGRAMS.items() if keepable(program.system)]
    home = [name for name, program in PROGRAMS.items() if keepable(program.home)]
    text = f"{VOLUMES}{STORE}\npresets = {system}\n{USER}\npresets = {home}"
    paths = [item.path for item in read(text).kept]
    assert len(paths) == len(set(paths)) > len(PROGRAMS) / 2
    assert all(set(paths).isdisjoint(path.parents) for path in paths)


def test_two_stores_do_not_quarrel_over_parts_of_presets() -> None:
    text = (
        f"{VOLUMES}{STORE}\npresets = ['nixos']\n[persistence.'/persist/b']\npresets = ['debian']"
    )
    assert {str(item.store) for item in read(text).kept} == {"/persist/root"}


def only(declaration: Declaration, path: str) -> KeptPath:
    (found,) = [item for item in declaration.kept if str(item.path) == path]
    return found


def test_owner_and_mode_come_along() -> None:
    state = only(kept_by("networkmanager"), "/var/lib/NetworkManager")
    assert (state.kind, state.ownership.mode, state.method) == (
        Kind.DIRECTORY,
        0o700,
        FileMethod.BIND,
    )
    key = only(kept_by("openssh"), "/etc/ssh/ssh_host_ed25519_key")
    assert (key.kind, key.ownership.mode, key.method) == (Kind.FILE, 0o600, FileMethod.AUTO)


def test_an_owner_that_the_machine_has_not_got_is_left_out() -> None:
    owned = [(p.name, item) for p in PROGRAMS.values() for item in keepable(p.system) if item.user]
    for name, item in owned:
        if item.place not in outermost(keepable(PROGRAMS[name].system)):
            continue
        ownership = only(kept_by(name), item.path).ownership
        assert ownership.user == (item.user if item.user in ("root", "colord") else None)
        assert ownership.mode == item.mode


@pytest.mark.parametrize(
    ("place", "name", "message", "hint"),
    [
        (STORE, "gentoo-linux", "unknown preset 'gentoo-linux'", "docs/programs.md lists them"),
        (STORE, "OpenSHS", "unknown preset 'OpenSHS'", "write openssh"),
        (USER, "nixos", "keeps nothing of a home", """persistence."STORE".presets"""),
    ],
)
def test_what_cannot_be_a_preset_there(place: str, name: str, message: str, hint: str) -> None:
    (found,) = mistakes(f"{VOLUMES}{place}\npresets = ['{name}']")
    users = ".users.alice" if place == USER else ""
    assert found.key == f'persistence."/persist/root"{users}.presets[0]'
    assert message in found.message and hint in found.hint


def test_a_program_of_homes_alone_is_none_of_the_system() -> None:
    text = f"{VOLUMES}{STORE}\npresets = "
    for program in PROGRAMS.values():
        if keepable(program.home) and not keepable(program.system):
            (found,) = mistakes(f"{text}['{program.name}']")
            assert found.hint == 'name it in persistence."STORE".users.NAME.presets'
