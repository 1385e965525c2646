"""What the machine is believed to make and to own, against systemd, tmpfiles and git themselves."""

import os
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from petrichor.loss.ignore import Ignore
from petrichor.system.tmpfiles import read_tmpfiles
from petrichor.system.unitdirs import parse_units
from tests.root.harness.boot import Booted, Machine

LINES = rb"""
d /plain 0755 root root 10d -
D! /emptied 0755
q /subvolume
f /file 0644 root root - one two
f /file 0644 root root - the second line does not count
f /none
f+ /escaped - - - - a\tb\x41\101
f~ /coded - - - - aGk=
L /link - - - - ../plain
L+ /link2 - - - - /etc/hostname
p /fifo
d "/with blank"
d '/with"quote'
d /percent%%
d /plain/below
d /gone/../up
x /not
r /not2
w /not3 - - - - x
"""
IGNORES = ("*.o", "!keep.o", "/top/*", "a/**/z", "dir/", "[a-c]?", "sub/*.txt", "\\!bang", "x**y")
NAMES = ("m.o", "keep.o", "top", "a", "z", "dir", "bq", "sub", "n.txt", "!bang", "x-y", "\udcff.o")

CHECK = """\
set -e
systemctl start live.service dyn.service
systemctl show --property=Id,ActiveState,DynamicUser,StateDirectory,LogsDirectory,\
CacheDirectory,ConfigurationDirectory,RuntimeDirectory '*.service'
echo; echo READLINK=$(readlink /var/lib/dyn)
"""
SERVICE = "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n"


def test_units_as_systemd_tells_them(booted: Callable[..., Booted]) -> None:
    files = {
        "etc/systemd/system/live.service": SERVICE
        + "StateDirectory=live live/%p-%%\nRuntimeDirectory=live\nLogsDirectory=live\n",
        "etc/systemd/system/dyn.service": SERVICE
        + "DynamicUser=yes\nStateDirectory=dyn\nCacheDirectory=dyn\n",
    }
    seen = booted(Machine(files=files), CHECK)
    assert seen.code == 0, seen
    found = {item.path: item for item in parse_units(seen.out)}
    assert found[b"/run/live"].running and found[b"/run/live"].unit == "live.service"
    assert {b"/var/lib/live", b"/var/lib/live/live-%", b"/var/log/live"} <= set(found)
    assert found[b"/var/lib/private/dyn"].link == b"/var/lib/dyn"
    assert found[b"/var/cache/private/dyn"].link == b"/var/cache/dyn"
    assert b"READLINK=private/dyn\n" in seen.out


def test_tmpfiles_makes_what_is_foretold(tmp_path: Path) -> None:
    """Whatever lines say, a path that is foretold is there, of that kind, with that content."""
    (tmp_path / "etc/tmpfiles.d").mkdir(parents=True)
    (tmp_path / "etc/tmpfiles.d/x.conf").write_bytes(LINES)
    command = ["systemd-tmpfiles", "--create", "--boot", f"--root={tmp_path}"]
    subprocess.run(command, check=False, capture_output=True)
    lines = read_tmpfiles(tmp_path)
    made = {path.name for path in tmp_path.iterdir()} - {"etc"}
    assert {os.fsdecode(line.path.split(b"/")[1]) for line in lines} == made
    for line in lines:
        place = os.fsencode(tmp_path) + line.path
        assert stat.S_IFMT(os.lstat(place).st_mode) == line.kind, line
        if line.kind == stat.S_IFLNK:
            assert os.readlink(place) == line.content
        if line.kind == stat.S_IFREG:
            assert Path(os.fsdecode(place)).read_bytes() == line.content, line


@pytest.mark.parametrize("count", range(1, len(IGNORES) + 1))
def test_patterns_mean_what_they_mean_to_git(tmp_path: Path, count: int) -> None:
    patterns = IGNORES[:count]
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    (tmp_path / ".git/info/exclude").write_text("\n".join(patterns) + "\n")
    paths = [f"{one}/{two}/{three}" for one in NAMES for two in NAMES for three in NAMES[:6]]
    given = b"\0".join(os.fsencode(path) for path in paths)
    command = ["git", "-C", tmp_path, "check-ignore", "-z", "--stdin", "--no-index"]
    told = subprocess.run(command, input=given, capture_output=True, check=False).stdout
    ignore = Ignore(patterns)

    def ignored(path: bytes) -> bool:
        parts = path.split(b"/")
        above = [b"/" + b"/".join(parts[:depth]) for depth in range(1, len(parts))]
        if any(ignore.match(place, is_directory=True) for place in above):
            return True
        return ignore.match(b"/" + path, is_directory=False) is not None

    ours = {path for path in map(os.fsencode, paths) if ignored(path)}
    assert ours == set(filter(None, told.split(b"\0")))
