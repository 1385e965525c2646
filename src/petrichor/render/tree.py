"""The whole boot path as files: paths and texts, nothing written yet.

``initrd/`` is the initrd's own tree, ``system/`` what the real system reads, ``dracut/`` the
module that carries the first.  Units are pulled in by drop-ins alone: packages of units lose
their ``.wants`` folders on NixOS.
"""

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from petrichor.model.declaration import ROOT, OnFailure, Phase
from petrichor.model.names import copy_unit, reset_unit, unit_of, watch_unit
from petrichor.model.plan import KeepPlan
from petrichor.plan.boot import BootPlan, carrier_of, has_blank_root, has_late_reset
from petrichor.plan.volumes.choose import assets
from petrichor.render.after import BOOT_UNIT, DECLARATION, boot_text
from petrichor.render.copy import LAST_UNIT, copy_text, save_units
from petrichor.render.dracut import HANDOVER_UNIT, MODULE, module_setup, once_units
from petrichor.render.fstab import fstab
from petrichor.render.handover import FILES, UNITS, handover_text
from petrichor.render.keep import INITRD_UNIT, SYSTEM_UNIT, keep_text
from petrichor.render.mounts import SYSROOT, WRITABLE_UNIT, below_sysroot, mount_text, writable_text
from petrichor.render.newlines import TOOLS as NEWLINE_TOOLS
from petrichor.render.reset import (
    STAMP_UNIT,
    discard_text,
    discard_unit,
    is_early,
    reset_text,
    stamp_unit,
)
from petrichor.render.switch import switch_units
from petrichor.render.target import Kind, Target
from petrichor.render.tmpfiles import holds_newline, tmpfiles
from petrichor.render.unit import dropin

Files = dict[PurePosixPath, str]

ALWAYS = ("systemctl", "mount", "systemd-tmpfiles", "date", "mkdir", "cp")
"""Tools of the initrd that do not depend on a backend."""


def render(plan: BootPlan, target: Target, declaration_json: str) -> Mapping[PurePosixPath, str]:
    """Return every file of the boot path, sorted by path.

    ``declaration_json`` is the declaration as it was read: the check after boot reads it again.
    """
    units, files = _system(plan, target), _system_files(plan, declaration_json)
    if target.kind is Kind.NIXOS:
        units |= switch_units(plan, target, list(units))
    initrd_units = _initrd(plan, target)
    tree: Files = {}
    unit_dir, file_dir = _layout(target)
    _put(tree, PurePosixPath("system") / unit_dir, units)
    _put(tree, PurePosixPath("system") / file_dir, files)
    initrd_files = _initrd_files(plan)
    if target.kind is Kind.DRACUT:
        initrd_units[HANDOVER_UNIT] = handover_text(target)
        initrd_units["initrd.target.d/petrichor.conf"] = dropin(requires=[HANDOVER_UNIT])
        initrd_units |= once_units(_types(plan))
        initrd_files |= {f"{UNITS}/{name}": text for name, text in units.items()}
        initrd_files |= {f"{FILES}/{name}": text for name, text in files.items()}
        tree[PurePosixPath("dracut") / MODULE / "module-setup.sh"] = _module(plan)
    _put(tree, PurePosixPath("initrd") / unit_dir, initrd_units)
    _put(tree, PurePosixPath("initrd") / file_dir, initrd_files)
    tree[PurePosixPath("kernel-cmdline")] = _cmdline(plan)
    return dict(sorted(tree.items()))


