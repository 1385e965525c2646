"""Directory volumes on a real filesystem: init, reset by hand, cut off anywhere, refusals."""

import subprocess
import uuid
from pathlib import Path, PurePosixPath

import pytest

from petrichor.act.steps import Moment, moment_now, run_plan
from petrichor.model.declaration import DirectoryVolume, Phase, Reset, Retention
from petrichor.model.names import parse_retired
from petrichor.plan.volumes.choose import reset_plan
from petrichor.system.command import SystemRunner
from tests.root.harness.cut import CutRunner, PowerCut
from tests.root.harness.program import petrichor

COMMANDS = 3  # that change something


def volume(directory: Path, reset: Reset = Reset.RETIRE) -> DirectoryVolume:
    return DirectoryVolume(
        mountpoint=PurePosixPath("/home"),
        phase=Phase.SYSTEM,
        reset=reset,
        retention=Retention(),
        directory=PurePosixPath(directory),
    )


def filled(directory: Path) -> Path:
    directory.mkdir(parents=True)
    (directory / "naughty").write_text("boot 1")
    return directory


def next_boot() -> Moment:
    return Moment(moment_now().stamp, uuid.uuid4().hex)


def old_contents(base: Path) -> list[str]:
    return sorted(file.read_text() for file in base.glob("retired/*/naughty"))


@pytest.mark.parametrize("mode", [Reset.RETIRE, Reset.ROLLBACK])
@pytest.mark.parametrize("done", range(COMMANDS + 2))
def test_cut_off_after_any_step_and_run_again(tmp_path: Path, done: int, mode: Reset) -> None:
    live = filled(tmp_path / "home")
    plan = reset_plan(volume(live, mode))
    try:
        run_plan(plan, CutRunner(done), next_boot())
    except PowerCut:
        assert done < COMMANDS + (mode is Reset.ROLLBACK)
    run_plan(plan, SystemRunner(), next_boot())
    assert list(live.iterdir()) == []
    assert live.stat().st_mode & 0o7777 == 0o755
    assert all(parse_retired(old.name) for old in (tmp_path / "retired").iterdir())
    if mode is Reset.RETIRE:
        assert old_contents(tmp_path) == ["boot 1"]


HOSTILE = ["a b", "a\nb", "100%", "%i", "$HOME", "back\\slash", "*", "-rf", "\udcff\udcfe", ".x"]


@pytest.mark.parametrize("mode", [Reset.RETIRE, Reset.ROLLBACK])
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names(tmp_path: Path, name: str, mode: Reset) -> None:
    live = filled(tmp_path / name / name)
    beside = filled(tmp_path / name / "other")
    run_plan(reset_plan(volume(live, mode)), SystemRunner(), next_boot())
    assert list(live.iterdir()) == []
    assert old_contents(tmp_path / name) == (["boot 1"] if mode is Reset.RETIRE else [])
    assert (beside / "naughty").exists()


def words(tmp_path: Path) -> tuple[str | Path, ...]:
    config = tmp_path / "etc/petrichor.toml"
    base = tmp_path / "disk"
    return ("--yes", "--config", config, "init", "--backend", "directory", "--directory", base)


def test_init_then_reset_by_hand(tmp_path: Path) -> None:
    home = tmp_path / "disk/home"
    petrichor(*words(tmp_path), umask=0o077)
    assert home.stat().st_mode & 0o7777 == 0o755
    (home / "naughty").write_text("boot 1")
    assert "nothing to do" in petrichor(*words(tmp_path)).stderr

    config = tmp_path / "etc/petrichor.toml"
    refused = petrichor("--config", config, "reset", "/home", code=9)
    assert "mv -T" in refused.stderr and (home / "naughty").exists()
    petrichor("--config", config, "--yes", "reset", "/home")
    assert list(home.iterdir()) == []
    assert old_contents(tmp_path / "disk") == ["boot 1"]


def test_what_is_destroyed_is_named(tmp_path: Path) -> None:
    petrichor(*words(tmp_path))
    config = tmp_path / "etc/petrichor.toml"
    text = config.read_text()
    assert text.count('\nreset = "retire"') == 1
    config.write_text(text.replace('\nreset = "retire"', '\nreset = "rollback"'))
    refused = petrichor("--config", config, "reset", "/home", code=9)
    assert f"destroys: the old content of {tmp_path}/disk/home" in refused.stderr


def test_only_volumes_that_are_declared(tmp_path: Path) -> None:
    petrichor(*words(tmp_path))
    config = tmp_path / "etc/petrichor.toml"
    done = petrichor("--config", config, "--yes", "reset", "/srv", code=2)
    assert "/srv" in done.stderr and "/home" in done.stderr


@pytest.mark.parametrize("inner", ["", "alice"])
def test_a_mounted_volume_is_refused(tmp_path: Path, inner: str) -> None:
    petrichor(*words(tmp_path))
    home, place = tmp_path / "disk/home", tmp_path / "seen"
    (home / "alice").mkdir()
    place.mkdir()
    subprocess.run(["mount", "--bind", home / inner, place], check=True)
    try:
        done = petrichor(
            "--config", tmp_path / "etc/petrichor.toml", "--yes", "reset", "/home", code=6
        )
    finally:
        subprocess.run(["umount", place], check=True)
    assert f"mounted at {place}" in done.stderr
    assert (home / "alice").is_dir()


def test_something_mounted_in_the_volume_is_refused(tmp_path: Path) -> None:
    petrichor(*words(tmp_path))
    inner = tmp_path / "disk/home/alice"
    inner.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", inner], check=True)
    try:
        petrichor("--config", tmp_path / "etc/petrichor.toml", "--yes", "reset", "/home", code=6)
    finally:
        subprocess.run(["umount", inner], check=True)


def test_init_refuses_a_directory_with_content(tmp_path: Path) -> None:
    filled(tmp_path / "disk/home")
    done = petrichor(*words(tmp_path), code=6)
    assert "naughty" in done.stderr
    assert not (tmp_path / "disk/retired").exists()


DECLARED = """\
[volumes."/home"]
backend = "directory"
directory = "/data/home"

[filesystems."/data"]
type = "ext4"
device = "/dev/disk/by-label/data"

[persistence."/data/persist"]
"""


def test_init_refuses_when_the_filesystem_is_not_mounted(tmp_path: Path) -> None:
    root, config = tmp_path / "mnt", tmp_path / "petrichor.toml"
    (root / "data").mkdir(parents=True)
    config.write_text(DECLARED)
    done = petrichor("--config", config, "--root", root, "--yes", "init", code=6)
    assert "nothing is mounted at /data" in done.stderr
    assert list((root / "data").iterdir()) == []
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", root / "data"], check=True)
    try:
        petrichor("--config", config, "--root", root, "--yes", "init")
        assert sorted(p.name for p in (root / "data").iterdir()) == ["home", "retired"]
    finally:
        subprocess.run(["umount", root / "data"], check=True)
