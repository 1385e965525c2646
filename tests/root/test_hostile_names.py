"""A path of any bytes goes from the declaration through every rendered file to a real mount."""

import json
import os
import re
import shlex
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from tests.root.harness import rendered
from tests.root.harness.boot import Booted, Machine
from tests.root.harness.hostile import NAMES, entry, mounted
from tests.root.harness.rendered import FILES, UNITS, files_below

KEEP = "petrichor-keep.service"
KEEP_INITRD = "petrichor-keep-initrd.service"


def declaration(volumes: list[str], persist: str, *, phase: str) -> bytes:
    """Every name as a directory, as a parent, as a file and as a link, on each volume."""
    directories, files = [], []
    for volume in map(os.fsencode, volumes):
        below = b"" if volume == b"/" else volume
        directories += [entry(below + b"/d/" + name) for name in NAMES.values()]
        directories += [entry(below + b"/p/" + name + b"/x/inner") for name in NAMES.values()]
        files += [entry(below + b"/f/" + n, "file", method="bind") for n in NAMES.values()]
        files += [entry(below + b"/l/" + n, "file", method="symlink") for n in NAMES.values()]
    text = {
        "volumes": {name: {"backend": "tmpfs", "phase": phase} for name in volumes},
        "filesystems": {persist: {"type": "ext4", "device": "/dev/disk/by-label/persist"}},
        "persistence": {f"{persist}/a store": {"directories": directories, "files": files}},
    }
    return json.dumps(text).encode()


def expected(volume: bytes) -> dict[bytes, bytes]:
    """From every kept path to its name inside the store."""
    kept = [b"/%s/%s" % (kind, name) for name in NAMES.values() for kind in (b"d", b"f")]
    kept += [b"/p/" + name + b"/x/inner" for name in NAMES.values()]
    return {volume + path: b"/a store" + volume + path for path in kept}


def commands(unit: Path, files: Path) -> list[list[bytes]]:
    """The unit's command lines, with the place that the files really have here."""
    lines = unit.read_text(encoding="ascii").splitlines()
    starts = [line.partition("=")[2].lstrip("-") for line in lines if line.startswith("ExecStart=")]
    return [[word(w, files) for w in shlex.split(line)] for line in starts]


def word(text: str, files: Path) -> bytes:
    """A word as systemd reads it: systemd.service(5), COMMAND LINES."""
    plain = text.replace("%%", "%").replace("$$", "$").replace("/run/petrichor", str(files))
    escaped = re.split(r"\\x(..)", plain)
    parts = [bytes.fromhex(p) if i % 2 else os.fsencode(p) for i, p in enumerate(escaped)]
    return b"".join(parts)


@pytest.fixture
def places(tmp_path: Path) -> Iterator[tuple[Path, Path]]:
    """A volume and a filesystem that survives; other tests must not meet what is mounted here."""
    both = tmp_path / "volume", tmp_path / "persist"
    for place in both:
        place.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(place)], check=True)
    yield both
    for place in both:
        subprocess.run(["umount", "--recursive", "--lazy", str(place)], check=True)


def test_rendered_lines_mount_every_name(tmp_path: Path, places: tuple[Path, Path]) -> None:
    volume, persist = places
    config = tmp_path / "c.json"
    config.write_bytes(declaration([str(volume)], str(persist), phase="system"))
    system = rendered.render(config, tmp_path / "out") / "system"
    for command in commands(system / UNITS / KEEP, system / FILES):
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
        assert (done.returncode, done.stderr.decode(errors="replace")) == (0, ""), command
    compare(Path("/proc/self/mountinfo").read_bytes(), expected(bytes(volume)))
    for target in expected(bytes(volume)):
        source = bytes(persist) + b"/a store" + target
        assert os.path.samefile(target, source)
    for name in NAMES.values():
        link = bytes(volume) + b"/l/" + name
        assert os.readlink(link) == bytes(persist) + b"/a store" + link
        Path(os.fsdecode(bytes(volume) + b"/f/" + name)).write_bytes(name)
        assert Path(os.fsdecode(bytes(persist / "a store") + bytes(volume) + b"/f/" + name)
                    ).read_bytes() == name  # fmt: skip


def compare(mountinfo: bytes, wanted: Mapping[bytes, bytes]) -> None:
    found = mounted(mountinfo)
    missing = [name for name in wanted if name not in found]
    assert missing == []
    assert {name: found[name] for name in wanted} == wanted


@pytest.mark.boots
def test_every_name_is_mounted_at_a_real_boot(
    tmp_path: Path, booted: Callable[..., Booted]
) -> None:
    (tmp_path / "c.json").write_bytes(declaration(["/srv"], "/persist", phase="system"))
    system = rendered.render(tmp_path / "c.json", tmp_path / "out") / "system"
    (tmp_path / "persist").mkdir()
    machine = Machine(
        files=dict(files_below(system / UNITS, f"/{UNITS}")),
        binds={"/persist": tmp_path / "persist", "/run/petrichor": system / FILES},
        target="local-fs.target",
    )
    result = booted(machine, "cat /proc/self/mountinfo")
    assert not result.emergency, str(result)
    compare(strip(result.out, bytes(tmp_path / "persist")), expected(b"/srv"))


INITRD_CHECK = f"""
set -e
mkdir -p /sysroot
mount -t tmpfs tmpfs /sysroot
mkdir /sysroot/persist
mount --bind /persist /sysroot/persist
touch /etc/initrd-release
systemctl start {KEEP_INITRD} >&2
cat /proc/self/mountinfo
"""


@pytest.mark.boots
def test_every_name_is_mounted_below_sysroot(tmp_path: Path, booted: Callable[..., Booted]) -> None:
    (tmp_path / "c.json").write_bytes(declaration(["/"], "/persist", phase="initrd"))
    initrd = rendered.render(tmp_path / "c.json", tmp_path / "out") / "initrd"
    (tmp_path / "persist").mkdir()
    unit = (initrd / UNITS / KEEP_INITRD).read_bytes()
    machine = Machine(
        files={f"/{UNITS}/{KEEP_INITRD}": unit, **files_below(initrd / FILES, f"/{FILES}")},
        binds={"/persist": tmp_path / "persist"},
    )
    result = booted(machine, INITRD_CHECK)
    assert (result.code, result.err) == (0, ""), str(result)
    wanted = {b"/sysroot" + path: source for path, source in expected(b"").items()}
    compare(strip(result.out, bytes(tmp_path / "persist")), wanted)


def strip(mountinfo: bytes, folder: bytes) -> bytes:
    """The store is a folder of this machine: take what leads to it from the mounts' roots."""
    return mountinfo.replace(b" " + folder + b"/", b" /")
