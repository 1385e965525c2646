"""What systemd itself says about the rendered units."""

import json
import os
import shlex
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from petrichor.model.names import escape_unit, unit_of
from tests.root.harness import rendered
from tests.root.harness.boot import Booted, Machine, write
from tests.root.harness.hostile import NAMES, mounted
from tests.root.harness.rendered import FILES, UNITS, files_below

FULL = Path(__file__).parent / "declarations/full.toml"
"""One of everything: all backends, both ways to reset, both phases, names with spaces and `%`."""

PATHS = [b"/", b"/root", b"/home/alice", b"/.hidden/x-y", b"/a/.b/-c"]
PATHS += [b"/srv/" + name for name in NAMES.values()]
PATHS += [b"/" + name for name in NAMES.values()]


@pytest.mark.parametrize("path", PATHS, ids=repr)
def test_unit_names_are_those_of_systemd_escape(path: bytes) -> None:
    def said(*options: bytes) -> bytes:
        command = [b"systemd-escape", b"--path", *options, b"--", path]
        return subprocess.run(command, check=True, capture_output=True).stdout[:-1]

    assert os.fsencode(escape_unit(os.fsdecode(path))) == said()
    if len(said()) < 249:
        assert os.fsencode(unit_of(os.fsdecode(path), "mount")) == said(b"--suffix=mount")


@pytest.fixture
def tools() -> Iterator[None]:
    """Tools that units name and this machine may lack: in the ring's own mount namespace."""
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/usr/local/sbin"], check=True)
    for name in ("zfs", "zpool", "btrfs", "petrichor"):
        write(Path("/usr/local/sbin"), name, "#!/bin/sh\n", 0o755)
    yield
    subprocess.run(["umount", "/usr/local/sbin"], check=True)


def unit_folders(output: Path) -> list[Path]:
    """Every folder of units that was written, also the one inside the initrd."""
    return sorted({f.parent for f in output.rglob("petrichor-*.service")})


@pytest.mark.usefixtures("tools")
@pytest.mark.parametrize("target", ["dracut", "nixos"])
def test_systemd_analyze_verify_is_silent(tmp_path: Path, target: str) -> None:
    output = rendered.render(FULL, tmp_path / "out", target=target)
    folders = unit_folders(output)
    assert len(folders) == {"dracut": 3, "nixos": 2}[target]
    for folder in folders:
        units = [str(f) for f in sorted(folder.iterdir()) if f.is_file()]
        done = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", *units],  # the man page is not installed here
            env={"PATH": os.environ["PATH"], "SYSTEMD_UNIT_PATH": f"{folder}:"},
            text=True, capture_output=True, check=False,
        )  # fmt: skip
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.usefixtures("tools")
def test_verify_would_have_spoken(tmp_path: Path) -> None:
    unit = tmp_path / "wrong.service"
    unit.write_text("[Service]\nType=oneshot\nExecStart=/none\nNoSuchSetting=1\n")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "NoSuchSetting" in done.stderr and "/none" in done.stderr


INTERPRETERS = ("sh", "bash", "dash", "busybox", "python", "perl", "awk", "env", "petrichor")


@pytest.mark.parametrize("target", ["dracut", "nixos"])
def test_no_interpreter_runs_in_the_initrd(tmp_path: Path, target: str) -> None:
    initrd = rendered.render(FULL, tmp_path / "out", target=target) / "initrd"
    seen = 0
    for unit in (f for f in initrd.rglob("*.service") if "handover" not in f.parts):
        for line in unit.read_text(encoding="ascii").splitlines():
            if line.startswith("Exec"):
                words = shlex.split(line.partition("=")[2].lstrip("-+!:@"))
                assert os.path.basename(words[0]).rstrip("0123456789.") not in INTERPRETERS, line
                seen += 1
    assert seen > 10


# A mount point that is a key of JSON: text, and short enough for a unit's name.
TEXTS = {
    k: n for k, n in NAMES.items() if len(n) < 60 and n.decode("utf-8", "ignore").encode() == n
}


def volumes(names: list[bytes]) -> bytes:
    table = {
        f"/srv/{name.decode()}": {
            "backend": "directory",
            "directory": f"/persist/volumes/{name.decode()}",
            "reset": "retire",
        }
        for name in names
    }
    persist = {"type": "ext4", "device": "/dev/disk/by-label/persist"}
    return json.dumps({"volumes": table, "filesystems": {"/persist": persist}}).encode()


def accepted(tmp_path: Path) -> list[bytes]:
    """Which of the names may be volumes: those that are not are refused, not mangled."""
    config = tmp_path / "one.json"
    names: list[bytes] = []
    for name in TEXTS.values():
        config.write_bytes(volumes([name]))
        try:
            rendered.render(config, tmp_path / f"one-{len(names)}")
        except rendered.RenderError as error:
            assert error.code == 2 and "hint" in error.said, error.said  # noqa: PT017
        else:
            names.append(name)
    return names


@pytest.mark.boots
def test_volumes_of_every_name_are_reset_and_mounted(
    tmp_path: Path, booted: Callable[..., Booted]
) -> None:
    names = accepted(tmp_path)
    assert {NAMES["space"], NAMES["percent"], NAMES["backslash"], NAMES["dash"]} <= set(names)
    (tmp_path / "c.json").write_bytes(volumes(names))
    system = rendered.render(tmp_path / "c.json", tmp_path / "out") / "system"
    persist = tmp_path / "persist"
    for name in names:
        write(persist / "volumes" / name.decode(), "naughty", name)
    machine = Machine(
        files=dict(files_below(system / UNITS, f"/{UNITS}")),
        binds={"/persist": persist, "/run/petrichor": system / FILES},
        target="local-fs.target",
    )
    result = booted(machine, "cat /proc/self/mountinfo; systemctl --failed --no-legend >&2")
    assert (result.code, result.err, result.emergency) == (0, "", False), str(result)
    found = mounted(result.out)
    for name in names:
        assert found[b"/srv/" + name].endswith(b"/persist/volumes/" + name)
        assert list((persist / "volumes" / name.decode()).iterdir()) == []
    retired = {f.read_bytes() for f in (persist / "volumes/retired").rglob("naughty")}
    assert retired == set(names)
