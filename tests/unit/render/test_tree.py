"""The whole boot path: as recorded in `golden/`, and what holds for every declaration.

`PETRICHOR_GOLDEN=write` records it anew; the difference is for the reviewer to read.
"""

import os
import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path, PurePosixPath

import pytest

from petrichor.model.declaration import Phase
from petrichor.model.names import unit_of
from petrichor.render.target import Kind, make_target
from petrichor.render.tree import render, tmpfiles_of
from tests.unit.render import reading
from tests.unit.render.declarations import CASES

GOLDEN = Path(__file__).parent / "golden"
TOOLS = [f"{name}=/nix/store/tools/bin/{name}" for name in ("zfs", "mount", "mv", "petrichor")]
BOTH = [(name, kind) for name in CASES for kind in Kind]
INTERPRETERS = {b"sh", b"bash", b"dash", b"busybox", b"python", b"python3", b"perl", b"lua", b"env"}


def tree(name: str, kind: Kind) -> Mapping[PurePosixPath, str]:
    tools = TOOLS if kind is Kind.NIXOS else []
    return render(CASES[name].plan(), make_target(kind, tools), '{"volumes": {}}\n')


def units(files: Mapping[PurePosixPath, str]) -> dict[PurePosixPath, list[tuple[str, str, str]]]:
    suffixes = {".service", ".mount", ".path", ".conf", ".target"}
    return {
        path: [
            (a.decode(), b.decode(), c.decode()) for a, b, c in reading.settings(os.fsencode(text))
        ]
        for path, text in files.items()
        if path.suffix in suffixes
    }


def one_text(files: Mapping[PurePosixPath, str]) -> str:
    return "".join(f"==> {path} <==\n{text}\n" for path, text in files.items())


@pytest.mark.parametrize(("name", "kind"), BOTH)
def test_the_boot_path_is_as_recorded(name: str, kind: Kind) -> None:
    place = GOLDEN / f"{name}.{kind}.txt"
    text = os.fsencode(one_text(tree(name, kind)))
    if os.environ.get("PETRICHOR_GOLDEN") == "write":
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(text)
    assert os.fsdecode(place.read_bytes()) == os.fsdecode(text), (
        "record it with PETRICHOR_GOLDEN=write and review the difference"
    )


def test_nothing_recorded_is_left_over() -> None:
    assert {path.name for path in GOLDEN.iterdir()} == {f"{n}.{k}.txt" for n, k in BOTH}


@pytest.mark.parametrize(("name", "kind"), BOTH)
def test_units_are_text_that_systemd_reads_and_name_no_interpreter(name: str, kind: Kind) -> None:
    files = tree(name, kind)
    assert not any(part.endswith((".wants", ".requires")) for path in files for part in path.parts)
    for path, found in units(files).items():
        assert found, path
        for section, key, value in found:
            assert section in ("Unit", "Service", "Mount", "Path"), (path, section)
            assert re.fullmatch("(X-)?[A-Za-z]+", key), (path, key)
            if key.startswith("Exec"):
                first, *_ = reading.command(value.lstrip("-").encode())
                assert first.rpartition(b"/")[2] not in INTERPRETERS, (path, value)
    early = {path: text for path, text in files.items() if "initrd" in path.parts}
    assert not any(
        "petrichor boot" in text for path, text in early.items() if "handover" not in path.parts
    )
    for path, text in early.items():
        assert text.isascii() or path.suffix in (".tmpfiles", ".json"), path


@pytest.mark.parametrize(("name", "kind"), BOTH)
def test_every_unit_of_ours_is_there_and_pulled_in(name: str, kind: Kind) -> None:
    for part in ("initrd", "system"):
        found = {
            p: s
            for p, s in units(tree(name, kind)).items()
            if p.parts[0] == part and "handover" not in p.parts
        }
        there = {path.name for path in found if path.suffix != ".conf"}
        pulled = {
            word
            for settings in found.values()
            for _, key, value in settings
            if key in ("Wants", "Requires")
            for word in value.split()
        }
        assert {item for item in pulled if item.startswith("petrichor-")} <= there
        pulled |= {
            value
            for settings in found.values()
            for _, key, value in settings
            if key in ("Unit", "OnSuccess")
        }
        assert there <= pulled, "a unit that nothing pulls in never runs"


@pytest.mark.parametrize(("name", "kind"), BOTH)
def test_there_is_no_circle_among_our_units(name: str, kind: Kind) -> None:
    """With what systemd's own units say about the order of the boot: bootup(7)."""
    for part, known in (("initrd", INITRD_ORDER), ("system", SYSTEM_ORDER)):
        edges = {(a, b) for a, b in known}
        for path, settings in units(tree(name, kind)).items():
            if path.parts[0] == part and "handover" not in path.parts:
                unit = path.parent.name.removesuffix(".d") if path.suffix == ".conf" else path.name
                edges |= set(orders(unit, settings))
        assert circle(edges) == set()


