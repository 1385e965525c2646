"""The two services that bring kept paths back."""

from collections.abc import Iterator
from pathlib import PurePosixPath

import pytest

from petrichor.model.declaration import Phase
from petrichor.model.plan import Bind, KeepPlan, Make
from petrichor.render.keep import keep_text
from petrichor.render.target import make_target
from tests.unit.render import reading
from tests.unit.render.test_tmpfiles import place

TARGET = make_target("dracut", ["mount=/b/mount"])
BIND = Bind(source=PurePosixPath("/p/x"), target=PurePosixPath("/x"), options=("bind",))


def plan(*places, binds: tuple[Bind, ...] = (BIND,)) -> KeepPlan:
    needed = (PurePosixPath("/"), PurePosixPath("/a store%"))
    return KeepPlan(places=places, binds=binds, mounts_needed=needed, stores_needed=needed[1:])


def read(found: KeepPlan, phase: Phase) -> Iterator[tuple[str, str]]:
    text = keep_text(found, phase, TARGET, ["petrichor-writable.service"])
    yield from ((key.decode(), value.decode()) for _, key, value in reading.settings(text.encode()))


def values(found: KeepPlan, phase: Phase, key: str) -> list[str]:
    return [value for name, value in read(found, phase) if name == key]


def test_one_run_makes_and_one_mounts() -> None:
    assert values(plan(), Phase.INITRD, "ExecStart") == [
        "-systemd-tmpfiles --create /usr/lib/petrichor/initrd.tmpfiles",
        "/b/mount --all --fstab /usr/lib/petrichor/initrd.fstab --target-prefix /sysroot",
    ]
    assert values(plan(), Phase.SYSTEM, "ExecStart") == [
        "-systemd-tmpfiles --create /run/petrichor/system.tmpfiles",
        "/b/mount --all --fstab /run/petrichor/system.fstab",
    ]
    assert len(values(plan(binds=()), Phase.SYSTEM, "ExecStart")) == 1


def test_without_the_store_nothing_is_done() -> None:
    for phase, below in ((Phase.INITRD, "/sysroot"), (Phase.SYSTEM, "")):
        assert values(plan(), phase, "AssertPathIsMountPoint") == [f"{below}/a store%%"]
        (needed,) = values(plan(), phase, "RequiresMountsFor")
        words = [reading.specifiers(w) for w in reading.words(needed.encode(), escapes=False)]
        assert words == [(below or "/").encode(), f"{below}/a store%".encode()]


def test_it_comes_before_whoever_looks() -> None:
    (before,) = values(plan(), Phase.INITRD, "Before")
    assert {"initrd-parse-etc.service", "initrd-fs.target"} <= set(before.split())
    (before,) = values(plan(), Phase.SYSTEM, "Before")
    assert "local-fs.target" in before.split()
    (after,) = values(plan(), Phase.INITRD, "After")
    assert {"sysroot.mount", "petrichor-writable.service"} <= set(after.split())
    assert values(plan(), Phase.INITRD, "DefaultDependencies") == ["no"]


@pytest.mark.parametrize("phase", Phase)
def test_files_made_by_commands_are_nobody_elses_to_read(phase: Phase) -> None:
    hostile = plan(place("/p/a\nb", Make.FILE, mode=0o600))
    assert values(hostile, phase, "UMask") == ["0077"]
    assert values(plan(), phase, "UMask") == []
    lines = values(hostile, phase, "ExecStart")
    assert len(lines) == 4 and all(line.startswith("-") for line in lines[:3])
