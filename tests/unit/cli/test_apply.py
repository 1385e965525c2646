"""`apply`: the plan is shown and agreed to before anything changes."""

from pathlib import Path

import pytest

from petrichor.cli import context
from petrichor.cli.main import run
from petrichor.system import command
from tests.unit.system.fakes import FakeRunner

CONFIG = """
[volumes."/"]
backend = "btrfs"
device = "LABEL=x"
subvolume = "root"
[filesystems."/persist"]
type = "btrfs"
device = "LABEL=x"
[persistence."/persist"]
directories = ["/var/log"]
"""
Capture = pytest.CaptureFixture[str]


class Agreeable(FakeRunner):
    def run(self, argv, **options):
        self.answers[" ".join(argv)] = b""
        return super().run(argv, **options)


@pytest.fixture
def words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    for name in ("usr/lib/dracut/modules.d", "usr/bin", "etc/petrichor"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "etc/passwd").write_text("root:x:0:0::/root:/bin/sh\n")
    (tmp_path / "etc/group").write_text("root:x:0:\n")
    (tmp_path / "etc/petrichor/petrichor.toml").write_text(CONFIG)
    monkeypatch.setattr(context.os, "geteuid", lambda: 0)
    monkeypatch.setattr(command, "SystemRunner", lambda: Agreeable({}))
    return ["--root", str(tmp_path), "apply", "--petrichor", "/usr/bin/petrichor"]


def test_nothing_happens_unasked(words: list[str], tmp_path: Path, capsys: Capture) -> None:
    assert run(words) == 9
    said = capsys.readouterr().err
    assert "write    /etc/dracut.conf.d/petrichor.conf" in said
    assert "build    the initrds" in said and "--yes" in said
    assert not (tmp_path / "etc/dracut.conf.d").exists()


def test_twice(words: list[str], tmp_path: Path, capsys: Capture) -> None:
    assert run([*words, "--yes"]) == 0
    assert "ready" in capsys.readouterr().err
    assert run([*words, "--yes"]) == 0
    assert capsys.readouterr().err == "nothing to do: the machine matches the declaration\n"


@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        (["--hide", "/var/lgo"], 2, "/var/lgo"),
        (["--petrichor", "here"], 2, "here"),
        (["--json"], 2, "JSON"),
    ],
)
def test_what_is_refused(
    more: list[str], code: int, said: str, words: list[str], tmp_path: Path, capsys: Capture
) -> None:
    assert run([*words, *more]) == code
    assert said in capsys.readouterr().err
    assert not (tmp_path / "etc/dracut.conf.d").exists()


def test_only_root(words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setattr(context.os, "geteuid", lambda: 1000)
    assert run(words) == 5


def test_a_machine_without_dracut(words: list[str], tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "usr/lib/dracut/modules.d").rmdir()
    assert run([*words, "--yes"]) == 4
    assert "apt install dracut" in capsys.readouterr().err
