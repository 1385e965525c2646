"""Mount units: the filesystems and volumes that dracut's targets do not mount by themselves."""

from pathlib import PurePosixPath

from petrichor.model.plan import TAGS, MountPlan, device_unit
from petrichor.render.escape import ini_text, mounts_word, unit_value
from petrichor.render.unit import Setting, section, unit_text

SYSROOT = PurePosixPath("/sysroot")
WRITABLE_UNIT = "petrichor-writable.service"


def below_sysroot(path: PurePosixPath) -> PurePosixPath:
    """Return where ``path`` of the real root lies while the initrd runs."""
    return SYSROOT / path.relative_to("/")


def mount_text(plan: MountPlan, *, initrd: bool, after: tuple[str, ...] = ()) -> str:
    """Return a mount unit; in the initrd it mounts below ``/sysroot``."""
    where = below_sysroot(plan.where) if initrd else plan.where
    waits = [*after, *_source_units(plan)]
    before = "initrd-fs.target initrd-usr-fs.target" if initrd else "local-fs.target umount.target"
    unit: list[Setting] = [
        ("Description", ini_text(f"{plan.where} of the forgetting machine{carried(plan.carrier)}")),
        ("DefaultDependencies", "no"),
        ("Wants", " ".join(waits)),
        ("After", " ".join([*waits, "local-fs-pre.target", *([WRITABLE_UNIT] if initrd else [])])),
        ("Before", before),
        ("Conflicts", "" if initrd else "umount.target"),
        ("RequiresMountsFor", mounts_word(str(plan.carrier)) if plan.carrier else ""),
        ("AssertPathIsMountPoint", unit_value(str(plan.carrier)) if plan.carrier else ""),
    ]
    mount: list[Setting] = [
        ("What", unit_value(_source(plan, initrd))),
        ("Where", unit_value(str(where))),
        ("Type", plan.type),
        ("Options", unit_value(",".join(plan.options))),
    ]
    return unit_text(section("Unit", unit), section("Mount", mount))


def carried(carrier: PurePosixPath | None) -> str:
    """Return the part of a description that names what must be mounted.

    systemd reports a failed assertion with the description of the unit alone.
    """
    return f", carried by {carrier}" if carrier else ""


def _source(plan: MountPlan, initrd: bool) -> str:
    """Return what is mounted; in the initrd a directory of the real root is below ``/sysroot``."""
    bound = not {"bind", "rbind"}.isdisjoint(plan.options)
    return str(below_sysroot(PurePosixPath(plan.what))) if initrd and bound else plan.what


def _source_units(plan: MountPlan) -> tuple[str, ...]:
    """Return what makes the source appear: the pool's import, or the device."""
    if plan.type == "zfs":
        return ("zfs-import.target",)
    if plan.what.startswith("/dev/") or plan.what.partition("=")[0] in TAGS:
        return (device_unit(plan.what),)
    return ()


def writable_text(mount_tool: str) -> str:
    """Return the unit that makes the blank root writable: mount points are made on it.

    The boot loaders of many distributions say ``ro``, which is meant for a check that neither
    ZFS nor Btrfs has.
    """
    return unit_text(
        section(
            "Unit",
            [
                ("Description", "Make the blank root writable"),
                ("DefaultDependencies", "no"),
                ("ConditionPathExists", "/etc/initrd-release"),
                ("RequiresMountsFor", "/sysroot"),
                ("Before", "initrd-fs.target"),
            ],
        ),
        section(
            "Service",
            [
                ("Type", "oneshot"),
                ("RemainAfterExit", "yes"),
                ("ExecStart", f"{mount_tool} -o remount,rw /sysroot"),
            ],
        ),
    )
