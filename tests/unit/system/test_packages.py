"""dpkg's database: lists, conffiles, sums."""

import hashlib
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from petrichor.system.packages import dpkg_packages, parse_conffiles, parse_sums

STATUS = b"""Package: a
Status: install ok installed
Conffiles:
 /etc/a b1946ac92492d2347c6235b4d2611184
 /etc/with blank 00000000000000000000000000000000
 /etc/old 11111111111111111111111111111111 obsolete
 /etc/gone 22222222222222222222222222222222 remove-on-upgrade
Description: text
 /etc/not 33333333333333333333333333333333
"""


def database(root: Path) -> None:
    info = root / "var/lib/dpkg/info"
    info.mkdir(parents=True)
    (info.parent / "status").write_bytes(STATUS)
    (info / "a:amd64.list").write_bytes(b"/.\n/etc\n/etc/a\n/lib/x\n/usr/bin/\xff\n")
    digest = hashlib.md5(b"data").hexdigest().encode()
    (info / "a:amd64.md5sums").write_bytes(digest + b"  lib/x\n")


def test_no_dpkg(tmp_path: Path) -> None:
    assert dpkg_packages(tmp_path) is None


def test_what_packages_list(tmp_path: Path) -> None:
    database(tmp_path)
    packages = dpkg_packages(tmp_path)
    assert packages is not None
    assert packages.owner(b"/etc/a") == packages.owner(b"/usr/bin/\xff") == "a"
    assert packages.owner(b"/usr/lib/x") == "a"  # a merged /usr
    assert packages.owner(b"/etc/b") == packages.owner(b"") == packages.owner(b"/.") == ""
    assert packages.is_configuration(b"/etc/a") and not packages.is_configuration(b"/lib/x")
    assert packages.is_pristine(b"/etc/a", b"hello\n")
    assert not packages.is_pristine(b"/etc/a", b"mine\n")
    assert packages.is_pristine(b"/usr/lib/x", b"data")
    assert not packages.is_pristine(b"/usr/bin/\xff", b"no sum")


def test_conffiles() -> None:
    assert set(parse_conffiles(STATUS)) == {b"/etc/a", b"/etc/with blank"}


@given(st.binary())
def test_any_bytes(data: bytes) -> None:
    assert all(path.startswith(b"/") for path in parse_conffiles(data))
    assert all(path.startswith(b"/") for path in parse_sums(data))
