"""The units that reset volumes."""

from pathlib import PurePosixPath

from petrichor.model.declaration import (
    ROOT,
    DirectoryVolume,
    OnFailure,
    Reset,
    TmpfsVolume,
    Volume,
    ZfsVolume,
)
from petrichor.model.names import escape_unit, reset_unit, unit_of
from petrichor.model.steps import ResetPlan, Role, Step
from petrichor.plan.volumes.choose import directory_needed, ordering
from petrichor.render.escape import ini_text, mounts_word, unit_value, unit_word
from petrichor.render.mounts import carried
from petrichor.render.target import Kind, Target
from petrichor.render.unit import Setting, section, unit_text

STAMP_UNIT = "petrichor-stamp.service"
STAMP_FILE = "/run/petrichor-stamp"
"""In ``/run`` itself: systemd opens the file before it starts anything that could make a directory
for it."""
RESUME = ("systemd-hibernate-resume.service", "local-fs-pre.target")
"""A resume from hibernation happens before these; resetting earlier would corrupt the filesystem
under the image that is about to be resumed (nix-community/impermanence#250)."""

WRITABLE = ("systemd-remount-fs.service", "local-fs-pre.target")
"""The real system's root may be read-only until these."""


def is_early(volume: Volume) -> bool:
    """Tell whether a volume is reset in the initrd."""
    return not isinstance(volume, DirectoryVolume | TmpfsVolume)


def discard_unit(volume: Volume) -> str:
    """Return the name of the unit that deletes what a rollback set aside."""
    return f"petrichor-discard@{escape_unit(volume.mountpoint)}.service"


def stamp_unit(target: Target) -> str:
    """Return the unit that notes the time: retired volumes are named by it.

    A unit's command line cannot ask for the time, so one unit writes it and the others read it
    as an environment file.
    """
    clock = "+PETRICHOR_STAMP=%%Y%%m%%dT%%H%%M%%SZ"
    return unit_text(
        section(
            "Unit",
            [
                ("Description", "Note the time by which retired volumes are named"),
                ("DefaultDependencies", "no"),
                ("ConditionPathExists", f"!{STAMP_FILE}"),
                ("IgnoreOnIsolate", "yes"),
            ],
        ),
        section(
            "Service",
            [
                ("Type", "oneshot"),
                ("RemainAfterExit", "yes"),
                ("ExecStart", f"{target.tool('date')} -u {clock}"),
                ("StandardOutput", f"truncate:{STAMP_FILE}"),
            ],
        ),
    )


def reset_text(
    volume: Volume,
    plan: ResetPlan,
    on_failure: OnFailure,
    target: Target,
    carrier: PurePosixPath | None = None,
) -> str:
    """Return the unit that resets one volume; ``carrier`` is a mount point that it needs.

    It outlives the switch to the real root.  Stopping it there would stop what requires it too,
    and that is ``sysroot.mount`` when a failure is to end in emergency mode.
    """
    where = ini_text(str(volume.mountpoint))
    order = ordering(volume)
    early = is_early(volume)
    needed = directory_needed(volume)
    mount = "sysroot.mount" if early else unit_of(volume.mountpoint, "mount")
    after = [STAMP_UNIT, *order.after, *(RESUME if early else WRITABLE)]
    emergency = on_failure is OnFailure.EMERGENCY
    unit: list[Setting] = [
        ("Description", f"Reset the volume at {where}{ini_text(carried(carrier))}"),
        ("DefaultDependencies", "no"),
        ("ConditionKernelCommandLine", "!petrichor.reset=no"),
        ("ConditionPathExists", "/etc/initrd-release" if early else ""),
        ("AssertPathIsMountPoint", "!/sysroot" if early else ""),
        ("AssertPathIsMountPoint", unit_value(str(carrier)) if carrier else ""),
        ("RequiresMountsFor", mounts_word(str(needed)) if needed else ""),
        ("Requires", " ".join([STAMP_UNIT, *order.requires])),
        ("Wants", " ".join(order.wants)),
        ("After", " ".join(after)),
        ("Before", f"{mount} local-fs.target" if not early else mount),
        ("IgnoreOnIsolate", "yes"),
        ("OnFailure", "emergency.target" if emergency else ""),
        ("OnFailureJobMode", "replace-irreversibly" if emergency else ""),
    ]
    service: list[Setting] = [
        ("Type", "oneshot"),
        ("RemainAfterExit", "yes"),
        ("TimeoutStartSec", "10min"),
        ("EnvironmentFile", STAMP_FILE),
        *(("ExecStart", exec_line(step, target)) for step in plan.steps),
        ("ExecStartPost", _ask_again(volume, target)),
        *(("ExecStopPost", f"-{exec_line(step, target)}") for step in plan.cleanup),
    ]
    return unit_text(section("Unit", unit), section("Service", service))


def _ask_again(volume: Volume, target: Target) -> str:
    """Let zfs-dracut look at the root once more, where a retire may just have brought it back.

    Its zfs-env-bootfs.service decides before zfs-import.target how the root is mounted.  After a
    power cut between the two renames there is no dataset of that name yet, and what it decides
    then (``zfsutil``) does not fit the one that the reset puts there.
    """
    if target.kind is not Kind.DRACUT or volume.mountpoint != ROOT:
        return ""
    if not isinstance(volume, ZfsVolume) or volume.reset is not Reset.RETIRE:
        return ""
    return f"-{target.tool('systemctl')} restart zfs-env-bootfs.service"


def discard_text(volume: Volume, plan: ResetPlan, target: Target) -> str:
    """Return the unit that deletes the old content when the machine is up."""
    reset = reset_unit(volume.mountpoint)
    return unit_text(
        section(
            "Unit",
            [
                ("Description", f"Delete the old content of {ini_text(str(volume.mountpoint))}"),
                ("Requisite", reset),
                ("After", f"{reset} basic.target"),
            ],
        ),
        section(
            "Service",
            [
                ("Type", "exec"),
                ("EnvironmentFile", STAMP_FILE),
                ("Nice", "19"),
                ("IOSchedulingClass", "idle"),
                *(("ExecStart", exec_line(step, target)) for step in plan.discard),
            ],
        ),
    )


def exec_line(step: Step, target: Target) -> str:
    """Return one ``ExecStart=`` line; a step that a cut-off run may have done may fail."""
    dash = "-" if step.role is Role.RESUME else ""
    words = [unit_word(word) for word in step.arguments]
    return " ".join([f"{dash}{unit_word(target.tool(step.tool))}", *words])
