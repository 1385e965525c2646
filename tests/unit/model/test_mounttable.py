"""Which mount is seen at a path, whatever is stacked and hidden."""

from pathlib import PurePosixPath

import pytest

from petrichor.model.mount import Mount
from petrichor.model.mounttable import MountTable


def mount(number: int, parent: int, mountpoint: str) -> Mount:
    return Mount(
        id=number,
        parent=parent,
        device="0:1",
        root=PurePosixPath("/"),
        mountpoint=PurePosixPath(mountpoint),
        options=("rw",),
        type="ext4",
        source=str(number),
    )


@pytest.mark.parametrize(
    ("mounts", "path", "holding", "at"),
    [
        ([mount(1, 0, "/")], "/", 1, 1),
        ([mount(1, 1, "/")], "/x", 1, None),
        ([mount(1, 1, "/"), mount(2, 1, "/")], "/", 2, 2),
        ([mount(1, 0, "/"), mount(2, 1, "/a")], "/a/b", 2, None),
        ([mount(1, 0, "/"), mount(2, 1, "/a"), mount(3, 2, "/a")], "/a", 3, 3),
        # The order of lines says nothing about which one is on top.
        ([mount(3, 2, "/a"), mount(1, 0, "/"), mount(2, 1, "/a")], "/a", 3, 3),
        # /a/b is hidden by what was mounted over /a later.
        ([mount(1, 0, "/"), mount(2, 1, "/a/b"), mount(3, 1, "/a")], "/a/b", 3, None),
        ([mount(2, 9, "/a")], "/a/b", 2, None),
        ([], "/", None, None),
    ],
)
def test_what_is_seen(mounts: list[Mount], path: str, holding: int | None, at: int | None) -> None:
    table = MountTable(mounts)
    place = PurePosixPath(path)
    found = table.holding(place)
    assert (found.id if found else None) == holding
    top = table.at(place)
    assert (top.id if top else None) == at
    assert table.is_mountpoint(place) == (at is not None)