def circle(edges: set[tuple[str, str]]) -> set[str]:
    left = {unit for edge in edges for unit in edge}
    while free := {unit for unit in left if not any(b == unit and a in left for a, b in edges)}:
        left -= free
    return left


def test_a_circle_would_be_seen() -> None:
    assert circle({("a", "b"), ("b", "c"), ("c", "b"), ("x", "y")}) == {"b", "c"}
    late = [("Unit", "After", "initrd-fs.target"), ("Unit", "Before", "sysroot.mount")]
    assert "late" in circle({*INITRD_ORDER, *orders("late", late)})


def orders(unit: str, settings: list[tuple[str, str, str]]) -> Iterator[tuple[str, str]]:
    for _, key, value in settings:
        if key in ("After", "Before"):
            for other in value.split():
                yield (other, unit) if key == "After" else (unit, other)
        elif key == "RequiresMountsFor":
            for word in reading.words(value.encode(), escapes=False):
                yield from (
                    (name, unit) for name in mounts_above(reading.specifiers(word).decode())
                )
        elif key == "Where":
            yield from ((name, unit) for name in mounts_above(value) if name != unit)


def mounts_above(path: str) -> list[str]:
    return [unit_of(up, "mount") for up in (PurePosixPath(path), *PurePosixPath(path).parents)]


def chain(*names: str) -> list[tuple[str, str]]:
    return list(pairwise(names))


INITRD_ORDER = [
    *chain("systemd-hibernate-resume.service", "local-fs-pre.target", "sysroot.mount"),
    *chain(
        "zfs-import.target", "dracut-pre-mount.service", "sysroot.mount", "initrd-root-fs.target"
    ),
    *chain(
        "initrd-root-fs.target", "initrd-parse-etc.service", "initrd-fs.target", "initrd.target"
    ),
    *chain("initrd-root-fs.target", "initrd-usr-fs.target", "initrd.target"),
    *chain("initrd.target", "initrd-cleanup.service", "initrd-switch-root.target"),
    *chain("sysinit.target", "basic.target", "initrd.target"),
]
SYSTEM_ORDER = [
    *chain("-.mount", "systemd-remount-fs.service", "local-fs-pre.target", "local-fs.target"),
    *chain("local-fs.target", "systemd-tmpfiles-setup.service", "sysinit.target", "basic.target"),
    *chain("basic.target", "multi-user.target"),
    *chain("local-fs.target", "systemd-machine-id-commit.service"),
]


def test_a_value_of_the_machine_brings_no_line_of_its_own() -> None:
    files = tree("zfs-retire", Kind.DRACUT)
    (path,) = [path for path in files if path.name == "petrichor-reset@-.service"]
    lines = [value for _, key, value in units(files)[path] if key == "ExecStart"]
    (clone,) = [line for line in lines if " clone " in line]
    words = reading.command(clone.lstrip("-").encode())
    assert b'x:y=one\n[Service]\nExecStart=/evil % $HOME \\ " end' in words


def test_the_initrd_hands_over_exactly_the_real_systems_files() -> None:
    files = tree("zfs-retire", Kind.DRACUT)
    system = PurePosixPath("system/usr/lib")
    handover = PurePosixPath("initrd/usr/lib/petrichor/handover")
    for ours, theirs in (("systemd/system", "units"), ("petrichor", "files")):
        one, other = (
            {
                path.relative_to(top): text
                for path, text in files.items()
                if path.is_relative_to(top)
            }
            for top in (system / ours, handover / theirs)
        )
        assert one == other and one


def test_a_declared_machine_id_is_on_the_kernel_command_line() -> None:
    line = tree("emergency", Kind.DRACUT)[PurePosixPath("kernel-cmdline")]
    assert line == "systemd.machine_id=0123456789abcdef0123456789abcdef\n"
    assert tree("zfs-retire", Kind.DRACUT)[PurePosixPath("kernel-cmdline")] == ""


def test_tools_of_every_command_are_in_the_initrd() -> None:
    for name in CASES:
        files = tree(name, Kind.DRACUT)
        setup = files[PurePosixPath("dracut/90petrichor/module-setup.sh")]
        (line,) = [line for line in setup.splitlines() if "inst_multiple" in line]
        for path, found in units(files).items():
            if path.parts[0] == "initrd" and "handover" not in path.parts:
                for _, key, value in found:
                    if key.startswith("Exec"):
                        tool = reading.command(value.lstrip("-").encode())[0].decode()
                        assert tool in line.split(), (name, path, tool)


def test_each_phase_has_its_own_places() -> None:
    plan = CASES["zfs-retire"].plan()
    early, late = (tmpfiles_of(plan, phase) for phase in Phase)
    assert "/sysroot/persist/root/var/log " in early and "/home/alice" not in early
    assert " /home/alice/Documents " in late and "/sysroot" not in late
