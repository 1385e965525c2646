"""A boot is good when every volume forgot, or was told not to, and every kept path is there."""

from pathlib import PurePosixPath

import pytest

from petrichor.model.status import KeptState, KeptStatus, Status, VolumeState, VolumeStatus


def volume(state: VolumeState) -> VolumeStatus:
    return VolumeStatus(mountpoint=PurePosixPath("/"), backend="zfs", state=state)


def kept(state: KeptState) -> KeptStatus:
    path = PurePosixPath("/var/log")
    return KeptStatus(path=path, source=PurePosixPath("/persist/var/log"), state=state)


def status(volumes: list[VolumeState], paths: list[KeptState]) -> Status:
    return Status(
        boot="0" * 32,
        time="2026-11-23T01:30:00+00:00",
        volumes=tuple(volume(state) for state in volumes),
        kept=tuple(kept(state) for state in paths),
    )


@pytest.mark.parametrize("state", list(VolumeState))
def test_a_volume_is_good_only_if_it_forgot_or_was_told_not_to(state: VolumeState) -> None:
    good = state in (VolumeState.RESET, VolumeState.SKIPPED)
    assert volume(state).is_good is good
    assert status([VolumeState.RESET, state], []).is_good is good


@pytest.mark.parametrize("state", list(KeptState))
def test_a_kept_path_is_good_only_if_its_store_has_it_or_will(state: KeptState) -> None:
    good = state in (KeptState.PRESENT, KeptState.NOT_SAVED)
    assert kept(state).is_good is good
    assert status([VolumeState.RESET], [KeptState.PRESENT, state]).is_good is good


def test_a_machine_without_volumes_is_good() -> None:
    assert status([], []).is_good
