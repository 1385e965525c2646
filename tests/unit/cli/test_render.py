"""`render`: what it writes, and what it refuses."""

from pathlib import Path

import pytest

from petrichor.cli.main import run

CONFIG = """
[volumes."/home"]
backend = "directory"
directory = "/persist/volumes/home"
[filesystems."/persist"]
type = "ext4"
device = "LABEL=persist"
[persistence."/persist/root".users."1000"]
home = "/home/u"
directories = ["Documents"]
"""
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def words(tmp_path: Path) -> list[str]:
    (tmp_path / "c.toml").write_text(CONFIG)
    return ["--config", str(tmp_path / "c.toml"), "render", "--output", str(tmp_path / "out")]


def files(folder: Path) -> set[str]:
    return {str(f.relative_to(folder)) for f in folder.rglob("*") if f.is_file()}


def test_a_dracut_module(words: list[str], tmp_path: Path, capsys: Capture) -> None:
    assert run([*words, "--target", "dracut"]) == 0
    found = files(tmp_path / "out")
    assert {"dracut/90petrichor/module-setup.sh", "kernel-cmdline"} <= found
    captured = capsys.readouterr()
    assert captured.out == "" and f"wrote {len(found)} files" in captured.err


def test_a_nixos_package_names_its_own_files(words: list[str], tmp_path: Path) -> None:
    assert run([*words, "--target", "nixos", "--tool", "mount=/nix/x/mount"]) == 0
    unit = tmp_path / "out/system/lib/systemd/system/petrichor-keep.service"
    assert f"/nix/x/mount --all --fstab {tmp_path}/out/system/share/petrichor" in unit.read_text()
    assert run([*words, "--target", "nixos", "--files", "/etc/petrichor"]) == 0
    assert "--fstab /etc/petrichor/system.fstab" in unit.read_text()


@pytest.mark.parametrize(
    "more", [["--tool", "mount"], ["--tool", "mount=bin/mount"], ["--files", "x"]]
)
def test_what_is_refused(
    more: list[str], words: list[str], tmp_path: Path, capsys: Capture
) -> None:
    assert run([*words, "--target", "dracut", *more]) == 2
    assert "hint" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_somebody_elses_directory(words: list[str], tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/mine").touch()
    assert run([*words, "--target", "dracut"]) == 6
    assert "not empty" in capsys.readouterr().err
