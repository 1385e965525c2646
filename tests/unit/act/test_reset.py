"""Which mounts stand in the way of a reset by hand."""

from collections.abc import Callable
from pathlib import PurePosixPath as P

import pytest

from petrichor.act import reset
from petrichor.config.load import load
from petrichor.model.accounts import Accounts
from petrichor.model.errors import RefusedError, UsageError
from petrichor.model.mount import Mount
from tests.unit.act.test_steps import Script

ZFS = b'[volumes."/"]\nbackend = "zfs"\ndataset = "tank/root"\n'
DIRECTORY = b'[volumes."/home"]\nbackend = "directory"\ndirectory = "/data/home"\n'
TMPFS = b'[volumes."/tmp"]\nbackend = "tmpfs"\n'
Mounted = Callable[..., None]


def mount(number: int, point: str, *, root: str = "/", device: str = "0:1", **more: str) -> Mount:
    return Mount(
        id=number,
        parent=1,
        device=device,
        root=P(root),
        mountpoint=P(point),
        options=(),
        type=more.get("type", "ext4"),
        source=more.get("source", "/dev/sda1"),
    )


@pytest.fixture
def mounted(monkeypatch: pytest.MonkeyPatch) -> Mounted:
    def set_mounts(*mounts: Mount) -> None:
        known = [mount(1, "/"), mount(2, "/data", device="0:2"), *mounts]
        monkeypatch.setattr(reset, "read_mounts", lambda: known)

    return set_mounts


def refused(text: bytes) -> str:
    """The places that are named, or nothing when it would go on."""
    volume = load(text, "x.toml", Accounts()).volumes[0]
    try:
        reset.refuse_mounted(volume, Script())
    except RefusedError as error:
        return error.message.partition("mounted at ")[2]
    return ""


@pytest.mark.parametrize(
    ("root", "point", "device", "found"),
    [
        ("/home", "/home", "0:2", "/home"),
        ("/home/alice", "/mnt", "0:2", "/mnt"),
        ("/home-old", "/mnt", "0:2", ""),
        ("/home", "/mnt", "0:9", ""),
        ("/", "/data/home/alice", "0:9", "/data/home/alice"),
        ("/", "/data/homes", "0:9", ""),
        ("/", "/mnt", "0:2", ""),
    ],
)
def test_a_directory(mounted: Mounted, root: str, point: str, device: str, found: str) -> None:
    mounted(mount(3, point, root=root, device=device))
    assert refused(DIRECTORY) == found


@pytest.mark.parametrize(
    ("source", "found"),
    [("tank/root", "/mnt"), ("tank/retired/root", "/mnt"), ("tank/root/child", ""), ("tank", "")],
)
def test_a_dataset(mounted: Mounted, source: str, found: str) -> None:
    mounted(mount(3, "/mnt", type="zfs", source=source))
    assert refused(ZFS) == found


def test_all_places_are_named(mounted: Mounted) -> None:
    mounted(*(mount(n, f"/mnt/{n}", type="zfs", source="tank/root") for n in (5, 4)))
    assert refused(ZFS) == "/mnt/4, /mnt/5"


def test_what_cannot_be_reset() -> None:
    declaration = load(TMPFS, "x.toml", Accounts())
    with pytest.raises(UsageError, match="is a tmpfs"):
        reset.prepare(declaration, P("/tmp"), Script())
    with pytest.raises(UsageError, match="no volume is declared at /srv") as caught:
        reset.prepare(declaration, P("/srv"), Script())
    assert "/tmp" in caught.value.hint


def test_it_is_looked_at_again_before_the_first_step(mounted: Mounted) -> None:
    mounted()
    script = Script()
    found = reset.prepare(load(DIRECTORY, "x.toml", Accounts()), P("/home"), script)
    assert found.describe()[1].startswith("mv -T /data/home /data/retired/home-")
    mounted(mount(3, "/home", root="/home", device="0:2"))
    with pytest.raises(RefusedError):
        reset.carry_out(found, script)
    assert script.calls == []
