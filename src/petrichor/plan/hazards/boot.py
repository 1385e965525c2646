"""Hazards of the boot: resets that the initrd does not hold, or runs at the wrong time."""

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Final

from petrichor.model.declaration import BtrfsVolume, Declaration, ZfsVolume
from petrichor.model.finding import Finding, error, info, warning
from petrichor.model.machine import Initrd, Kernel, Machine
from petrichor.model.names import reset_unit
from petrichor.model.text import show

SKIP: Final = "petrichor.reset=no"
RESUME_UNIT: Final = "systemd-hibernate-resume.service"
UNIT_DIRECTORIES: Final = (
    "usr/lib/systemd/system",
    "etc/systemd/system",
    "lib/systemd/system",
)
_REBUILD: Final = "run petrichor apply, or rebuild the initrd by hand"


def boot_hazards(
    declaration: Declaration, machine: Machine, expected: Mapping[str, bytes] | None = None
) -> Iterator[Finding]:
    """Yield what is wrong with the initrd; ``expected`` are its files as they would be now."""
    if machine.kernel is None:
        return
    if SKIP in machine.kernel.words:
        why = "no volume is reset as long as it stands there"
        yield warning("reset-off", SKIP, "is on the kernel command line", why, "take it off")
    early = [item for item in declaration.volumes if isinstance(item, ZfsVolume | BtrfsVolume)]
    if not early:
        return
    names = [reset_unit(volume.mountpoint) for volume in early]
    if machine.initrd is None:
        yield _no_initrd(machine)
    elif not is_systemd(machine.initrd):
        yield from _no_systemd(machine.initrd, machine.kernel)
    else:
        yield from _units(machine.initrd, names)
        yield from _resume(machine.initrd, names, machine.kernel)
        yield from _outdated(machine.initrd, expected or {})


def _no_initrd(machine: Machine) -> Finding:
    why = "whether the volumes are reset at the next boot is not known"
    what = machine.unreadable.get("initrd", "was not found")
    return warning("initrd-unknown", "initrd", what, why, "look into it yourself: lsinitrd(1)")


def is_systemd(initrd: Initrd) -> bool:
    """Tell whether an initrd starts systemd; a Debian one may lie below usr or not."""
    return any(name.endswith("lib/systemd/systemd") for name in initrd.names)


def unit_text(initrd: Initrd, unit: str) -> bytes | None:
    """Return a unit file's text: the content where it was asked for, else empty; None if absent.

    On NixOS units are links into the store, so the name alone counts there.
    """
    for directory in UNIT_DIRECTORIES:
        name = f"{directory}/{unit}"
        if name in initrd.names:
            return initrd.files.get(name, b"")
    held = [name for name in initrd.names if name.endswith(f"/systemd/system/{unit}")]
    return initrd.files.get(min(held), b"") if held else None


def _no_systemd(initrd: Initrd, kernel: Kernel) -> Iterator[Finding]:
    why = "the reset units are never started"
    todo = "build it with dracut and its systemd module"
    subject = show(initrd.path)
    yield error("initrd-not-systemd", subject, "does not start systemd", why, todo)
    if kernel.resume:
        what = f"the machine resumes from {kernel.resume}, and this initrd has no order of units"
        why = "a reset that runs before the resume destroys the filesystem"
        yield error("resume-order", subject, what, why, todo)


def _units(initrd: Initrd, names: list[str]) -> Iterator[Finding]:
    for name in names:
        if unit_text(initrd, name) is None:
            why = "the volume is not reset at the next boot"
            what = f"does not hold {name}"
            yield error("reset-unit-missing", show(initrd.path), what, why, _REBUILD)


def _resume(initrd: Initrd, names: list[str], kernel: Kernel) -> Iterator[Finding]:
    for name in names if kernel.resume else ():
        text = unit_text(initrd, name)
        if text and RESUME_UNIT not in _after(text):
            what = f"is not ordered after {RESUME_UNIT}; the machine resumes from {kernel.resume}"
            why = "a reset that runs before the resume destroys the filesystem"
            yield error("resume-order", name, what, why, _REBUILD)


def _after(text: bytes) -> set[str]:
    lines = [line.strip() for line in text.decode("utf-8", "replace").splitlines()]
    after = [line.removeprefix("After=") for line in lines if line.startswith("After=")]
    return {word for line in after for word in line.split()}


def _outdated(initrd: Initrd, expected: Mapping[str, bytes]) -> Iterator[Finding]:
    stale = sorted(
        name for name, text in expected.items() if initrd.files.get(name.lstrip("/")) != text
    )
    missing = [name for name in stale if name.lstrip("/") not in initrd.names]
    different = [name for name in stale if name not in missing]
    why = "the next boot goes by an older declaration than the one you see"
    if missing:
        what = f"lacks {len(missing)} of {len(expected)} files: {_list(missing)}"
        yield error("initrd-outdated", show(initrd.path), what, why, _REBUILD)
    if different:
        what = f"holds other versions of {len(different)} files: {_list(different)}"
        yield warning("initrd-outdated", show(initrd.path), what, why, _REBUILD)
    left = sorted(_own_units(initrd) - {name.lstrip("/") for name in expected})
    if expected and left:
        what = f"holds units that no declaration asks for: {_list(left)}"
        why = "what they reset or mount is no longer declared"
        yield info("initrd-leftover", show(initrd.path), what, why, _REBUILD)


def _own_units(initrd: Initrd) -> set[str]:
    return {
        name
        for name in initrd.names
        for path in [PurePosixPath(name)]
        if str(path.parent) in UNIT_DIRECTORIES and path.name.startswith("petrichor-reset@")
    }


def _list(names: list[str]) -> str:
    short = [PurePosixPath(name).name for name in names]
    return ", ".join(short[:5]) + (f" and {len(short) - 5} more" if len(short) > 5 else "")
