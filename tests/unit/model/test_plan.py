"""Devices have the units that udev and systemd give them."""

import pytest

from petrichor.model.plan import KeepPlan, device_unit


@pytest.mark.parametrize(
    ("device", "unit"),
    [
        ("/dev/sda1", "dev-sda1.device"),
        ("/dev/disk/by-uuid/ab-12", "dev-disk-by\\x2duuid-ab\\x2d12.device"),
        ("UUID=ab-12", "dev-disk-by\\x2duuid-ab\\x2d12.device"),
        ("LABEL=nixos", "dev-disk-by\\x2dlabel-nixos.device"),
        ("PARTLABEL=EFI", "dev-disk-by\\x2dpartlabel-EFI.device"),
        # udev writes the blank as \x20 in its link's name, and systemd escapes that backslash
        ("LABEL=my disk", "dev-disk-by\\x2dlabel-my\\x5cx20disk.device"),
        ("/dev/mapper/a=b", "dev-mapper-a\\x3db.device"),
    ],
)
def test_units_of_devices(device: str, unit: str) -> None:
    assert device_unit(device) == unit


def test_a_plan_without_work_is_empty() -> None:
    assert KeepPlan(places=(), binds=(), mounts_needed=(), stores_needed=()).is_empty
