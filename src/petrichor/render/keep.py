"""The two services that bring kept paths back: one tmpfiles run and one ``mount --all`` each."""

from collections.abc import Iterable
from pathlib import PurePosixPath

from petrichor.model.declaration import ROOT, Phase
from petrichor.model.plan import KeepPlan
from petrichor.render.escape import ini_text, mounts_word, unit_value
from petrichor.render.mounts import SYSROOT, below_sysroot
from petrichor.render.newlines import command_lines
from petrichor.render.target import Target
from petrichor.render.unit import Setting, section, unit_text

INITRD_UNIT = "petrichor-keep-initrd.service"
SYSTEM_UNIT = "petrichor-keep.service"


def keep_text(plan: KeepPlan, phase: Phase, target: Target, after: Iterable[str] = ()) -> str:
    """Return the service of one phase.

    A line that tmpfiles refuses does not stop the mounts: what it should have made is then
    missing, and the mount of it fails by name.
    """
    initrd = phase is Phase.INITRD
    prefix = ["--target-prefix", "/sysroot"] if initrd else []
    files = target.initrd_files if initrd else target.files
    name = "initrd" if initrd else "system"
    below = SYSROOT if initrd else ROOT
    make = [target.tool("systemd-tmpfiles"), "--create", f"{files}/{name}.tmpfiles"]
    mount = [target.tool("mount"), "--all", "--fstab", f"{files}/{name}.fstab", *prefix]
    lines = list(command_lines(plan.places, below, target))
    service: list[Setting] = [
        ("Type", "oneshot"),
        ("RemainAfterExit", "yes"),
        ("UMask", "0077" if lines else ""),  # cp knows no mode for a new file
        ("ExecStart", "-" + " ".join(make)),
        *(("ExecStart", f"-{line}") for line in lines),
        ("ExecStart", " ".join(mount) if plan.binds else ""),
    ]
    return unit_text(section("Unit", _unit(plan, initrd, after)), section("Service", service))


def _unit(plan: KeepPlan, initrd: bool, after: Iterable[str]) -> list[Setting]:
    needed = [_seen(path, initrd) for path in plan.mounts_needed]
    asserts = [_seen(path, initrd) for path in plan.stores_needed]
    stores = " and ".join(str(path) for path in plan.stores_needed)
    before = "initrd-parse-etc.service initrd-fs.target" if initrd else _SYSTEM_BEFORE
    return [
        ("Description", ini_text("Bring back the kept paths" + (f" from {stores}" * bool(stores)))),
        ("DefaultDependencies", "no"),
        ("ConditionPathExists", "/etc/initrd-release" if initrd else ""),
        ("RequiresMountsFor", " ".join(mounts_word(str(path)) for path in needed)),
        *(("AssertPathIsMountPoint", unit_value(str(path))) for path in asserts),
        ("After", " ".join(["sysroot.mount"] * initrd + ["local-fs-pre.target", *after])),
        ("Before", before),
    ]


_SYSTEM_BEFORE = "local-fs.target systemd-tmpfiles-setup.service systemd-journal-flush.service"


def _seen(path: PurePosixPath, initrd: bool) -> PurePosixPath:
    return below_sysroot(path) if initrd else path
