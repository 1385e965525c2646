"""Runs scenarios: `python -m tests.vm [SCENARIO...]`."""

import os
import shutil
import signal
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from tests.vm import adopting, host, keeping, loss, nixos, power, scenarios
from tests.vm.image import Image, cache, image, scratch
from tests.vm.machine import BootError, StalledError
from tests.vm.verdict import Verdict

Scenario = Callable[[Image, Path, Verdict], None]

SCENARIOS: Final[dict[str, Scenario]] = {
    "zfs-rollback": scenarios.zfs_rollback,
    "zfs-empty-root": scenarios.zfs_empty_root,
    "nixos-empty-root": nixos.nixos_empty_root,
    "btrfs": scenarios.btrfs,
    "power-cut": power.power_cut,
    "refusals": scenarios.refusals,
    "loss": loss.loss,
    "keep-zfs": keeping.keep_zfs,
    "keep-btrfs": keeping.keep_btrfs,
    "power-cut-adopt": adopting.power_cut_adopt,
}


def main(arguments: list[str]) -> int:
    """Run the scenarios named, or all; return 0 when all passed, 2 when they cannot run."""
    if unknown := sorted(set(arguments) - set(SCENARIOS)):
        host.say(f"vm: no such scenario: {' '.join(unknown)}; there are: {' '.join(SCENARIOS)}")
        return 2
    names = arguments or list(SCENARIOS)
    if os.geteuid() != 0:
        host.say(f"vm: not run: needs root: {' '.join(names)}")
        return 2
    if os.getpid() != 1:
        host.install_tools()
        host.enter_namespace()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    return _run_all(names)


def _leave(number: int, _frame: object) -> None:
    # Without this, threads that wait for a machine would be waited for.
    host.say(f"vm: ended by signal {number}")
    os.kill(-1, signal.SIGKILL)
    os._exit(128 + number)


def _run_all(names: list[str]) -> int:
    began = time.monotonic()
    try:
        with scratch("ring") as work:
            built = image()
            with ThreadPoolExecutor(len(names)) as pool:
                runs = [pool.submit(_run, name, built, work / name) for name in names]
                passed = sum(run.result() for run in runs)
    except host.RingError as error:
        host.say(f"vm: not run: {' '.join(names)}: {error}")
        return 2
    except KeyboardInterrupt:
        _leave(signal.SIGINT, None)
        return 2
    minutes = (time.monotonic() - began) / 60
    host.say(f"vm: {passed} passed, {len(names) - passed} failed ({minutes:.0f} min)")
    return 0 if passed == len(names) else 1


def _run(name: str, built: Image, place: Path) -> bool:
    began = time.monotonic()
    try:
        verdict = _judged(name, built, place)
    except StalledError as error:
        host.say(f"vm: {name}: {error}; all of it once more")
        verdict = _judged(name, built, place / "again", last=True)
    seconds = time.monotonic() - began
    for line in verdict.notes:
        host.say(f"vm: {name}: note: {line}")
    for line in verdict.amiss:
        host.say(f"vm: {name}: AMISS: {line}")
    word = "FAILED" if verdict.amiss or not verdict.checks else "passed"
    if word == "FAILED" and place.is_dir():
        host.say(f"vm: {name}: consoles and journals are in {_keep(place)}")
    host.say(f"vm: {name}: {word}, {verdict.checks} checks, {seconds:.0f} s")
    return word == "passed"


def _judged(name: str, built: Image, place: Path, *, last: bool = False) -> Verdict:
    """Carry a scenario out.

    Raises:
        StalledError: nothing was amiss until a guest's kernel stood still, and it is not the last
            attempt: emulation may do so once in many boots, whatever runs in the guest.
    """
    verdict = Verdict(name)
    try:
        SCENARIOS[name](built, place, verdict)
    except StalledError as error:
        if not last and not verdict.amiss:
            raise
        verdict.amiss.append(str(error))
    except (BootError, host.RingError) as error:
        verdict.amiss.append(str(error))
    except Exception:  # noqa: BLE001  # a scenario that breaks is a failed one, not the ring's end
        verdict.amiss.append(traceback.format_exc())
    return verdict


def _keep(place: Path) -> Path:
    """Save what tells why a scenario failed; the disks go."""
    kept = cache() / "vm-failed" / place.name
    shutil.rmtree(kept, ignore_errors=True)
    big = shutil.ignore_patterns("system", "initrd", "overlay-*", "out")
    shutil.copytree(place, kept, symlinks=True, ignore=big)
    return kept
