"""`boot` and `status` on real mounts: what they claim is what is there."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import petrichor.report.status as report
from petrichor.model.names import CANARY

SCHEMA = json.loads(Path(report.__file__).with_name("status.schema.json").read_text())
ID = "0123456789abcdef0123456789abcdef\n"
BOOT = Path("/proc/sys/kernel/random/boot_id").read_text().strip().replace("-", "")


def mount(*arguments: str | Path) -> None:
    subprocess.run(["mount", *arguments], check=True)


class Machine:
    """Four kinds of volumes and a store, below a folder; `/run` and `/etc/machine-id` are its own."""

    def __init__(self, folder: Path, btrfs: Path) -> None:
        self.folder, self.btrfs = folder, btrfs
        self.home, self.tmp, self.srv = (folder / name for name in ("home", "tmp", "srv"))
        self.persist = folder / "persist"
        self.store = self.persist / "root"
        self.config = folder / "petrichor.json"

    def begin(self) -> None:
        """What the boot does before `petrichor boot`."""
        for place in (self.home, self.tmp, self.srv, self.persist):
            place.mkdir()
        subprocess.run(["btrfs", "-q", "subvolume", "create", self.btrfs / "home"], check=True)
        device = self._device()
        mount("-t", "btrfs", "-o", "subvol=/home", device, self.home)
        mount("-t", "tmpfs", "tmpfs", self.tmp)
        mount("-t", "tmpfs", "persist", self.persist)
        (self.persist / "volumes/srv").mkdir(parents=True)
        mount("--bind", self.persist / "volumes/srv", self.srv)
        for path in ("etc", "kept/here"):
            (self.store / path).mkdir(parents=True)
        self.config.write_text(json.dumps(self.declaration(device)))
        Path("/run/petrichor-stamp").write_text("PETRICHOR_STAMP=20261123T013000Z\n")

    def _device(self) -> str:
        found = subprocess.check_output(["findmnt", "-no", "SOURCE", self.btrfs], text=True)
        return found.strip()

    def declaration(self, device: str) -> dict[str, Any]:
        kept, file, link = (str(self.home / name) for name in ("kept", "file", "link"))
        return {
            "volumes": {
                str(self.home): {"backend": "btrfs", "device": device, "subvolume": "home"},
                str(self.tmp): {"backend": "tmpfs"},
                str(self.srv): {
                    "backend": "directory",
                    "directory": str(self.persist / "volumes/srv"),
                },
                "/etc": {"backend": "tmpfs"},
            },
            "filesystems": {str(self.persist): {"type": "tmpfs", "device": "persist"}},
            "persistence": {
                str(self.store): {
                    "directories": [kept],
                    "files": [
                        {"file": file, "method": "bind"},
                        {"file": link, "method": "symlink"},
                        "/etc/machine-id",
                    ],
                }
            },
        }

    def source(self, path: Path) -> Path:
        return self.store / path.relative_to("/")

    def bring_back(self) -> None:
        """What `petrichor-keep` does for the kept paths."""
        self.source(self.home / "kept").mkdir(parents=True)
        self.source(self.home / "file").write_text("kept")
        (self.home / "kept").mkdir()
        (self.home / "file").touch()
        mount("--bind", self.source(self.home / "kept"), self.home / "kept")
        mount("--bind", self.source(self.home / "file"), self.home / "file")
        (self.home / "link").symlink_to(self.source(self.home / "link"))

    def petrichor(
        self, *words: str, before: Iterable[str] = ()
    ) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [*before, sys.executable, "-m", "petrichor", "--config", self.config, *words],
            text=True, capture_output=True, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip

    def status(self) -> tuple[int, dict[str, str]]:
        done = self.petrichor("status", "--json")
        assert done.stderr == "", done
        document = json.loads(done.stdout)
        jsonschema.validate(document, SCHEMA)
        found = {item["mountpoint"]: item["state"] for item in document["volumes"]}
        found |= {item["path"]: item["state"] for item in document["kept"]}
        assert document["good"] is (done.returncode == 0)
        return done.returncode, {self.name(path): state for path, state in found.items()}

    def loss(self, *words: str) -> Any:
        return json.loads(self.petrichor("status", "--json", *words).stdout)["loss"]

    def name(self, path: str) -> str:
        return path.removeprefix(f"{self.folder}/")


GOOD = {
    "home": "reset", "tmp": "reset", "srv": "reset", "/etc": "reset", "home/kept": "present",
    "home/file": "present", "home/link": "present", "/etc/machine-id": "present",
}  # fmt: skip


@pytest.fixture
def machine(tmp_path: Path, btrfs: Path) -> Iterator[Machine]:
    mount("-t", "tmpfs", "tmpfs", "/run")
    passwd = {name: Path("/etc", name).read_bytes() for name in ("passwd", "group")}
    mount("-t", "tmpfs", "tmpfs", "/etc")
    try:
        for name, data in passwd.items():
            Path("/etc", name).write_bytes(data)
        Path("/etc/machine-id").write_text(ID)
        tmp_path.chmod(0o755)
        made = Machine(tmp_path, btrfs)
        made.begin()
        made.bring_back()
        yield made
    finally:
        subprocess.run(["umount", "--lazy", "/etc", "/run"], check=True)
        for place in ("home/kept", "home/file", "home", "srv", "tmp", "persist"):
            subprocess.run(["umount", "--lazy", "--quiet", tmp_path / place], check=False)


def test_a_first_and_a_second_look(machine: Machine) -> None:
    done = machine.petrichor("boot")
    assert done.returncode == 0, done
    assert machine.source(Path("/etc/machine-id")).read_text() == ID
    written = json.loads(Path("/run/petrichor/status.json").read_text())
    jsonschema.validate(written, SCHEMA)
    assert written["good"] is True and written["boot"] == BOOT
    for volume in (machine.home, machine.tmp, machine.srv):
        assert json.loads((volume / CANARY).read_text())["boot"] == BOOT
    assert machine.status() == (0, GOOD)
    assert machine.petrichor("boot").returncode == 0  # the same boot, once more
    assert machine.status() == (0, GOOD)


@pytest.mark.parametrize("name", ["home", "srv", "tmp"])
def test_a_canary_of_another_boot(machine: Machine, name: str) -> None:
    canary = json.dumps({"boot": "0" * 32, "state": "reset"})
    (machine.folder / name / CANARY).write_text(canary)
    assert machine.status() == (1, {**GOOD, name: "not reset", "/etc/machine-id": "no source"})
    done = machine.petrichor("boot")
    assert done.returncode == 8, done
    assert f"{machine.folder / name} was not reset" in done.stderr and "hint" in done.stderr
    code, found = machine.status()  # this boot's own canary lies there now, with its verdict
    assert (code, found[name]) == (1, "not reset")
    assert json.loads(Path("/run/petrichor/status.json").read_text())["good"] is False


def test_how_much_would_be_lost(machine: Machine) -> None:
    machine.petrichor("boot")
    unknown = machine.loss()
    assert "baseline" in unknown["detail"] and unknown["count"] == 0
    subprocess.run(["btrfs", "-q", "subvolume", "create", machine.btrfs / "home-blank"], check=True)
    before = machine.loss()
    assert (before["detail"], before["unread"]) == ("", 0)
    (machine.home / "new").mkdir()
    (machine.home / "new/file").write_bytes(b"x" * 5000)
    (machine.home / "kept/file").write_text("this one stays")
    after = machine.loss()
    assert (after["count"], after["size"]) == (before["count"] + 2, before["size"] + 5000)
    last = machine.petrichor("status").stdout.splitlines()[-1]
    assert last.startswith(f"lost at the next reset: {after['count']} entries, "), last
    assert machine.loss("--quick") is None


def test_before_the_first_reset(machine: Machine) -> None:
    Path("/run/petrichor-stamp").unlink()
    code, found = machine.status()
    assert (code, found["home"], found["srv"], found["tmp"]) == (
        1,
        "not reset",
        "not reset",
        "reset",
    )


def test_a_file_replaced_in_the_store(machine: Machine) -> None:
    machine.petrichor("boot")
    source = machine.source(machine.home / "file")
    (source.parent / "new").write_text("restored")
    (source.parent / "new").rename(source)
    assert (machine.home / "file").read_text() == "kept"
    assert machine.status() == (1, {**GOOD, "home/file": "source deleted"})
    assert "written is lost" in machine.petrichor("status").stdout


def test_a_link_replaced_by_a_file(machine: Machine) -> None:
    machine.petrichor("boot")
    (machine.home / "new").write_text("a program's new file")
    (machine.home / "new").rename(machine.home / "link")
    assert machine.status() == (1, {**GOOD, "home/link": "no source"})
    machine.source(machine.home / "link").write_text("kept")
    assert machine.status() == (1, {**GOOD, "home/link": "not mounted"})


def test_a_store_that_is_not_mounted(machine: Machine) -> None:
    """Nothing is written in its place, not even where its directories were left behind."""
    subprocess.run(["umount", "--lazy", machine.persist], check=True)
    machine.source(Path("/etc/machine-id")).parent.mkdir(parents=True)
    done = machine.petrichor("boot")
    assert done.returncode == 8 and "machine id was not saved" in done.stderr, done
    assert os.listdir(machine.source(Path("/etc"))) == []
    code, found = machine.status()
    kept = [state for name, state in found.items() if name not in ("home", "tmp", "srv", "/etc")]
    assert (code, set(kept)) == (1, {"no source"})


@pytest.mark.parametrize("over", ["nothing", "tmpfs", "top"])
def test_a_volume_that_is_not_mounted(machine: Machine, over: str) -> None:
    match over:
        case "nothing":
            subprocess.run(["umount", "--lazy", "--recursive", machine.home], check=True)
        case "tmpfs":
            mount("-t", "tmpfs", "other", machine.home)
        case "top":
            mount("--bind", machine.btrfs, machine.home)
    done = machine.petrichor("boot")
    assert done.returncode == 8 and "was not mounted" in done.stderr, done
    code, found = machine.status()
    assert (code, found["home"]) == (1, "not mounted")
    assert not (machine.home / CANARY).exists()


def test_a_machine_id_that_differs_from_the_kept_one(machine: Machine) -> None:
    machine.petrichor("boot")
    Path("/etc/machine-id").write_text("f" * 32 + "\n")
    assert machine.status() == (1, {**GOOD, "/etc/machine-id": "not mounted"})


def test_without_the_right_to_look_nothing_is_said_to_be_missing(machine: Machine) -> None:
    """The interpreter may be root's alone, so rights are taken from root, not a user chosen."""
    machine.petrichor("boot")
    os.chown(machine.store, 1, 1)
    machine.store.chmod(0o700)
    drop = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--"]
    done = machine.petrichor("status", before=drop)
    assert done.returncode == 1 and "unknown" in done.stdout, done
    assert "does not exist" not in done.stdout


def test_a_fifo_in_place_of_a_canary_stops_nothing(machine: Machine) -> None:
    os.mkfifo(machine.tmp / CANARY)
    done = subprocess.run(
        [sys.executable, "-m", "petrichor", "--config", machine.config, "boot"],
        capture_output=True, check=False, timeout=20,
    )  # fmt: skip
    assert done.returncode == 0, done
    assert json.loads((machine.tmp / CANARY).read_text())["boot"] == BOOT


@pytest.mark.parametrize("words", [["status"], ["status", "--json"], ["schema"], ["--help"]])
def test_a_reader_that_has_enough(machine: Machine, words: list[str]) -> None:
    """As in `petrichor status | true`: no traceback, and not the code of an answer."""
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "petrichor", "--config", machine.config, *words],
        stdout=writing, stderr=subprocess.PIPE, check=False,
    )  # fmt: skip
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, b"")
