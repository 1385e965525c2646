"""The units of files that are copied."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath as P

import pytest

from petrichor.model.declaration import Phase
from petrichor.model.names import watch_unit
from petrichor.model.plan import Copy
from petrichor.render.copy import AGAIN_UNIT, LAST_UNIT, SAVE_UNIT, copy_text, save_units
from petrichor.render.target import make_target
from tests.unit.render import reading

TARGET = make_target("dracut", ["cp=/b/cp"])
NAME = 'a %$1\\2 "b'
COPY = Copy(
    source=P(f"/p/s/home/{NAME}"),
    target=P(f"/home/{NAME}"),
    mounts_needed=(P("/home"), P("/p")),
    stores_needed=(P("/p"),),
    way=(P("/home/x"), P("/p/s")),
)


def values(text: str, key: str) -> list[bytes]:
    return [value for _, name, value in reading.settings(text.encode()) if name == key.encode()]


def plain(text: str, key: str) -> list[bytes]:
    return [reading.specifiers(value) for value in values(text, key)]


def commands(text: str) -> Iterator[list[bytes]]:
    for value in values(text, "ExecStart"):
        yield list(reading.command(value))


@pytest.mark.parametrize(("phase", "top"), [(Phase.INITRD, b"/sysroot"), (Phase.SYSTEM, b"")])
def test_one_command_copies_and_the_mark_comes_last(phase: Phase, top: bytes) -> None:
    copy, mark = commands(copy_text(COPY, phase, TARGET, ()))
    name = NAME.encode()
    assert (copy[0], copy[-3:]) == (
        b"/b/cp",
        [b"--", top + b"/p/s/home/" + name, top + b"/home/" + name],
    )
    assert {b"--archive", b"--remove-destination", b"--no-target-directory"} <= set(copy)
    where = b"/run/petrichor/copied/home-a\\x20\\x25\\x241\\x5c2\\x20\\x22b"
    assert mark == [b"mkdir", b"-p", b"--", where]


@pytest.mark.parametrize(("phase", "top"), [(Phase.INITRD, b"/sysroot"), (Phase.SYSTEM, b"")])
def test_it_needs_the_store_and_follows_no_link(phase: Phase, top: bytes) -> None:
    text = copy_text(COPY, phase, TARGET, ["petrichor-keep.service"])
    assert plain(text, "AssertPathIsMountPoint") == [top + b"/p"]
    links = plain(text, "AssertPathIsSymbolicLink")
    assert links == [b"!" + top + b"/home/x", b"!" + top + b"/p/s"]
    assert top + b"/p/s/home/" + NAME.encode() in plain(text, "ConditionPathExists")
    assert values(text, "After") == [b"petrichor-keep.service"]


def test_it_copies_once_and_never_after_the_boot() -> None:
    text = copy_text(COPY, Phase.SYSTEM, TARGET, ())
    _, mark = commands(text)
    conditions = plain(text, "ConditionPathExists")
    assert {b"!" + mark[-1], b"!/run/petrichor/status.json"} <= set(conditions)


def test_the_mark_goes_with_a_volume_of_the_real_system() -> None:
    text = copy_text(COPY, Phase.SYSTEM, TARGET, ())
    _, mark = commands(text)
    (stop,) = values(text, "ExecStop")
    assert list(reading.command(stop.removeprefix(b"-"))) == [b"rm", b"-d", b"--", mark[-1]]
    assert not values(copy_text(COPY, Phase.INITRD, TARGET, ()), "ExecStop")


def test_nothing_is_copied_nothing_is_watched() -> None:
    assert save_units([], TARGET) == {}


def test_what_changes_is_saved_however_often() -> None:
    units = save_units([COPY], TARGET)
    watch = units[watch_unit(COPY.target)]
    assert plain(watch, "PathChanged") == [b"/home/" + NAME.encode()]
    assert values(watch, "Unit") == [SAVE_UNIT.encode()]
    assert values(units[SAVE_UNIT], "StartLimitIntervalSec") == [b"0"]


def test_what_changes_while_one_saving_ends_is_seen_by_another() -> None:
    units = save_units([COPY], TARGET)
    assert values(units[SAVE_UNIT], "OnSuccess") == [AGAIN_UNIT.encode()]
    assert not values(units[AGAIN_UNIT], "OnSuccess")


def test_each_file_is_watched_by_a_unit_of_its_own() -> None:
    """One that misses a file drops what it knows of the others: see tests/root/test_saving.py."""
    other = replace(COPY, target=P("/home/other"))
    units = save_units([COPY, other], TARGET)
    assert [
        len(values(units[watch_unit(item.target)], "PathChanged")) for item in (COPY, other)
    ] == [1, 1]


def test_the_last_saving_is_after_the_users_and_before_the_filesystems_go() -> None:
    text = save_units([COPY], TARGET)[LAST_UNIT]
    assert not values(text, "ExecStart")
    assert len(values(text, "ExecStop")) == 1
    (after,), (before,) = values(text, "After"), values(text, "Before")
    assert {b"home.mount", b"p.mount", b"local-fs.target"} <= set(after.split())
    assert {b"sysinit.target", b"systemd-user-sessions.service"} <= set(before.split())
    assert b"shutdown.target" in before.split()
    assert values(text, "Conflicts") == [b"shutdown.target"]
