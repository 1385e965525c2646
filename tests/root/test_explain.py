"""`petrichor explain` on real mounts: what it says, and what a reset of the volume then does."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote_to_bytes

import jsonschema
import pytest

from petrichor.report import explain
from tests.root.harness.program import REPO
from tests.root.test_diff import mount, umount

SCHEMA = json.loads(Path(explain.__file__).with_name("explain.schema.json").read_text())
NAME = b"-odd \xff\n%\\"


class Machine:
    """A tmpfs as volume, with a store beside it and kept paths of every kind."""

    def __init__(self, base: Path) -> None:
        self.volume, self.store = base / "volume", base / "store"
        self.config = base / "petrichor.toml"
        self.config.write_text(f"""
[volumes."{self.volume}"]
backend = "tmpfs"
[persistence."{self.store}"]
directories = ["{self.volume}/kept", "{self.volume}/absent"]
files = [{{ file = "{self.volume}/linked", method = "symlink" }}]
[loss]
ignore = ["*.tmp"]
""")

    def explain(self, *paths: bytes | Path, code: int) -> list[dict[str, object]]:
        done = self.run("--json", "--", *paths)
        assert done.returncode == code, done
        document = json.loads(done.stdout)
        jsonschema.validate(document, SCHEMA)
        found: list[dict[str, object]] = document["explanations"]
        return found

    def run(self, *words: str | bytes | Path) -> "subprocess.CompletedProcess[bytes]":
        command = [REPO / ".venv/bin/python", "-m", "petrichor", "--config", self.config, "explain"]
        return subprocess.run(
            [*command, *words], cwd=REPO, stdin=subprocess.DEVNULL, capture_output=True, check=False
        )


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    found = Machine(tmp_path)
    inside = found.store / str(found.volume)[1:]
    for place in (found.volume, inside / "kept"):
        place.mkdir(parents=True)
    mount("-t", "tmpfs", "tmpfs", found.volume)
    (found.volume / "kept").mkdir()
    mount("--bind", inside / "kept", found.volume / "kept")
    (inside / "linked").write_text("x")
    (found.volume / "linked").symlink_to(inside / "linked")
    yield found
    umount(found.volume)


def test_what_survives_and_what_does_not(machine: Machine) -> None:
    volume = machine.volume
    (volume / "kept/file").touch()
    (volume / "new").touch()
    (volume / "a.tmp").touch()
    (volume / "way").symlink_to("kept")
    inside = machine.store / str(volume)[1:]
    wanted = {
        volume / "kept/file": ("kept", inside / "kept/file"),
        volume / "kept": ("kept", inside / "kept"),
        volume / "way/file": ("kept", inside / "kept/file"),
        volume / "new": ("lost", None),
        volume / "nowhere": ("lost", None),
        volume / "absent": ("lost", inside / "absent"),
        volume / "a.tmp": ("ignored", None),
        machine.config: ("outside", None),
        inside / "kept/file": ("kept", inside / "kept/file"),
        machine.store / "other": ("stale", None),
    }
    for path, (outcome, source) in wanted.items():
        code = 1 if outcome in ("lost", "ignored") else 0
        (told,) = machine.explain(path, code=code)
        assert (told["outcome"], told.get("source")) == (outcome, source and str(source)), path


def test_a_link_and_what_it_leads_to(machine: Machine) -> None:
    link, target = machine.explain(machine.volume / "linked", code=0)
    assert (link["outcome"], link["method"]) == ("kept", "link")
    assert target["outcome"] == "kept"
    (machine.volume / "away").symlink_to(machine.config)
    link, target = machine.explain(machine.volume / "away", code=1)
    assert (link["outcome"], target["outcome"]) == ("lost", "outside")


def test_names_of_any_bytes_and_lines_to_paste(machine: Machine) -> None:
    path = bytes(machine.volume) + b"/" + NAME
    os.mkdir(path)
    (told,) = machine.explain(path, code=1)
    assert unquote_to_bytes(str(told["path"])) == path
    said = machine.run("--", path).stdout.decode()
    assert all(line.isprintable() for line in said.splitlines())
    head, _, lines = said.partition(f"to keep it, in {machine.config}:\n")
    assert "nothing keeps it" in head
    machine.config.write_text(f'[volumes."{machine.volume}"]\nbackend = "tmpfs"\n{lines}')
    (told,) = machine.explain(path, code=1)
    assert "declared, but not mounted" in str(told["reason"])


def test_a_baseline_with_content(btrfs: Path, tmp_path: Path) -> None:
    live = tmp_path / "live"
    subprocess.run(["btrfs", "-q", "subvolume", "create", btrfs / "live"], check=True)
    for name in ("same", "edited", "deleted"):
        (btrfs / "live" / name).write_text("old")
    subprocess.run(
        ["btrfs", "-q", "subvolume", "snapshot", "-r", btrfs / "live", btrfs / "blank"], check=True
    )
    asked = ["findmnt", "--noheadings", "--output", "SOURCE", "--nofsroot", str(btrfs)]
    device = subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()
    live.mkdir()
    mount("-o", "subvol=live", device, live)
    try:
        (live / "edited").write_text("newer")
        (live / "deleted").unlink()
        machine = Machine(tmp_path)
        machine.config.write_text(
            f'[volumes."{live}"]\nbackend = "btrfs"\ndevice = "{device}"\nsubvolume = "live"\n'
            'baseline = "blank"\n'
        )
        (same,) = machine.explain(live / "same", code=0)
        (edited,) = machine.explain(live / "edited", code=1)
        (deleted,) = machine.explain(live / "deleted", code=0)
    finally:
        umount(live)
    assert (same["outcome"], same["baseline"]) == ("unchanged", "it has the same")
    assert edited["baseline"] == "it differs: content, time"
    assert (deleted["outcome"], deleted["exists"]) == ("unchanged", False)
