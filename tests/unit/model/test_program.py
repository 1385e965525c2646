"""What a preset keeps of a program's paths."""

import pytest

from petrichor.model.declaration import FileMethod, Kind
from petrichor.model.program import Hazard, StatePath, Worth

FILE, DIRECTORY = Kind.FILE, Kind.DIRECTORY
AUTO, SYMLINK = FileMethod.AUTO, FileMethod.SYMLINK
RENAMED = (Hazard.RENAMED,)


@pytest.mark.parametrize(
    ("worth", "kind", "method", "hazards", "keepable"),
    [
        (Worth.SECRET, DIRECTORY, AUTO, (), True),
        (Worth.NORMAL, FILE, AUTO, (Hazard.MTIME,), True),
        (Worth.CACHE, DIRECTORY, AUTO, (), False),
        (Worth.CACHE, FILE, SYMLINK, (), False),
        (Worth.SECRET, FILE, AUTO, RENAMED, False),
        (Worth.SECRET, FILE, FileMethod.BIND, RENAMED, False),
        (Worth.SECRET, FILE, SYMLINK, RENAMED, True),
        (Worth.SECRET, DIRECTORY, AUTO, RENAMED, True),
    ],
)
def test_keepable(
    worth: Worth, kind: Kind, method: FileMethod, hazards: tuple[Hazard, ...], keepable: bool
) -> None:
    item = StatePath(path="/var/lib/a", worth=worth, type=kind, method=method, hazards=hazards)
    assert item.keepable is keepable
