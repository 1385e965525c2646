"""The fstab of one phase."""

from pathlib import PurePosixPath

from petrichor.model.plan import Bind
from petrichor.render.fstab import fstab
from tests.unit.render import reading


def test_the_prefix_stands_before_sources_alone() -> None:
    bind = Bind(
        source=PurePosixPath("/persist/a b"),
        target=PurePosixPath("/a b"),
        options=("bind", 'x="y z"', "#c"),
    )
    text = fstab([bind, bind], PurePosixPath("/sysroot"))
    expected = [b"/sysroot/persist/a b", b"/a b", b"none", b'bind,x="y z",#c', b"0", b"0"]
    assert list(reading.table(text.encode())) == [expected, expected]
    assert [fields[0] for fields in reading.table(fstab([bind], PurePosixPath("/")).encode())] == [
        b"/persist/a b"
    ]
