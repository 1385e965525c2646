"""What lies on which volume, and on which filesystem that survives."""

from dataclasses import FrozenInstanceError
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from petrichor.model.declaration import (
    Declaration,
    Filesystem,
    KeptPath,
    Kind,
    Phase,
    Reset,
    Retention,
    TmpfsVolume,
    ZfsVolume,
    nearest_mountpoint,
)


def volume(path: str) -> TmpfsVolume:
    return TmpfsVolume(mountpoint=PurePosixPath(path), phase=Phase.SYSTEM)


def filesystem(path: str) -> Filesystem:
    return Filesystem(mountpoint=PurePosixPath(path), type="xfs", device="UUID=1")


def kept(path: str, store: str) -> KeptPath:
    return KeptPath(
        path=PurePosixPath(path), store=PurePosixPath(store), kind=Kind.DIRECTORY, key=""
    )


MACHINE = Declaration(
    volumes=(volume("/"), volume("/home"), volume("/persist/scratch")),
    filesystems=(filesystem("/persist"), filesystem("/home/shared")),
    kept=(kept("/var/log", "/persist/b"), kept("/etc", "/persist/a"), kept("/srv", "/persist/b")),
)


@pytest.mark.parametrize(
    ("path", "on_volume", "on_filesystem"),
    [
        ("/", "/", None),
        ("/etc/ssh", "/", None),
        ("/homes", "/", None),
        ("/home", "/home", None),
        ("/home/alice", "/home", None),
        ("/home/shared", None, "/home/shared"),
        ("/home/shared/x", None, "/home/shared"),
        ("/persist", None, "/persist"),
        ("/persist/a/etc", None, "/persist"),
        ("/persist/scratch/x", "/persist/scratch", "/persist"),
    ],
)
def test_the_nearest_mount_point_decides(
    path: str, on_volume: str | None, on_filesystem: str | None
) -> None:
    found = MACHINE.volume_of(PurePosixPath(path))
    assert (found and str(found.mountpoint)) == on_volume
    carrier = MACHINE.filesystem_of(PurePosixPath(path))
    assert (carrier and str(carrier.mountpoint)) == on_filesystem


def test_without_volumes_everything_survives() -> None:
    empty = Declaration(volumes=())
    assert empty.volume_of(PurePosixPath("/x")) is None
    assert empty.filesystem_of(PurePosixPath("/x")) is None


PART = st.sampled_from(["a", "b", "aa"])
PATH = st.lists(PART, max_size=4).map(lambda parts: PurePosixPath("/", *parts))


@given(PATH, st.lists(PATH))
def test_nearest_is_the_longest_above(path: PurePosixPath, points: list[PurePosixPath]) -> None:
    nearest = nearest_mountpoint(path, points)
    current = path
    while current not in points and current != PurePosixPath("/"):
        current = current.parent
    assert nearest == (current if current in points else None)


def test_stores_are_sorted_and_named_once() -> None:
    assert [str(store) for store in MACHINE.stores] == ["/persist/a", "/persist/b"]


def test_data_lives_at_the_same_path_below_the_store() -> None:
    assert str(kept("/var/log", "/persist/root").source) == "/persist/root/var/log"


def test_names_of_a_dataset() -> None:
    root = ZfsVolume(
        mountpoint=PurePosixPath("/"),
        phase=Phase.INITRD,
        reset=Reset.RETIRE,
        retention=Retention(),
        dataset="rpool/a/root",
        baseline="blank",
    )
    assert (root.snapshot, root.pool) == ("rpool/a/root@blank", "rpool")


def test_a_declaration_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        MACHINE.on_failure = "x"  # type: ignore[assignment,misc]
