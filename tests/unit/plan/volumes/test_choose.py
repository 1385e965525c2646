"""Every backend answers to the same verbs."""

from pathlib import PurePosixPath

import pytest

from petrichor.model.declaration import Phase, TmpfsVolume, Volume
from petrichor.plan.volumes import choose
from tests.unit.plan.volumes import test_btrfs, test_directory, test_zfs

VOLUMES: dict[str, Volume] = {
    "zfs": test_zfs.volume(),
    "btrfs": test_btrfs.volume(),
    "directory": test_directory.volume(),
    "tmpfs": TmpfsVolume(mountpoint=PurePosixPath("/srv"), phase=Phase.SYSTEM),
}


@pytest.mark.parametrize("backend", VOLUMES)
def test_the_right_file_is_picked(backend: str) -> None:
    volume = VOLUMES[backend]
    tools = {"zfs": {"zfs"}, "directory": {"mkdir", "mv", "test"}, "tmpfs": set()}
    used = {step.tool for step in choose.reset_plan(volume).steps}
    assert used == tools.get(backend, used)
    assert ("btrfs" in used) == (backend == "btrfs")
    assert choose.mount_plan(volume).where == volume.mountpoint
    expected = {"zfs": "zfs", "btrfs": "btrfs", "directory": "none", "tmpfs": "tmpfs"}
    assert choose.mount_plan(volume).type == expected[backend]
    assert set(choose.ordering(volume).requires) <= set(choose.ordering(volume).after)
    assert set(choose.assets(volume)) >= (used if backend in ("zfs", "btrfs") else set())


def test_only_directories_wait_for_a_mount() -> None:
    needs = {name: choose.directory_needed(volume) for name, volume in VOLUMES.items()}
    assert needs == {
        "zfs": None,
        "btrfs": None,
        "tmpfs": None,
        "directory": PurePosixPath("/persist/volumes/home %"),
    }


@pytest.mark.parametrize("backend", VOLUMES)
def test_the_same_input_gives_the_same_plan(backend: str) -> None:
    first = choose.reset_plan(VOLUMES[backend], {"b": "1", "a": "2"})
    assert first == choose.reset_plan(VOLUMES[backend], {"a": "2", "b": "1"})
