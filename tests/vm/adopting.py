"""Power cuts while something is kept: the machine is killed before one call of `petrichor keep`."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from tests.vm import declarations, host
from tests.vm.image import Image
from tests.vm.machine import Boot, Job
from tests.vm.subject import HERE, Subject, product
from tests.vm.verdict import Verdict

POINTS: Final = (
    "file 20", "file 120", "file 235", "appear", "appeared", "declare", "declared", "end",
)  # fmt: skip
KEPT: Final = '[persistence."/persist/root".users.alice]\ndirectories = ["Documents"]\n'


def power_cut_adopt(image: Image, place: Path, verdict: Verdict) -> None:
    """Keep a tree of a few hundred files, and cut the power, on ZFS and on Btrfs.

    The calls are those that the root ring kills `keep` before; here what was not synced is lost
    too.  After each cut comes a boot that resets the volume, looks for the data and finishes the
    work; then it keeps the next tree and is cut off in its turn, so that a cut costs one boot.
    The machine runs from its memory and resets by `petrichor reset`, which takes the steps of the
    unit; that the unit finds its way back is shown by `power-cut`.
    """
    place.mkdir()
    texts = {
        "zfs": declarations.zfs("retire", "persist", kept=KEPT),
        "btrfs": declarations.btrfs("retire", "persist", kept=KEPT),
    }
    with ThreadPoolExecutor(len(texts)) as pool:
        parts = [
            pool.submit(_every_point, Subject(image, place / name, only_home(text), backend=name),
                        verdict)
            for name, text in texts.items()
        ]  # fmt: skip
        for part in parts:
            part.result()


def only_home(text: str) -> str:
    """Return a declaration without its root: the machine that keeps runs from elsewhere."""
    _, home, rest = text.partition('[volumes."/home"]')
    return home + rest


def _every_point(subject: Subject, verdict: Verdict) -> None:
    subject.install("bare")
    subject.initrd, subject.extra, subject.cmdline = subject.image.installer, [], ""
    for point in POINTS:
        boot = _boot(subject, point)
        host.say(
            f"vm: {verdict.name}: {subject.place.name}: cut at {point} after {boot.seconds:.0f} s"
        )
    last = _boot(subject, "")
    for number, point in enumerate(POINTS):
        found = json.loads(last[f"found-{number}.json"])
        _nothing_lost(verdict, found, f"{subject.place.name}, cut at {point}", point)


def _boot(subject: Subject, point: str) -> Boot:
    job: Job = subject.job("adopt", POINT=point)
    job.files["product.tar"] = product()
    job.files["declaration.toml"] = subject.declaration.read_bytes()
    job.files["adopting.py"] = (HERE / "guest/adopting.py").read_bytes()
    job.files["killing.py"] = (host.REPO / "tests/root/harness/killing.py").read_bytes()
    return subject.boot(job, cut=bool(point))


def _nothing_lost(verdict: Verdict, found: dict[str, Any], what: str, point: str) -> None:
    """Check what one cut left, and what came of it."""
    holders = [state for state in found["retired"] if state != "absent"]
    verdict.equal(found["on the volume"], False, f"{what}: the volume was reset")
    verdict.equal(holders, ["whole"], f"{what}: one retired home has it, whole")
    states = ("whole",) if found["declared"] else ("absent", "whole")
    verdict.that(found["stored"] in states, f"{what}: the store has all of it, or nothing", found)
    late = POINTS.index(point) >= POINTS.index("declared")
    verdict.equal(found["declared"], late, f"{what}: it is declared once it is stored")
    for name in ("shown", "its store"):
        verdict.equal(found[name], "whole", f"{what}: kept once more, {name} is whole")
    verdict.that(found["same inode"], f"{what}: kept once more, it shows its store")
    verdict.that(found["now declared"], f"{what}: kept once more, it is declared")
    verdict.equal(found["left"], [], f"{what}: nothing half-made is left")
