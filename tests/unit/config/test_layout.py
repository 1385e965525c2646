"""Rules for volumes and filesystems: what a reset would carry along is found before it does."""

import pytest

from tests.unit.config import cases
from tests.unit.config.reading import assert_one_message, case_name, read


@pytest.mark.parametrize("case", cases.LAYOUT, ids=case_name)
def test_a_wrong_layout(case: cases.Case) -> None:
    assert_one_message(case)


@pytest.mark.parametrize(
    "text",
    [
        '+[filesystems."/x"]\ntype = "zfs"\ndevice = "rpool/rootless"',
        '+[filesystems."/x"]\ntype = "btrfs"\ndevice = "UUID=2"\noptions = ["subvol=home"]',
        '+[filesystems."/x"]\ntype = "btrfs"\ndevice = "/dev/disk/by-label/data"',
        '+[filesystems."/x"]\ntype = "nfs"\ndevice = "host:/x"',
        '+[volumes."/x"]\nbackend = "directory"\ndirectory = "/persist/rooted"',
        '+[volumes."/x"]\nbackend = "zfs"\ndataset = "rpool/root2"\nretired.minFree = "20.5GiB"',
        '+[volumes."/srv/x"]\nbackend = "tmpfs"\nphase = "initrd"',
        '[volumes."/home"]\nbackend = "directory"\ndirectory = "/volumes/home"',
    ],
)
def test_neighbours_are_no_mistake(text: str) -> None:
    assert read(text).volumes
