"""Which names are those of a volume's retired ones, and what they tell."""

import pytest

from petrichor.model.names import retired_time
from petrichor.model.past import RetiredVolume, retired_volume

BOOT = "0123456789abcdef" * 2


def found(leaf: str) -> RetiredVolume | None:
    return retired_volume("root", leaf, name=f"p/{leaf}", identity="7", order=3)


def test_a_name_of_this_volume() -> None:
    leaf = f"root-19700102T000001Z-{BOOT}"
    assert found(leaf) == RetiredVolume(
        name=f"p/{leaf}", identity="7", boot=BOOT, time=86_401, order=3
    )


@pytest.mark.parametrize(
    "leaf", ["root", "mine", f"home-19700102T000001Z-{BOOT}", f"root-2-19700102T000001Z-{BOOT}"]
)
def test_names_of_others(leaf: str) -> None:
    assert found(leaf) is None


@pytest.mark.parametrize("stamp", ["19701302T000001Z", "00000101T000000Z", "20260231T000000Z"])
def test_a_stamp_that_is_no_time(stamp: str) -> None:
    assert retired_time(stamp) is None
    item = found(f"root-{stamp}-{BOOT}")
    assert item is not None and item.time is None
