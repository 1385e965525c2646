"""A machine that forgets, boot after boot, with a real PID 1 and without any initrd."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from petrichor.model.names import parse_retired
from tests.root.harness import petrichor, rendered
from tests.root.harness.boot import Booted, Machine, write
from tests.root.harness.rendered import FILES, UNITS, files_below

pytestmark = [pytest.mark.boots, petrichor.needs_same_python]

DECLARATION = """\
[volumes."/home"]
backend = "directory"
directory = "/persist/volumes/home"
reset = "{reset}"

[filesystems."/persist"]
type = "ext4"
device = "/dev/disk/by-label/persist"

[persistence."/persist/root".users.worker]
home = "/home/worker"
directories = ["Documents"]
"""

WAIT = """
    while systemctl show -p SubState petrichor-boot.service | grep -q -e running -e start; do sleep 0.1; done
"""
KEEP = """
    petrichor="petrichor --config /persist/petrichor.toml --yes"
    profile=/home/worker/.mozilla/firefox/profile
    mkdir -p $profile; echo secret >$profile/logins.json
    chown -R 1000:1000 /home/worker/.mozilla; chmod 600 $profile/logins.json
    $petrichor diff
    $petrichor keep /home/worker/.mozilla
    echo since >$profile/places.sqlite
"""
LOSE = """
    cat /home/worker/.mozilla/firefox/profile/*
    stat -c %u:%a /home/worker/.mozilla/firefox/profile/logins.json
    echo dear >/home/worker/letter; chown 1000:1000 /home/worker/letter
"""
FIND = """
    petrichor="petrichor --config /persist/petrichor.toml --yes"
    cat /home/worker/letter
    $petrichor history
    $petrichor restore /home/worker/letter
    cat /home/worker/letter; stat -c %u /home/worker/letter
"""

LOOK = """
    systemctl show --value -p Result petrichor-boot.service >&2
    systemctl --failed --no-legend --plain >&2
    touch /home/naughty-BOOT /home/worker/naughty-BOOT
    echo BOOT >>/home/worker/Documents/kept
"""


class Forgetful:
    """A machine of many boots: its tree is new at each, as if blank; its store is not."""

    def __init__(self, folder: Path, tree: Path, run: Callable[..., Booted], reset: str) -> None:
        self.run, self.persist, self.number = run, folder / "persist", 0
        self.home = self.persist / "volumes/home"
        passwd, group = ((tree / "etc" / name).read_text() for name in ("passwd", "group"))
        self.home.mkdir(parents=True)
        self.config = self.persist / "petrichor.toml"
        self.config.write_text(DECLARATION.format(reset=reset))
        self.run_files = folder / "run"
        self.folder = folder
        self.render()
        self.files = {
            **petrichor.FILES,
            "/etc/passwd": f"{passwd}worker:x:1000:1000::/home/worker:/bin/sh\n",
            "/etc/group": f"{group}worker:x:1000:\n",
        }

    def render(self) -> None:
        """What the next boots read, as the declaration is now."""
        output = self.folder / f"out-{self.number}"
        tool = f"--tool=petrichor={petrichor.PROGRAM}"
        self.system = rendered.render(self.config, output, tool) / "system"

    def boot(self, script: str = LOOK, **more: Any) -> tuple[Booted, dict[str, Any]]:
        """One boot; gives what the service after boot had written, too."""
        self.number += 1
        run = self.run_files / str(self.number)
        for file in (self.system / FILES).iterdir():
            write(run, file.name, file.read_bytes())
        machine = Machine(
            files={**files_below(self.system / UNITS, f"/{UNITS}"), **self.files},
            modes=petrichor.MODES,
            binds={"/persist": self.persist, "/run/petrichor": run, **petrichor.binds()},
            target="multi-user.target",
            **more,
        )
        result = self.run(machine, (WAIT + script).replace("BOOT", str(self.number)), timeout=120)
        status = run / "status.json"
        return result, json.loads(status.read_text()) if status.exists() else {}

    def noted(self) -> dict[str, Any]:
        """What the store remembers of its one kept path."""
        record = self.persist / "root/.petrichor/declared.json"
        (noted,) = json.loads(record.read_text())["declared"]
        return noted

    def retired(self) -> list[set[str]]:
        """What each retired directory holds at its top, oldest first."""
        places = sorted((self.persist / "volumes/retired").iterdir())
        assert all(parse_retired(place.name) is not None for place in places)
        return [{f.name for f in place.iterdir()} for place in places]


Make = Callable[[str], Forgetful]


@pytest.fixture
def forgetful(tmp_path: Path, tree: Path, booted: Callable[..., Booted]) -> Make:
    return lambda reset: Forgetful(tmp_path, tree, booted, reset)


def test_three_boots_retire(forgetful: Make) -> None:
    machine = forgetful("retire")
    write(machine.home, "naughty-0", "")
    boots, noted = set(), []
    for number in (1, 2, 3):
        result, status = machine.boot()
        assert (result.code, result.err) == (0, "success\n"), str(result)
        assert status["good"] is True, (number, status)
        boots.add(status["boot"])
        noted.append(machine.noted())
        assert noted[-1]["path"] == "/home/worker/Documents"
        assert noted[-1]["last"]["boot"] == status["boot"]
        assert noted[-1]["first"] == noted[0]["last"]
        names = {f.name for f in machine.home.iterdir()}
        assert names == {".petrichor-canary", f"naughty-{number}", "worker"}
        assert {f.name for f in (machine.home / "worker").iterdir()} == {
            f"naughty-{number}",
            "Documents",
        }
    assert (machine.persist / "root/home/worker/Documents/kept").read_text() == "1\n2\n3\n"
    assert len(boots) == 3
    # A name tells the second: within one, boots have no order.
    old = [[name for name in names if "naughty" in name] for names in machine.retired()]
    assert sorted(old) == [["naughty-0"], ["naughty-1"], ["naughty-2"]]


def test_rollback_deletes_what_was_set_aside(forgetful: Make) -> None:
    machine = forgetful("rollback")
    write(machine.home, "naughty-0", "")
    for _ in (1, 2):
        result, _ = machine.boot()
        assert (result.code, result.err) == (0, "success\n"), str(result)
    assert not (machine.home / "naughty-1").exists()
    assert machine.retired() == []
    assert (machine.persist / "root/home/worker/Documents/kept").read_text() == "1\n2\n"


def test_skipped_on_the_kernel_command_line(forgetful: Make) -> None:
    machine = forgetful("retire")
    machine.boot()
    result, _ = machine.boot(kernel_cmdline=("petrichor.reset=no",))
    assert result.code == 0 and not result.emergency, str(result)
    names = {f.name for f in machine.home.iterdir()}
    assert {"naughty-1", "naughty-2"} <= names
    assert (machine.persist / "root/home/worker/Documents/kept").read_text() == "1\n2\n"
    assert len(machine.retired()) == 1


def test_a_masked_reset_is_told(forgetful: Make) -> None:
    machine = forgetful("retire")
    machine.boot()
    mask = {"/etc/systemd/system/petrichor-reset@home.service": "/dev/null"}
    result, status = machine.boot(links=mask)
    assert "exit-code" in result.err and "petrichor-boot.service" in result.err, str(result)
    assert status["good"] is False
    assert status["volumes"][0]["state"] == "not reset"
    assert "was not reset" in result.journal, str(result)
    assert (machine.home / "naughty-1").exists()


def test_as_a_newcomer(forgetful: Make) -> None:
    """What `diff` shows is kept, and there after a boot; what a boot lost comes back."""
    machine = forgetful("retire")
    result, _ = machine.boot(KEEP)
    said = result.out.decode()
    assert result.code == 0 and "Firefox" in said, str(result)
    assert "adopted /home/worker/.mozilla: 1 file, 7 bytes" in result.err, str(result)
    assert "petrichor render" in result.err, str(result)
    machine.render()
    result, status = machine.boot(LOSE)
    assert status["good"] is True, status
    assert result.out.decode() == "secret\nsince\n1000:600\n", str(result)
    result, _ = machine.boot(FIND)
    assert "restored /home/worker/letter" in result.err, str(result)
    assert result.out.decode().endswith("dear\n1000\n"), str(result)
