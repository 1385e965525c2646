"""The loss: what is foretold is compared, entry for entry, with what a real reset takes."""

import json
import os
from pathlib import Path
from typing import Any

from tests.vm import host
from tests.vm.image import Image
from tests.vm.machine import Boot, Drive, Job, Machine
from tests.vm.subject import HERE, SIZE, product
from tests.vm.verdict import Verdict

ROWS = {"rollback": 60, "hint": 60, "attributes": 3, "attributes-hint": 3, "retire": 40}


def loss(image: Image, place: Path, verdict: Verdict) -> None:
    """Predict, reset, list; and race with `zfs diff`."""
    place.mkdir(parents=True)
    disk = place / "system"
    disk.touch()
    os.truncate(disk, SIZE)
    machine = Machine(image, place, [Drive(serial="system", path=disk)], "")
    machine.initrd = image.installer
    machine.cpus = max(machine.cpus, 2)  # as machines have: `petrichor diff` uses both in the race
    jobs = HERE / "jobs"
    job = Job(script=(jobs / "library.sh").read_text() + (jobs / "loss.sh").read_text())
    job.files["product.tar"] = product()
    job.files["loss.py"] = (HERE / "guest/loss.py").read_bytes()
    boot = machine.boot(job)
    host.say(f"vm: {verdict.name}: boot 1 took {boot.seconds:.0f} s")
    for name, least in ROWS.items():
        found = _read(boot, f"{name}.json")
        verdict.equal(found["wrong"], [], f"{name}: what is foretold is what a reset takes")
        verdict.that(found["rows"] >= least, f"{name}: at least {least} rows", found["rows"])
    verdict.equal(_read(boot, "hint-linked.json"), None, "a changed file of two names is no hint")
    left = [line for line in boot["mounts"].splitlines() if "@" in line or "petrichor" in line]
    verdict.equal(left, [], "nothing of petrichor's stays mounted")
    _race(verdict, _read(boot, "time.json"))


def _race(verdict: Verdict, found: dict[str, Any]) -> None:
    seconds = found["seconds"]
    ratio = seconds["zfs"] / seconds["petrichor"]
    verdict.notes.append(
        f"{found['rows']} rows: zfs diff {seconds['zfs']:.1f} s, petrichor diff "
        f"{seconds['petrichor']:.2f} s ({ratio:.0f} times faster), find {seconds['find']:.2f} s"
    )
    verdict.equal(found["rows"], 2000 + 20000 + 1, "every row is foretold")
    verdict.equal(found["names"], ["added", "added"], "both names of a new file are foretold")
    verdict.that(not all(found["listed by zfs"]), "zfs diff tells one of them", found)


def _read(boot: Boot, name: str) -> Any:
    return json.loads(boot[name])
