"""What is left behind after boot: canaries, properties, the machine id."""

import json
from pathlib import Path
from pathlib import PurePosixPath as P
from typing import Any

import pytest

from petrichor.act import after_boot as module
from petrichor.act.after_boot import after_boot, record
from petrichor.config.load import load
from petrichor.model.accounts import Accounts
from petrichor.model.declaration import Declaration
from petrichor.model.mount import Mount
from petrichor.model.names import CANARY
from petrichor.model.status import Observation, VolumeState
from tests.unit.system.fakes import FakeRunner

BOOT, ID = "b" * 32, b"0123456789abcdef0123456789abcdef\n"


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A volume and a store in a folder, seen as mounted; `/etc/machine-id` is in the folder too."""
    for name in ("volume", "store/etc"):
        (tmp_path / name).mkdir(parents=True)
    monkeypatch.setattr(module, "observe", lambda _: observation(tmp_path))
    monkeypatch.setattr(module, "read_mounts", lambda: mounts(tmp_path))
    read = module.read_if_present
    monkeypatch.setattr(
        module,
        "read_if_present",
        lambda p: read(tmp_path / "id" if p == Path("/etc/machine-id") else p),
    )
    monkeypatch.setattr(module, "STATUS_FILE", tmp_path / "run/status.json")
    return tmp_path


def mounts(world: Path) -> list[Mount]:
    places = [("/", "ext4"), (f"{world}/volume", "tmpfs"), (f"{world}/store", "ext4")]
    return [
        Mount(
            id=number,
            parent=min(number - 1, 1),
            device="0:1",
            root=P("/"),
            mountpoint=P(at),
            options=(),
            type=kind,
            source=kind,
        )
        for number, (at, kind) in enumerate(places, 1)
    ]


def observation(world: Path) -> Observation:
    return Observation(
        boot=BOOT,
        time="2026-11-23T02:00:00+00:00",
        reset_skipped=False,
        reset_begun=True,
        mounts=tuple(mounts(world)),
        equal=frozenset({P("/etc/machine-id")}),
    )


def declaration(world: Path, volume: dict[str, Any] | None = None) -> Declaration:
    document = {
        "volumes": {
            "/": {"backend": "zfs", "dataset": "p/root"},
            f"{world}/volume": volume or {"backend": "tmpfs"},
        },
        "filesystems": {f"{world}/store": {"type": "ext4", "device": "/dev/sda1"}},
        "persistence": {f"{world}/store": {"files": ["/etc/machine-id"]}},
    }
    return load(json.dumps(document).encode(), "t.json", Accounts())


def test_the_canary_says_what_was_seen(world: Path) -> None:
    (world / "id").write_bytes(ID)
    status, troubles = after_boot(declaration(world), FakeRunner({}))
    states = [item.state for item in status.volumes]
    assert states == [VolumeState.NOT_MOUNTED, VolumeState.RESET]  # `/` is no ZFS here
    canary = json.loads((world / "volume" / CANARY).read_text())
    assert canary == {"boot": BOOT, "state": "reset"}
    assert len(troubles) == 1 and "p/root" in troubles[0]


def test_the_machine_id_is_saved_once(world: Path) -> None:
    (world / "id").write_bytes(ID)
    after_boot(declaration(world), FakeRunner({}))
    saved = world / "store/etc/machine-id"
    assert saved.read_bytes() == ID and saved.stat().st_mode & 0o777 == 0o444
    (world / "id").write_bytes(b"f" * 32 + b"\n")
    after_boot(declaration(world), FakeRunner({}))
    assert saved.read_bytes() == ID


@pytest.mark.parametrize("stored", [b"", b"uninitialized\n"])
def test_what_is_no_id_is_replaced_by_one(world: Path, stored: bytes) -> None:
    (world / "id").write_bytes(ID)
    (world / "store/etc/machine-id").write_bytes(stored)
    after_boot(declaration(world), FakeRunner({}))
    assert (world / "store/etc/machine-id").read_bytes() == ID


@pytest.mark.parametrize("here", [None, b"uninitialized\n", b"x" * 33])
def test_what_is_no_id_is_not_saved(world: Path, here: bytes | None) -> None:
    if here is not None:
        (world / "id").write_bytes(here)
    _, troubles = after_boot(declaration(world), FakeRunner({}))
    assert any("no id yet" in line for line in troubles)
    assert not (world / "store/etc/machine-id").exists()


def test_nothing_is_written_in_the_place_of_a_store(
    world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (world / "id").write_bytes(ID)
    monkeypatch.setattr(module, "read_mounts", lambda: mounts(world)[:2])
    _, troubles = after_boot(declaration(world), FakeRunner({}))
    assert any("not mounted" in line for line in troubles)
    assert not (world / "store/etc/machine-id").exists()


def test_a_machine_id_that_cannot_be_saved_is_told(world: Path) -> None:
    (world / "id").write_bytes(ID)
    (world / "store/etc/machine-id").mkdir()
    _, troubles = after_boot(declaration(world), FakeRunner({}))
    assert any("machine-id: the machine id was not saved" in line for line in troubles)


def test_a_canary_that_cannot_be_left_is_told(world: Path) -> None:
    (world / "volume").rmdir()
    _, troubles = after_boot(declaration(world), FakeRunner({}))
    assert any("no canary was left" in line for line in troubles)


class Zfs(FakeRunner):
    """Datasets by name: what `zfs list` and `zfs get` say of each."""

    def __init__(self, datasets: dict[str, dict[str, str]]) -> None:
        super().__init__({})
        self.datasets = datasets
        self.set: list[str] = []

    def run(self, argv, **options):
        if argv[0] == "systemctl":
            return super().run(argv, **{**options, "ok": range(256)})
        if argv[1] == "set":
            self.set.append(" ".join(argv[2:]))
            return super().run(argv, **{**options, "ok": (0, 1)})
        name = argv[-1]
        self.answers[" ".join(argv)] = self.list(name) if argv[1] == "list" else self.get(name)
        return super().run(argv, **options)

    def list(self, name: str) -> bytes:
        below = [item for item in self.datasets if item.rpartition("/")[0] == name]
        row = "{}\tfilesystem\t1\t{}\t-\tno\ton\t-\t-\t-\tlegacy"
        rows = [row.format(item, 5 + index) for index, item in enumerate([name, *below])]
        return ("\n".join(rows) + "\n").encode()

    def get(self, name: str) -> bytes:
        return "".join(f"{k}\t{v}\n" for k, v in self.datasets[name].items()).encode()


def test_properties_come_from_retired_ones_of_the_same_volume(world: Path) -> None:
    (world / "id").write_bytes(ID)
    stamp = f"20261123T013000Z-{'a' * 32}"
    runner = Zfs(
        {
            "p/root": {},
            "p/retired": {},
            f"p/retired/root-{stamp}": {"quota": "1G"},
            f"p/retired/root-other-{stamp}": {"quota": "9G", "petrichor:settled": "on"},
            "p/retired/root-not-ours": {"quota": "8G", "petrichor:settled": "on"},
        }
    )
    _, troubles = after_boot(declaration(world), runner)
    assert troubles == []
    assert runner.set == ["quota=1G p/root", "petrichor:settled=on p/root"]


def test_the_verdict_is_left_for_others(world: Path) -> None:
    record("text")
    record("text two")
    assert (world / "run/status.json").read_text() == "text two"
