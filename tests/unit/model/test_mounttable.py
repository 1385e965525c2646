"""Which mount is seen at a path, whatever is stacked and hidden."""

from pathlib import PurePosixPath

import pytest

from petrichor.model.errors import MachineError
from petrichor.model.mount import Mount
from petrichor.model.mounttable import MountTable


def mount(number: int, parent: int, mountpoint: str, root: str = "/", device: str = "0:1") -> Mount:
    return Mount(
        id=number,
        parent=parent,
        device=device,
        root=PurePosixPath(root),
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


TABLE = MountTable(
    [
        mount(1, 0, "/"),
        mount(2, 1, "/top", device="0:2"),
        mount(3, 1, "/a", root="/retired/one", device="0:2"),
        mount(4, 1, "/b", root="/retired/one/inside", device="0:2"),
        mount(5, 1, "/c", root="/retired/one-more", device="0:2"),
        mount(6, 1, "/d", root="/retired/one", device="0:3"),
        mount(7, 1, "/e", root="/srv/x"),
        mount(8, 1, "/srv/x/in", device="0:3"),
        mount(9, 1, "/f", root="/srv"),
    ]
)


def numbers(mounts: list[Mount]) -> list[int]:
    return sorted(one.id for one in mounts)


def test_what_shows_a_path_of_a_filesystem() -> None:
    top = PurePosixPath("/top")
    assert numbers(TABLE.showing(top, PurePosixPath("/retired/one"))) == [3, 4]
    assert numbers(TABLE.showing(top, PurePosixPath("/retired/two"))) == []
    with pytest.raises(MachineError, match="/nowhere is not mounted"):
        TABLE.showing(PurePosixPath("/nowhere"), PurePosixPath("/"))


def test_what_shows_a_directory_or_lies_in_it() -> None:
    assert numbers(TABLE.of_directory(PurePosixPath("/srv/x"))) == [7, 8]
    assert numbers(TABLE.of_directory(PurePosixPath("/srv/y"))) == []
    assert numbers(TABLE.of_directory(PurePosixPath("/a"))) == [3, 3, 4]
    assert MountTable([]).of_directory(PurePosixPath("/srv")) == []
