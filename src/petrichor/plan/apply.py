"""What ``apply`` does to a machine: files to write and remove, mounts to make and undo."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Final

from petrichor.model.declaration import KeptPath
from petrichor.model.plan import Bind, KeepPlan, Make, Place
from petrichor.plan.boot import BootPlan

MODULE_PLACE: Final = PurePosixPath("/usr/lib/dracut/modules.d")
CONF: Final = PurePosixPath("/etc/dracut.conf.d/petrichor.conf")
MARK: Final = "# Written by petrichor apply.\n"
CONF_TEXT: Final = f'{MARK}add_dracutmodules+=" petrichor "\n'
GRUB: Final = PurePosixPath("/etc/default/grub.d/petrichor.cfg")
RUNTIME_UNITS: Final = PurePosixPath("/run/systemd/system")
RUNTIME_FILES: Final = PurePosixPath("/run/petrichor")

MODULE: Final = MODULE_PLACE / "90petrichor"
HANDOVER: Final = MODULE / "initrd/usr/lib/petrichor/handover"
"""What of the last ``apply`` the initrd hands over to ``/run``: units and files, by name."""
_UNITS: Final = PurePosixPath("system/usr/lib/systemd/system")
_FILES: Final = PurePosixPath("system/usr/lib/petrichor")

Texts = Mapping[PurePosixPath, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """Files by where they go: those that last, and those of the running system."""

    lasting: Texts
    running: Texts


def installation(tree: Texts, machine_id: str | None, *, grub: bool) -> Installation:
    """Sort a tree rendered for dracut by where its files go.

    The real system's units go to ``/run`` now, and come there at every boot from the initrd:
    nothing is left on a volume that is about to forget.
    """
    lasting: dict[PurePosixPath, str] = {CONF: CONF_TEXT}
    running: dict[PurePosixPath, str] = {}
    for path, text in tree.items():
        if path.is_relative_to("initrd"):
            lasting[MODULE / path] = text
        elif path.is_relative_to("dracut"):
            lasting[MODULE_PLACE / path.relative_to("dracut")] = text
        elif path.is_relative_to(_UNITS):
            running[RUNTIME_UNITS / path.relative_to(_UNITS)] = text
        elif path.is_relative_to(_FILES):
            running[RUNTIME_FILES / path.relative_to(_FILES)] = text
    if machine_id is not None and grub:
        lasting[GRUB] = _grub(machine_id)
    return Installation(
        lasting=dict(sorted(lasting.items())), running=dict(sorted(running.items()))
    )


def _grub(machine_id: str) -> str:
    words = f"systemd.machine_id={machine_id}"
    return f'{MARK}GRUB_CMDLINE_LINUX="$GRUB_CMDLINE_LINUX {words}"\n'


def keep_now(plan: BootPlan) -> KeepPlan:
    """Return what both phases of the boot would do, for a system that runs already."""
    both = (plan.initrd_keep, plan.system_keep)
    places = {place.path: place for keep in both for place in keep.places}
    return KeepPlan(
        places=tuple(_now(place) for _, place in sorted(places.items())),
        binds=tuple(sorted((bind for keep in both for bind in keep.binds), key=_target)),
        mounts_needed=(),
        stores_needed=tuple(sorted({path for keep in both for path in keep.stores_needed})),
        copies=tuple(copy for keep in both for copy in keep.copies),
    )


def keep_part(keep: KeepPlan, kept: Collection[KeptPath]) -> KeepPlan:
    """Return what of a plan is about some kept paths: they, their data, and the way to both."""
    ends = {path for item in kept for path in (item.path, item.source)}
    way = ends | {parent for end in ends for parent in end.parents}
    targets = {item.path for item in kept}
    return replace(
        keep,
        places=tuple(place for place in keep.places if place.path in way),
        binds=tuple(bind for bind in keep.binds if bind.target in targets),
        copies=tuple(copy for copy in keep.copies if copy.target in targets),
    )


def _target(bind: Bind) -> PurePosixPath:
    return bind.target


def _now(place: Place) -> Place:
    """The initrd sees the store below ``/sysroot``; a running system does not."""
    if place.make is not Make.COPY:
        return place
    source = PurePosixPath(place.content)
    if source.is_relative_to("/sysroot"):
        source = "/" / source.relative_to("/sysroot")
    return replace(place, content=str(source))


def to_unmount(
    before: Iterable[PurePosixPath],
    after: Iterable[PurePosixPath],
    shown: Collection[PurePosixPath],
) -> list[PurePosixPath]:
    """Return the kept paths that are no longer declared and still shown, deepest first."""
    gone = set(before) - set(after)
    return sorted(gone & set(shown), key=lambda path: (-len(path.parts), path))


def difference(
    before: Iterable[KeptPath], after: Iterable[KeptPath]
) -> tuple[list[KeptPath], list[KeptPath]]:
    """Return what came and what went between two declarations: another store is another path."""
    old = {(kept.path, kept.source): kept for kept in before}
    new = {(kept.path, kept.source): kept for kept in after}
    added = [kept for place, kept in new.items() if place not in old]
    return added, [kept for place, kept in old.items() if place not in new]