def _put(tree: Files, where: PurePosixPath, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        tree[where / name] = text


def _layout(target: Target) -> tuple[str, str]:
    """Return where units and files lie: as the initrd has them, or as a NixOS package does."""
    if target.kind is Kind.NIXOS:
        return "lib/systemd/system", "share/petrichor"
    return "usr/lib/systemd/system", "usr/lib/petrichor"


def _initrd(plan: BootPlan, target: Target) -> dict[str, str]:
    """Return the units of the initrd."""
    units: dict[str, str] = {}
    early = [(volume, steps) for volume, steps in plan.resets if is_early(volume)]
    on_failure = plan.declaration.on_failure
    for volume, steps in early:
        units[reset_unit(volume.mountpoint)] = reset_text(volume, steps, on_failure, target)
    if early:
        names = [reset_unit(volume.mountpoint) for volume, _ in early]
        hard = on_failure is OnFailure.EMERGENCY
        units[STAMP_UNIT] = stamp_unit(target)
        units["sysroot.mount.d/petrichor.conf"] = dropin(
            requires=names if hard else (), wants=() if hard else names
        )
    units |= _initrd_mounts(plan, target)
    return units


def _initrd_mounts(plan: BootPlan, target: Target) -> dict[str, str]:
    units: dict[str, str] = {}
    needed: list[str] = []
    if target.kind is Kind.DRACUT and plan.initrd_mounts:
        for mount in plan.initrd_mounts:
            name = unit_of(below_sysroot(mount.where), "mount")
            units[name] = mount_text(mount, initrd=True)
            needed.append(name)
        if has_blank_root(plan.declaration):
            units[WRITABLE_UNIT] = writable_text(target.tool("mount"))
            needed.append(WRITABLE_UNIT)
    if not plan.initrd_keep.is_empty:
        writable = [WRITABLE_UNIT] if WRITABLE_UNIT in units else []
        units[INITRD_UNIT] = keep_text(plan.initrd_keep, Phase.INITRD, target, writable)
        needed.append(INITRD_UNIT)
    copies = _copies(plan.initrd_keep, Phase.INITRD, target, [INITRD_UNIT])
    units |= copies
    if needed:
        units["initrd-fs.target.d/petrichor.conf"] = dropin(requires=needed, wants=copies)
    return units


def _copies(keep: KeepPlan, phase: Phase, target: Target, after: Sequence[str]) -> dict[str, str]:
    """Return the units that copy files in: the boot goes on without a file that cannot be."""
    return {copy_unit(copy.target): copy_text(copy, phase, target, after) for copy in keep.copies}


def _initrd_files(plan: BootPlan) -> dict[str, str]:
    if plan.initrd_keep.is_empty:
        return {}
    return {
        "initrd.fstab": fstab(plan.initrd_keep.binds, SYSROOT),
        "initrd.tmpfiles": tmpfiles_of(plan, Phase.INITRD),
    }


def tmpfiles_of(plan: BootPlan, phase: Phase) -> str:
    """Return the tmpfiles.d text of one phase."""

    if phase is Phase.INITRD:
        return tmpfiles(plan.initrd_keep.places, SYSROOT)
    return tmpfiles(plan.system_keep.places, ROOT)


def _system(plan: BootPlan, target: Target) -> dict[str, str]:
    """Return the units of the real system."""
    units = {
        BOOT_UNIT: boot_text(target),
        "multi-user.target.d/petrichor.conf": dropin(wants=[BOOT_UNIT, *_discards(plan)]),
    }
    needed: list[str] = []
    if target.kind is Kind.DRACUT:
        for mount in plan.system_mounts:
            name = unit_of(mount.where, "mount")
            units[name] = mount_text(mount, initrd=False, after=_reset_before(plan, mount.where))
            needed.append(name)
    for volume, steps in plan.resets:
        if not is_early(volume):
            name = reset_unit(volume.mountpoint)
            on_failure = plan.declaration.on_failure
            carrier = carrier_of(plan.declaration, volume)
            units[name] = reset_text(volume, steps, on_failure, target, carrier)
            if target.kind is Kind.NIXOS:  # its own unit mounts the volume
                units[f"{unit_of(volume.mountpoint, 'mount')}.d/petrichor.conf"] = dropin(
                    (), [name]
                )
            if steps.discard:
                units[discard_unit(volume)] = discard_text(volume, steps, target)
    if has_late_reset(plan):
        units[STAMP_UNIT] = stamp_unit(target)
    if not plan.system_keep.is_empty:
        units[SYSTEM_UNIT] = keep_text(plan.system_keep, Phase.SYSTEM, target)
        needed.append(SYSTEM_UNIT)
    copies = _copies(plan.system_keep, Phase.SYSTEM, target, [SYSTEM_UNIT])
    units |= copies
    if needed:
        units["local-fs.target.d/petrichor.conf"] = dropin(requires=needed, wants=copies)
    return units | _saving(plan, target)


def _saving(plan: BootPlan, target: Target) -> dict[str, str]:
    copies = [*plan.initrd_keep.copies, *plan.system_keep.copies]
    units = save_units(copies, target)
    if units:
        watches = [watch_unit(copy.target) for copy in copies]
        units["paths.target.d/petrichor.conf"] = dropin(wants=watches)
        units["sysinit.target.d/petrichor.conf"] = dropin(wants=[LAST_UNIT])
    return units


def _discards(plan: BootPlan) -> list[str]:
    return [discard_unit(volume) for volume, steps in plan.resets if steps.discard]


def _reset_before(plan: BootPlan, where: PurePosixPath) -> tuple[str, ...]:
    late = [volume for volume, _ in plan.resets if not is_early(volume)]
    return tuple(reset_unit(item.mountpoint) for item in late if item.mountpoint == where)


def _system_files(plan: BootPlan, declaration_json: str) -> dict[str, str]:
    files = {DECLARATION: declaration_json}
    if not plan.system_keep.is_empty:
        files["system.fstab"] = fstab(plan.system_keep.binds, ROOT)
        files["system.tmpfiles"] = tmpfiles_of(plan, Phase.SYSTEM)
    return files


def _module(plan: BootPlan) -> str:
    tools = _tools(plan)
    if any(holds_newline(place) for place in plan.initrd_keep.places):
        tools += NEWLINE_TOOLS
    return module_setup([*ALWAYS, *tools], _types(plan))


def _tools(plan: BootPlan) -> list[str]:
    return [tool for volume, _ in plan.resets for tool in assets(volume)]


def _types(plan: BootPlan) -> list[str]:
    """Return the types of the filesystems that the initrd mounts or resets."""
    types = [mount.type for mount in plan.initrd_mounts]
    return types + [tool for tool in _tools(plan) if tool in ("zfs", "btrfs")]


def _cmdline(plan: BootPlan) -> str:
    """Return what belongs on the kernel command line: the machine id, where it is declared."""
    declared = plan.declaration.machine_id
    return f"systemd.machine_id={declared}\n" if declared else ""
