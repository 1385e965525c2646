"""A switch of NixOS, without NixOS: what its unit runs when kept paths come and go."""

import json
import os
import shlex
import subprocess
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import pytest

from petrichor.system.mounts import mount_at, read_mounts
from tests.root.harness.keeping import Machine

UNIT = "system/lib/systemd/system/petrichor-apply.service"
IN_FORCE = Path("/run/petrichor/declaration.json")


Item = str | dict[str, str]


def inline(items: Sequence[Item]) -> str:
    """The items as TOML, in one line."""
    words = [
        json.dumps(item)
        if isinstance(item, str)
        else "{" + ", ".join(f"{key} = {json.dumps(value)}" for key, value in item.items()) + "}"
        for item in items
    ]
    return f"[{', '.join(words)}]"


class Nixos:
    """A machine whose boot path is rendered; a switch runs what the rendered unit says."""

    def __init__(self, machine: Machine, place: Path) -> None:
        self.machine, self.place = machine, place
        self.home = machine.home

    def build(self, directories: Sequence[str] = (), files: Sequence[Item] = ()) -> Path:
        """Render a configuration with these kept paths; nothing of it is in force yet."""
        lines = self.machine.text(f"files = {inline(self.paths(files))}\n").splitlines()
        kept = f"directories = {inline(self.paths(directories))}"
        text = [kept if line.startswith("directories") else line for line in lines]
        self.machine.config.write_text("\n".join(text) + "\n")
        program = "petrichor=/usr/bin/petrichor"
        words = ("--target", "nixos", "--output", self.place, "--tool", program)
        self.machine.run("render", *words)
        return self.place / UNIT

    def paths(self, items: Sequence[Item]) -> list[Item]:
        return [str(self.home / item) if isinstance(item, str) else item for item in items]

    def switch(
        self, directories: Sequence[str] = (), files: Sequence[Item] = (), code: int = 0
    ) -> str:
        lines = self.build(directories, files).read_text().splitlines()
        (command,) = (line for line in lines if line.startswith("ExecStart="))
        program, *words = shlex.split(command.removeprefix("ExecStart="))
        assert program == "/usr/bin/petrichor"
        return self.machine.run(*words, code=code)

    def in_store(self, name: str) -> Path:
        return self.machine.in_store(self.home / name)


@pytest.fixture
def nixos(machine: Machine, tmp_path: Path) -> Nixos:
    """What boots with one kept directory."""
    nixos = Nixos(machine, tmp_path / "boot")
    (nixos.home / "kept").mkdir()
    nixos.switch(["kept"])
    return nixos


def is_mount(path: Path) -> bool:
    return mount_at(read_mounts(), PurePosixPath(path)) is not None


def fill(place: Path, text: str) -> Path:
    place.mkdir(parents=True)
    (place / "file").write_text(text)
    return place


def test_what_is_newly_kept_is_adopted_and_mounted(nixos: Nixos) -> None:
    place = fill(nixos.home / "more", "data")
    (nixos.home / "kept/old").write_text("x")
    said = nixos.switch(["kept", "more"])
    assert "adopted" in said and is_mount(place)
    assert (place / "file").read_text() == "data"
    assert (nixos.in_store("more") / "file").read_text() == "data"
    assert is_mount(nixos.home / "kept") and (nixos.home / "kept/old").read_text() == "x"


def test_a_switch_that_changes_nothing(nixos: Nixos) -> None:
    before = read_mounts()
    assert "nothing to do" in nixos.switch(["kept"])
    assert read_mounts() == before


def test_what_is_kept_no_longer_is_unmounted_and_stays_in_the_store(nixos: Nixos) -> None:
    fill(nixos.home / "more", "data")
    nixos.switch(["kept", "more"])
    (nixos.home / "more/later").write_text("later")
    nixos.switch(["kept"])
    assert not is_mount(nixos.home / "more") and is_mount(nixos.home / "kept")
    assert (nixos.in_store("more") / "later").read_text() == "later"


