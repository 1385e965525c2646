"""The units of files that are copied: in at boot, back when they changed, back at shutdown."""

from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

from petrichor.model.declaration import Phase
from petrichor.model.names import VERDICT, copy_mark, unit_of, watch_unit
from petrichor.model.plan import Copy
from petrichor.render.after import DECLARATION
from petrichor.render.escape import ini_text, mounts_word, unit_value, unit_word
from petrichor.render.mounts import below_sysroot
from petrichor.render.target import Target
from petrichor.render.unit import section, unit_text

SAVE_UNIT = "petrichor-save.service"
AGAIN_UNIT = "petrichor-save-again.service"
LAST_UNIT = "petrichor-save-last.service"


def copy_text(copy: Copy, phase: Phase, target: Target, after: Iterable[str]) -> str:
    """Return the service that copies one file from its store, over what the baseline has there.

    A store that has no version yet is no failure.  Where a reset failed or was skipped, a user may
    have put a link in the way, through which root would write anywhere: then nothing is copied.
    The mark is left last: without it nothing is saved over the version that the store has, and
    with it nothing is copied a second time.  Nor is anything after the boot: what is declared on a
    running system is adopted, and a switch to another configuration must not copy over it.
    """
    initrd = phase is Phase.INITRD
    source, place, *way = (_seen(path, initrd) for path in (copy.source, copy.target, *copy.way))
    needed, stores = (
        [_seen(path, initrd) for path in paths]
        for paths in (copy.mounts_needed, copy.stores_needed)
    )
    cp = [target.tool("cp"), "--archive", "--remove-destination", "--no-target-directory", "--"]
    mark = [target.tool("mkdir"), "-p", "--", unit_word(str(copy_mark(copy.target)))]
    unmark = [target.tool("rm"), "-d", "--", mark[-1]]  # /run outlives the volume: soft-reboot
    text = f"Copy {copy.target} from {copy.source}"
    return unit_text(
        section(
            "Unit",
            [
                ("Description", ini_text(text)),
                ("DefaultDependencies", "no"),
                ("ConditionPathExists", "/etc/initrd-release" if initrd else ""),
                ("ConditionPathExists", unit_value(str(source))),
                ("ConditionPathExists", unit_value(f"!{copy_mark(copy.target)}")),
                ("ConditionPathExists", f"!{VERDICT}"),
                ("RequiresMountsFor", " ".join(mounts_word(str(path)) for path in needed)),
                *(("AssertPathIsMountPoint", unit_value(str(path))) for path in stores),
                *(("AssertPathIsSymbolicLink", unit_value(f"!{path}")) for path in way),
                ("After", " ".join(after)),
                ("Before", "initrd-parse-etc.service initrd-fs.target" if initrd else _BEFORE),
            ],
        ),
        section(
            "Service",
            [
                ("Type", "oneshot"),
                ("RemainAfterExit", "yes"),
                ("ExecStart", " ".join([*cp, unit_word(str(source)), unit_word(str(place))])),
                ("ExecStart", " ".join(mark)),
                ("ExecStop", "" if initrd else "-" + " ".join(unmark)),
            ],
        ),
    )


_BEFORE = "local-fs.target systemd-tmpfiles-setup.service"


def save_units(copies: Sequence[Copy], target: Target) -> dict[str, str]:
    """Return the units of the real system that save what changed, by name."""
    if not copies:
        return {}
    return {
        **{watch_unit(copy.target): _watch(copy) for copy in copies},
        SAVE_UNIT: _save(
            "Save the kept files that changed", _command(target, "--wait"), AGAIN_UNIT
        ),
        AGAIN_UNIT: _save("See whether more changed meanwhile", _command(target)),
        LAST_UNIT: _last(copies, target),
    }


def _watch(copy: Copy) -> str:
    """One unit watches one file.

    An event that is none, as when another file appears beside one that is missing, makes the
    service manager watch all files of the unit anew, and forget what had happened to the others.
    """
    return unit_text(
        section("Unit", [("Description", ini_text(f"Watch {copy.target} to save it")), _MANUAL]),
        section("Path", [("PathChanged", unit_value(str(copy.target))), ("Unit", SAVE_UNIT)]),
    )


def _save(description: str, command: str, then: str = "") -> str:
    """Save all files; ``then`` looks again, for nothing is watched while a saving runs.

    The saving waits for a moment itself, so no start limit is needed for a file that is written
    all the time.
    """
    return unit_text(
        section(
            "Unit",
            [
                ("Description", description),
                _MANUAL,
                ("After", "local-fs.target"),
                ("StartLimitIntervalSec", "0"),
                ("OnSuccess", then),
            ],
        ),
        section("Service", [("Type", "oneshot"), ("ExecStart", command), ("Nice", "10")]),
    )


def _last(copies: Sequence[Copy], target: Target) -> str:
    """It is up from before the first program that may write until after the last.

    What is ordered after ``sysinit.target`` is stopped before this is, users and their services
    among it; the filesystems are unmounted after it.
    """
    points = sorted({path for copy in copies for path in copy.mounts_needed})
    mounts = [unit_of(path, "mount") for path in points]
    return unit_text(
        section(
            "Unit",
            [
                ("Description", "Save the kept files that changed, at shutdown"),
                _MANUAL,
                ("DefaultDependencies", "no"),
                ("After", " ".join(["local-fs.target", *mounts])),
                ("Before", "sysinit.target systemd-user-sessions.service shutdown.target"),
                ("Conflicts", "shutdown.target"),
            ],
        ),
        section(
            "Service",
            [("Type", "oneshot"), ("RemainAfterExit", "yes"), ("ExecStop", _command(target))],
        ),
    )


_MANUAL = ("Documentation", "man:petrichor(8)")


def _command(target: Target, *options: str) -> str:
    config = str(target.files / DECLARATION)
    return " ".join([target.tool("petrichor"), "save", *options, "--config", config])


def _seen(path: PurePosixPath, initrd: bool) -> PurePosixPath:
    return below_sysroot(path) if initrd else path
