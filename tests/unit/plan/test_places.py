"""Where a version may go back to."""

import pytest

from petrichor.config.load import load
from petrichor.model.accounts import Accounts
from petrichor.model.declaration import Declaration
from petrichor.model.errors import MachineError, PetrichorError, RefusedError
from petrichor.model.mounttable import MountTable
from petrichor.plan.places import require_part, written_through
from petrichor.system.mounts import parse_mountinfo
from tests.unit.plan.versions import version

DECLARATION = b"""
[volumes."/"]
backend = "zfs"
dataset = "rpool/root"
baseline = "blank"
[filesystems."/persist"]
type = "zfs"
device = "rpool/persist"
[persistence."/persist/root"]
directories = ["/srv/kept"]
files = [{ file = "/etc/key", method = "symlink" }]
"""
MOUNTS = b"""\
1 0 0:1 / / rw - zfs rpool/root rw
2 1 0:2 / /persist rw - zfs rpool/persist rw
3 1 0:2 /root/srv/kept /srv/kept rw - zfs rpool/persist rw
4 1 0:4 / /var rw - zfs rpool/root/var rw
"""


@pytest.fixture(scope="module")
def declaration() -> Declaration:
    return load(DECLARATION, "petrichor.toml", Accounts())


def through(
    declaration: Declaration, path: bytes, top: bytes = b"/", mounts: bytes = MOUNTS
) -> str:
    return written_through(version(path, top=top), declaration, MountTable(parse_mountinfo(mounts)))


@pytest.mark.parametrize(
    ("path", "top", "said"),
    [
        (b"/srv/file", b"/", ""),
        (b"/srv/\xff\n", b"/", ""),
        (b"/var/log", b"/var", ""),
        (b"/srv/kept/file", b"/", "rpool/persist, /root/srv/kept of it, mounted at /srv/kept"),
        (b"/var/log", b"/", "rpool/root/var, mounted at /var"),
    ],
)
def test_what_is_written_to(declaration: Declaration, path: bytes, top: bytes, said: str) -> None:
    assert through(declaration, path, top) == said


@pytest.mark.parametrize(
    ("path", "error", "said"),
    [
        (b"/srv/kept", RefusedError, "mounted at /srv/kept"),
        (b"/srv", RefusedError, "mounted at /srv/kept"),
        (b"/etc/key", RefusedError, "is kept"),
        (b"/persist/file", MachineError, "not mounted"),
    ],
)
def test_where_nothing_may_go(
    declaration: Declaration, path: bytes, error: type[PetrichorError], said: str
) -> None:
    with pytest.raises(error, match=said):
        through(declaration, path)


def test_a_volume_that_is_not_mounted(declaration: Declaration) -> None:
    with pytest.raises(MachineError, match="not mounted"):
        through(declaration, b"/srv/file", mounts=b"")


def test_a_volume_as_a_whole() -> None:
    require_part(version(b"/home/a", top=b"/home"))
    for top in (b"/", b"/home"):
        with pytest.raises(RefusedError, match="whole volume"):
            require_part(version(top, top=top))