def test_what_is_in_use_stays_until_the_next_boot(nixos: Nixos) -> None:
    """An open file; another path that goes at the same time is unmounted all the same."""
    fill(nixos.home / "busy", "data")
    fill(nixos.home / "idle", "data")
    nixos.switch(["kept", "busy", "idle"])
    with (nixos.home / "busy/file").open():
        said = nixos.switch(["kept"])
    assert f"{nixos.home}/busy is in use; it is unmounted at the next boot" in said
    assert is_mount(nixos.home / "busy") and not is_mount(nixos.home / "idle")


def test_data_that_differs_is_neither_hidden_nor_forgotten(nixos: Nixos) -> None:
    """Of two new paths one is refused: nothing is done, and the next switch tries again."""
    fill(nixos.home / "more", "of the volume")
    fill(nixos.in_store("more"), "of the store")
    fill(nixos.home / "good", "data")
    before = IN_FORCE.read_text()
    said = nixos.switch(["kept", "more", "good"], code=6)
    assert "holds something else" in said and "apply --live" in said and "--take volume" in said
    assert not is_mount(nixos.home / "more") and not is_mount(nixos.home / "good")
    assert (nixos.home / "more/file").read_text() == "of the volume"
    assert (nixos.in_store("more") / "file").read_text() == "of the store"
    assert IN_FORCE.read_text() == before
    nixos.machine.run("apply", "--live", "--take", "volume")
    assert (nixos.home / "more/file").read_text() == "of the volume"
    assert is_mount(nixos.home / "more") and is_mount(nixos.home / "good")
    assert "nothing to do" in nixos.switch(["kept", "more", "good"])


def test_another_mount_in_the_way_is_not_covered(nixos: Nixos) -> None:
    place = nixos.home / "more"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "other", place], check=True)
    (place / "file").write_text("x")
    assert "a mount of something else" in nixos.switch(["kept", "more"], code=6)
    assert (place / "file").read_text() == "x"


def test_another_store_waits_for_the_next_boot(nixos: Nixos) -> None:
    machine = nixos.machine
    (nixos.home / "kept/file").write_text("x")
    other = str(machine.persist / "other")
    machine.config.write_text(machine.config.read_text().replace(str(machine.store), other))
    said = machine.run("apply", "--live", code=6)
    assert "a mount of something else" in said
    assert (nixos.home / "kept/file").read_text() == "x"


def test_a_file_comes_and_goes_as_a_link_as_it_does_at_boot(nixos: Nixos) -> None:
    place = nixos.home / "settings"
    place.write_text("mine")
    nixos.switch(["kept"], ["settings"])
    assert os.readlink(place) == str(nixos.in_store("settings"))
    assert place.read_text() == "mine"
    nixos.switch(["kept"])
    assert not os.path.lexists(place)
    assert nixos.in_store("settings").read_text() == "mine"
    nixos.switch(["kept"], ["settings"])
    assert place.read_text() == "mine"


def test_a_copied_file_comes_and_goes(nixos: Nixos) -> None:
    """It is where it was, as an ordinary file, and what was written lies in the store."""
    place = nixos.home / "replaced"
    place.write_text("mine")
    nixos.switch(["kept"], [{"file": str(place), "method": "copy"}])
    assert place.read_text() == "mine" and not place.is_symlink() and not is_mount(place)
    assert nixos.in_store("replaced").read_text() == "mine"
    nixos.switch(["kept"])
    assert place.read_text() == "mine"
    assert nixos.in_store("replaced").read_text() == "mine"


def test_enabling_it_by_a_switch_hides_nothing(machine: Machine, tmp_path: Path) -> None:
    """Nothing is in force: every kept path is new."""
    fill(machine.home / "kept", "data")
    nixos = Nixos(machine, tmp_path / "boot")
    nixos.switch(["kept"])
    assert is_mount(machine.home / "kept")
    assert (machine.home / "kept/file").read_text() == "data"
    assert (nixos.in_store("kept") / "file").read_text() == "data"


def test_it_installs_nothing(nixos: Nixos) -> None:
    said = nixos.machine.run("apply", "--live", "--petrichor", "/usr/bin/petrichor", code=2)
    assert "--live is about the running system" in said
