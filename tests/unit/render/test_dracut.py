"""The dracut module."""

import pytest

from petrichor.render.dracut import module_setup, once_units


def test_tools_and_modules_are_named_once_and_sorted() -> None:
    text = module_setup(["zfs", "mv", "zfs"], ["zfs", "btrfs", "ext4", "none", "btrfs"])
    assert "    inst_multiple mv zfs\n" in text
    assert "    echo systemd btrfs zfs\n" in text
    assert "    hostonly='' instmods btrfs ext4\n" in text
    assert "{" not in text.replace("() {", "") and "systemd \n" not in text


@pytest.mark.parametrize("types", [[], ["none", "tmpfs"], ["zfs"]])
def test_there_is_always_a_driver_to_name(types: list[str]) -> None:
    assert "instmods loop\n" in module_setup([], types)


def test_files_of_any_name_are_carried() -> None:
    text = module_setup([], [])
    assert "-printf '%P\\0'" in text and "read -r -d ''" in text


def test_units_of_zfs_dracut_run_once_where_there_is_zfs() -> None:
    found = once_units(["zfs", "ext4"])
    assert set(found) == {
        "zfs-env-bootfs.service.d/petrichor.conf",
        "zfs-nonroot-necessities.service.d/petrichor.conf",
    }
    assert all(text.endswith("[Service]\nRemainAfterExit=yes\n") for text in found.values())
    assert once_units(["btrfs"]) == {}
