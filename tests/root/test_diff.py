"""`petrichor diff` end to end: real volumes, names of any bytes, a Debian that was booted once."""

import json
import os
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote_to_bytes

import jsonschema
import pytest

from petrichor.report import lossrows
from tests.root.harness.boot import Machine, boot
from tests.root.harness.hostile import NAMES
from tests.root.harness.petrichor import FILES, MODES, binds, needs_same_python
from tests.root.harness.program import REPO

SCHEMA = json.loads(Path(lossrows.__file__).with_name("loss.schema.json").read_text())
DROPPED = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--"]


def mount(*words: str | Path) -> None:
    subprocess.run(["mount", *map(str, words)], check=True)


def umount(place: Path) -> None:
    subprocess.run(["umount", "--recursive", "--lazy", str(place)], check=True)


class Volumes:
    """A tmpfs, and a directory that is bind-mounted."""

    def __init__(self, base: Path) -> None:
        self.tmp, self.bound, self.content = base / "tmp", base / "bound", base / "content"
        self.config = base / "petrichor.toml"
        self.config.write_text(
            f'[volumes."{self.tmp}"]\nbackend = "tmpfs"\n'
            f'[volumes."{self.bound}"]\nbackend = "directory"\ndirectory = "{self.content}"\n'
        )

    def diff(
        self, *words: str | bytes | Path, code: int = 0, before: list[str] | None = None
    ) -> bytes:
        """What it writes; anything but `code` fails the test."""
        done = subprocess.run(
            [*(before or []), str(REPO / ".venv/bin/python"), "-m", "petrichor", "--config",
             str(self.config), "diff", *map(os.fsencode, words)],
            cwd=REPO, stdin=subprocess.DEVNULL, capture_output=True, check=False,
        )  # fmt: skip
        assert done.returncode == code, done
        return done.stdout

    def text(self, *words: str | Path, code: int = 0) -> str:
        return self.diff(*words, code=code).decode()


@pytest.fixture
def volumes(tmp_path: Path) -> Iterator[Volumes]:
    found = Volumes(tmp_path)
    for place in (found.tmp, found.bound, found.content):
        place.mkdir()
    mount("-t", "tmpfs", "tmpfs", found.tmp)
    mount("--bind", found.content, found.bound)
    yield found
    umount(found.tmp)
    umount(found.bound)


def path_of(record: dict[str, str]) -> bytes:
    text = record["path"]
    return unquote_to_bytes(text) if "encoding" in record else text.encode()


def test_nothing(volumes: Volumes) -> None:
    text = volumes.text("--exit-code")
    assert text == f"nothing is lost at the next reset of {volumes.tmp} and {volumes.bound}\n"
    assert volumes.diff("-0") == b""
    assert json.loads(volumes.diff("--json"))["entries"] == []


def test_names_of_any_bytes_go_through_every_form(volumes: Volumes) -> None:
    wanted = set()
    for place in (volumes.tmp, volumes.bound):
        for name in NAMES.values():
            os.mkdir(bytes(place) + b"/" + name)
            Path(os.fsdecode(bytes(place) + b"/" + name + b"/" + name)).write_bytes(b"x")
            wanted |= {bytes(place) + b"/" + name, bytes(place) + b"/" + name + b"/" + name}
    assert set(volumes.diff("-0").split(b"\0")) == {*wanted, b""}
    document = json.loads(volumes.diff("--json"))
    jsonschema.validate(document, SCHEMA)
    assert {path_of(entry) for entry in document["entries"]} == wanted
    for words in (["--all"], ["--all", "--sort", "path"]):
        rows = volumes.diff(*words, "--exit-code", code=1).decode().splitlines()
        assert len(rows) == len(wanted)
        assert all(row.isprintable() for row in rows)
    for words in ([], ["--tree"]):
        assert all(line.isprintable() for line in volumes.text(*words).splitlines())
    for name in NAMES.values():
        path = bytes(volumes.tmp) + b"/" + name
        assert volumes.diff("-0", "--", path).split(b"\0") == [path, path + b"/" + name, b""]


