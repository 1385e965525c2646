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

LOOK = """
    while systemctl show -p SubState petrichor-boot.service | grep -q -e running -e start; do sleep 0.1; done
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
        (folder / "c.toml").write_text(DECLARATION.format(reset=reset))
        tool = f"--tool=petrichor={petrichor.PROGRAM}"
        system = rendered.render(folder / "c.toml", folder / "out", tool) / "system"
        self.home.mkdir(parents=True)
        self.files = {
            **files_below(system / UNITS, f"/{UNITS}"),
            **petrichor.FILES,
            "/etc/passwd": f"{passwd}worker:x:1000:1000::/home/worker:/bin/sh\n",
            "/etc/group": f"{group}worker:x:1000:\n",
        }
        self.run_files = folder / "run"
        self.system = system

    def boot(self, **more: Any) -> tuple[Booted, dict[str, Any]]:
        """One boot; gives what the service after boot had written, too."""
        self.number += 1
        run = self.run_files / str(self.number)
        for file in (self.system / FILES).iterdir():
            write(run, file.name, file.read_bytes())
        machine = Machine(
            files=self.files,
            modes=petrichor.MODES,
            binds={"/persist": self.persist, "/run/petrichor": run, **petrichor.binds()},
            target="multi-user.target",
            **more,
        )
        result = self.run(machine, LOOK.replace("BOOT", str(self.number)), timeout=120)
        status = run / "status.json"
        return result, json.loads(status.read_text()) if status.exists() else {}

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
    boots = set()
    for number in (1, 2, 3):
        result, status = machine.boot()
        assert (result.code, result.err) == (0, "success\n"), str(result)
        assert status["good"] is True, (number, status)
        boots.add(status["boot"])
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
