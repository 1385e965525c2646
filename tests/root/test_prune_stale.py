"""`prune --stale`: what nobody declares goes, on request, and nothing else."""

import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest

from petrichor.act.prunestale import Stale, choose, remove
from petrichor.config.load import load
from petrichor.model.declaration import Declaration
from petrichor.model.errors import MachineError, RefusedError
from petrichor.system.accounts import read_accounts
from petrichor.system.files import locked
from tests.root.harness.hostile import NAMES
from tests.root.harness.keeping import Machine, quietly
from tests.root.harness.killing import CountPoints, kill_everywhere
from tests.root.harness.past import tool


def fill(machine: Machine) -> Path:
    """What is kept, what was, and what is ours; the directory of the two first."""
    if machine.store.exists():
        shutil.rmtree(machine.store)
    above = machine.in_store(machine.home)
    for name in ("kept/file", "old/deep/file", "old/other", "older"):
        (above / name).parent.mkdir(parents=True, exist_ok=True)
        (above / name).write_text(name)
    (machine.store / ".petrichor").mkdir(mode=0o700)
    return above


def names(machine: Machine) -> set[str]:
    above = machine.in_store(machine.home)
    return {str(path.relative_to(above)) for path in above.rglob("*")}


KEPT = {"kept", "kept/file"}


def test_all_of_it(machine: Machine) -> None:
    above = fill(machine)
    tool("subvolume", "create", above / "old/nested")
    (above / "old/nested/file").touch()
    tool("property", "set", "-t", "subvol", above / "old/nested", "ro", "true")
    said = machine.run("prune", "--stale")
    assert f"destroys: {above}/old: 6 entries, 22\n" in said and f"removed {above}/older" in said
    assert names(machine) == KEPT and (machine.store / ".petrichor").is_dir()
    assert "nothing to prune" in machine.run("prune", "--stale")


def test_one_path_of_it(machine: Machine) -> None:
    above = fill(machine)
    machine.run("prune", "--stale", above / "older")
    assert names(machine) == {*KEPT, "old", "old/deep", "old/deep/file", "old/other"}
    for path in (above / "kept", above, machine.home):
        machine.run("prune", "--stale", path, code=0 if path == above else 2)
    assert names(machine) == KEPT


def test_each_hostile_name(machine: Machine) -> None:
    above = fill(machine)
    for name in NAMES.values():
        os.makedirs(bytes(above) + b"/" + name + b"/" + name)
    machine.run("prune", "--stale", *(bytes(above) + b"/" + name for name in NAMES.values()))
    assert names(machine) == {*KEPT, "old", "old/deep", "old/deep/file", "old/other", "older"}


def test_what_is_still_mounted_stays(machine: Machine, tmp_path: Path) -> None:
    above = fill(machine)
    (tmp_path / "shown").mkdir()
    subprocess.run(["mount", "--bind", above / "old/deep", tmp_path / "shown"], check=True)
    said = machine.run("prune", "--stale", code=3)
    assert f"it, or a part of it, is mounted at {tmp_path}/shown" in said
    assert (above / "old/other").exists() and not (above / "older").exists()


def test_what_is_forgotten_and_still_in_use_stays(machine: Machine, tmp_path: Path) -> None:
    """A mount of the directory above shows it: one that was busy when it was forgotten."""
    above = fill(machine)
    (tmp_path / "shown").mkdir()
    subprocess.run(["mount", "--bind", above, tmp_path / "shown"], check=True)
    before = names(machine)
    said = machine.run("prune", "--stale", code=3)
    assert said.count(f"is mounted at {tmp_path}/shown") == 2
    assert names(machine) == before


def test_what_another_store_keeps_stays(machine: Machine) -> None:
    """One store lies in another, and in it what the outer one keeps."""
    above = fill(machine)
    outer = machine.persist
    name = machine.store.relative_to(outer)
    text = machine.config.read_text() + '[volumes."/"]\nbackend = "tmpfs"\n'
    kept = f"/{name}{machine.home}/old"
    machine.config.write_text(f'{text}[persistence."{outer}"]\ndirectories = ["{kept}"]\n')
    machine.run("prune", "--stale")
    assert names(machine) == {*KEPT, "old", "old/deep", "old/deep/file", "old/other"}
    assert not (above / "older").exists()


def item_of(machine: Machine, path: Path) -> tuple[Stale, Declaration]:
    declaration = load(machine.config.read_bytes(), "c.toml", read_accounts(Path("/")))
    (item,) = choose(declaration, [PurePosixPath(path)])
    return item, declaration


def test_what_changed_since_it_was_listed(machine: Machine) -> None:
    """Declared meanwhile, another filesystem over it, the store gone: nothing is removed."""
    above = fill(machine)
    item, declaration = item_of(machine, above / "older")
    (kept, *_) = declaration.kept
    now = replace(kept, path=PurePosixPath(machine.home / "older"))
    with pytest.raises(RefusedError, match="declared by now"):
        remove(item, replace(declaration, kept=(*declaration.kept, now)))
    with pytest.raises(RefusedError, match="no store by now"):
        remove(item, replace(declaration, kept=()))
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", above], check=True)
    (above / "older").write_text("another filesystem's")
    with pytest.raises(RefusedError, match="in use"):
        remove(item, declaration)
    assert (above / "older").exists()
    subprocess.run(["umount", above], check=True)
    subprocess.run(["umount", machine.persist], check=True)
    (machine.persist / above.relative_to(machine.persist)).mkdir(parents=True)
    (above / "older").write_text("beneath the store")
    with pytest.raises(MachineError, match="nothing is mounted"):
        remove(item, declaration)
    assert (above / "older").exists()


def test_wrong_requests(machine: Machine) -> None:
    machine.run("prune", "--stale", "--volume", machine.home, code=2)
    machine.run("prune", machine.home, code=2)
    subprocess.run(["umount", machine.persist], check=True)
    assert "nothing is mounted" in machine.run("prune", "--stale", code=7)


def test_one_run_at_a_time(machine: Machine) -> None:
    """What is kept again at this very moment must not be removed; who only reads goes on."""
    above = fill(machine)
    with locked(Path("/run/petrichor")):
        for words in (("prune", "--stale"), ("keep", above), ("forget", above), ("apply",)):
            assert "/run/petrichor is locked" in machine.run(*words, code=7)
        machine.run("stale", code=1)
    assert (above / "older").exists()
    machine.run("prune", "--stale")


def test_killed_anywhere(machine: Machine, count_points: CountPoints) -> None:
    argv = ["--config", str(machine.config), "--yes", "prune", "--stale"]
    fill(machine)
    machine.run("prune", "--stale")  # what the first run of all makes below /run is there

    def check(point: str) -> None:
        assert names(machine) >= KEPT, point
        machine.run_again("prune", "--stale")
        assert names(machine) == KEPT, point

    points = kill_everywhere(quietly(argv), fresh=lambda: fill(machine), check=check)
    count_points("prune --stale", points, least=5)