def test_tree_and_sorting(volumes: Volumes) -> None:
    for name, size in (("a", 10), ("b", 3000), ("c", 200)):
        (volumes.tmp / name).mkdir()
        (volumes.tmp / name / "file").write_bytes(b"x" * size)
    rows = volumes.text("--tree", "--sort", "size").splitlines()[-3:]
    assert [row.split()[-1] for row in rows] == ["b", "c", "a"]
    assert rows[0].split()[:2] == ["3.0K", "2"]
    found = volumes.text("--all", "--sort", "size", volumes.tmp / "b", volumes.tmp / "c")
    assert found.splitlines()[0].endswith("/b/file")


def test_one_volume(volumes: Volumes) -> None:
    (volumes.tmp / "a").touch()
    (volumes.bound / "b").touch()
    assert volumes.diff("-0", "--volume", volumes.bound) == bytes(volumes.bound / "b") + b"\0"
    volumes.diff("--volume", volumes.config.parent, code=2)


def test_a_path_on_no_volume(volumes: Volumes) -> None:
    volumes.diff("/proc/self", code=2)


def test_what_another_volume_hides_is_no_loss_of_its_own(tmp_path: Path) -> None:
    outer, inner = tmp_path / "outer", tmp_path / "outer/inner"
    outer.mkdir()
    mount("-t", "tmpfs", "tmpfs", outer)
    inner.mkdir()
    (inner / "beneath").touch()
    mount("-t", "tmpfs", "tmpfs", inner)
    (inner / "above").touch()
    volumes = Volumes(tmp_path)
    volumes.config.write_text(
        f'[volumes."{outer}"]\nbackend = "tmpfs"\n[volumes."{inner}"]\nbackend = "tmpfs"\n'
    )
    try:
        assert volumes.diff("-0") == bytes(inner / "above") + b"\0"
        assert volumes.diff("-0", "--fate", "hidden") == bytes(inner / "beneath") + b"\0"
        assert "hidden:" in volumes.text()
    finally:
        umount(outer)


def test_a_path_that_is_nowhere(volumes: Volumes) -> None:
    volumes.diff(volumes.tmp / "absent", code=7)
    (volumes.tmp / "file").touch()
    volumes.diff(volumes.tmp / "file/absent", code=7)


def test_one_new_file(volumes: Volumes) -> None:
    (volumes.tmp / "a").write_text("one\n")
    out = volumes.text(volumes.tmp / "a")
    assert out.endswith(f"--- /dev/null\n+++ now{volumes.tmp}/a\n@@ -0,0 +1 @@\n+one\n")
    (volumes.tmp / "a").write_bytes(b"\0")
    assert volumes.text(volumes.tmp / "a").endswith(f"binary file {volumes.tmp}/a differs\n")


def test_what_cannot_be_read_is_said(volumes: Volumes) -> None:
    closed = volumes.tmp / "closed"
    closed.mkdir()
    (closed / "inner").touch()
    os.chown(closed, 1, 1)
    closed.chmod(0)
    (volumes.tmp / "open").touch()
    out = volumes.diff(code=10, before=DROPPED).decode()
    assert "incomplete: 1 entry could not be read:" in out
    assert out.endswith(f"  {closed}: Permission denied\n")
    document = json.loads(volumes.diff("--json", code=10, before=DROPPED))
    jsonschema.validate(document, SCHEMA)
    assert (document["complete"], document["unreadable"]) == (False, 1)
    assert bytes(volumes.tmp / "open") in volumes.diff("-0", code=10, before=DROPPED).split(b"\0")
    volumes.diff()


def test_a_reader_that_has_enough(volumes: Volumes) -> None:
    for number in range(5000):
        (volumes.tmp / f"{number}").touch()
    for words in ("--all", "-0", "--json"):
        reading, writing = os.pipe()
        os.close(reading)
        done = subprocess.run(
            [str(REPO / ".venv/bin/python"), "-m", "petrichor", "--config", str(volumes.config),
             "diff", words],
            cwd=REPO, stdout=writing, stderr=subprocess.PIPE, check=False,
        )  # fmt: skip
        os.close(writing)
        assert (done.returncode, done.stderr) == (141, b"")


def test_on_a_terminal_the_answer_is_clean(volumes: Volumes) -> None:
    (volumes.tmp / "a").touch()
    command = f"{REPO}/.venv/bin/python -m petrichor --config {volumes.config} diff"
    done = subprocess.run(
        ["script", "-qec", command, "/dev/null"],
        cwd=REPO, stdin=subprocess.DEVNULL, capture_output=True, check=True,
    )  # fmt: skip
    assert done.stdout.startswith(b"lost at the next reset of ")
    assert b"\x1b" not in done.stdout


BTRFS = """\
[volumes."{live}"]
backend = "btrfs"
device = "{device}"
subvolume = "root"
baseline = "blank"
"""


def test_changes_against_a_baseline(btrfs: Path, tmp_path: Path) -> None:
    root, live = btrfs / "root", tmp_path / "live"
    subprocess.run(["btrfs", "-q", "subvolume", "create", root], check=True)
    for name in ("same", "edited", "gone"):
        (root / name).write_text("one\ntwo\n")
    subprocess.run(
        ["btrfs", "-q", "subvolume", "snapshot", "-r", root, btrfs / "blank"], check=True
    )
    (root / "edited").write_text("one\nthree\n")
    (root / "gone").unlink()
    (root / "new").touch()
    source = ["findmnt", "--noheadings", "--output", "SOURCE", "--nofsroot", btrfs]
    device = subprocess.run(source, check=True, text=True, capture_output=True).stdout.strip()
    live.mkdir()
    mount("-o", "subvol=/root", device, live)
    volumes = Volumes(tmp_path)
    volumes.config.write_text(BTRFS.format(live=live, device=device))
    try:
        entries = json.loads(volumes.diff("--json"))["entries"]
        assert {e["path"].rpartition("/")[2]: e["change"] for e in entries} == {
            "edited": "changed", "gone": "removed", "new": "added",
        }  # fmt: skip
        header = volumes.text().splitlines()[2].split()
        assert header[1:4] == ["ADDED", "CHANGED", "REMOVED"]
        out = volumes.text(live / "edited")
        assert out.endswith(f"+++ now{live}/edited\n@@ -1,2 +1,2 @@\n one\n-two\n+three\n")
        out = volumes.text(live / "gone")
        assert out.endswith("+++ /dev/null\n@@ -1,2 +0,0 @@\n-one\n-two\n")
        assert volumes.diff("-0", live / "gone") == b""
    finally:
        umount(live)


ROOT = '[volumes."/"]\nbackend = "tmpfs"\n[filesystems."/persist"]\ntype = "ext4"\ndevice = "LABEL=p"\n'


@pytest.fixture
def debian(tree: Path, tmp_path: Path) -> Iterator[Path]:
    """A Debian tree that was booted once, as a tmpfs, with this checkout in it."""
    machine = Machine(files=FILES, modes=MODES)
    folder = tmp_path / "boot"
    folder.mkdir()
    assert boot(tree, machine, "true", folder=folder).code == 0
    root, seen = tmp_path / "root", tmp_path / "seen"
    for place in (root, seen):
        place.mkdir()
    mount("-t", "tmpfs", "tmpfs", root)
    options = f"lowerdir={folder}/upper:{tree}"
    mount("-t", "overlay", "overlay", "-o", options, seen)
    subprocess.run(["cp", "-a", f"{seen}/.", root], check=True)
    umount(seen)
    for inside, outside in binds().items():
        place = root / inside.lstrip("/")
        place.mkdir(parents=True, exist_ok=True)
        mount("--bind", outside, place)
    mount("--bind", "/proc", root / "proc")
    (root / "run/petrichor").mkdir(parents=True)
    (root / "run/petrichor/petrichor.toml").write_text(ROOT)
    yield root
    umount(root)


@needs_same_python
@pytest.mark.boots
def test_a_debian_that_was_booted_once_fits_a_screen(debian: Path) -> None:
    words = ["petrichor", "--config", "/run/petrichor/petrichor.toml", "diff"]
    done = subprocess.run(
        ["chroot", str(debian), *words], stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    assert done.returncode == 0, done
    text = done.stdout.decode()
    lines = text.splitlines()
    assert len(lines) <= 40
    assert lines[0].startswith("lost at the next reset of /: ")
    assert any(": /" in line for line in lines[3:12]), "programs come first"
    begin = next(i for i, line in enumerate(lines) if line.startswith("# what looks like state"))
    assert tomllib.loads("\n".join(lines[begin:]))["persistence"]
