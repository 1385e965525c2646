"""Kept paths: which directories, links and binds each phase of the boot makes, in which order."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from petrichor.model.accounts import Accounts
from petrichor.model.declaration import (
    ROOT,
    Declaration,
    FileMethod,
    Home,
    KeptPath,
    Kind,
    Ownership,
    Phase,
)
from petrichor.model.names import is_within
from petrichor.model.plan import Bind, Copy, KeepPlan, Make, Place

MACHINE_ID: Final = PurePosixPath("/etc/machine-id")

SYSTEM_MODES: Final = {
    PurePosixPath(path): mode
    for path, mode in {
        "/root": 0o700,
        "/tmp": 0o1777,
        "/var/tmp": 0o1777,
        "/var/lib/private": 0o700,
        "/var/cache/private": 0o700,
        "/var/log/private": 0o700,
        "/etc/NetworkManager/system-connections": 0o700,
        "/var/lib/bluetooth": 0o700,
        "/var/lib/iwd": 0o700,
    }.items()
}
"""Modes that a service insists on: systemd refuses a wider ``/var/lib/private``
(systemd.exec(5), DynamicUser=), and the others hold keys."""

NOBODYS: Final = frozenset(PurePosixPath(path) for path in ("/", "/etc", "/home", "/usr", "/var"))
"""Directories that every program walks through: no wish for a parent changes them."""

SECRET_NAMES: Final = frozenset({".ssh", ".gnupg", ".pki", "keyrings"})
"""Directories in a home that are 0700 unless the declaration says otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepFacts:
    """What the plan must know of the machine: accounts, and which kept files exist in a store."""

    accounts: Accounts
    existing: frozenset[PurePosixPath] = frozenset()


def method_of(kept: KeptPath, facts: KeepFacts) -> FileMethod:
    """Return how a kept path is brought back, with ``auto`` decided."""
    if kept.kind is Kind.DIRECTORY:
        return FileMethod.BIND
    if kept.method is not FileMethod.AUTO:
        return kept.method
    return FileMethod.BIND if kept.source in facts.existing else FileMethod.SYMLINK


def keep_plan(declaration: Declaration, phase: Phase, facts: KeepFacts) -> KeepPlan:
    """Return what ``phase`` does: everything sorted, parents before what lies in them."""
    chosen = [kept for kept in declaration.kept if _phase(declaration, kept.path) is phase]
    known = sorted(declaration.homes, key=lambda home: (home.path, home.user))
    homes = [home for home in known if _phase(declaration, home.path) is phase]
    outer = [kept for kept in chosen if not _is_covered(kept, declaration.kept)]
    planner = _Planner(declaration, facts, phase)
    for home in homes:
        planner.home(home)
    for kept in sorted(chosen, key=lambda item: item.path):
        planner.source(kept)
    outer.sort(key=lambda item: item.path)
    for kept in outer:
        planner.target(kept)
    planner.machine_id()
    return KeepPlan(
        places=planner.sorted_places(),
        binds=tuple(_bind(kept) for kept in outer if planner.is_bound(kept)),
        mounts_needed=_mounts_needed(declaration, chosen, homes),
        stores_needed=stores_needed(declaration, chosen),
        copies=tuple(_copy(kept, declaration) for kept in outer if kept.is_copied),
    )


def brought_back(declaration: Declaration) -> list[KeptPath]:
    """Return what has a mount, a link or a copy of its own on a volume, by path.

    What lies in a kept directory comes along with it.
    """
    found = [
        kept
        for kept in declaration.kept
        if declaration.volume_of(kept.path) is not None and not _is_covered(kept, declaration.kept)
    ]
    return sorted(found, key=lambda kept: kept.path)


def default_mode(kept: KeptPath) -> int:
    """Return the mode of a kept path that the declaration says nothing of."""
    if kept.kind is Kind.FILE:
        return 0o600 if kept.account else 0o644
    if kept.account and kept.path.name in SECRET_NAMES:
        return 0o700
    return SYSTEM_MODES.get(kept.path, 0o755)


def _phase(declaration: Declaration, path: PurePosixPath) -> Phase | None:
    volume = declaration.volume_of(path)
    return None if volume is None else volume.phase


def _is_covered(kept: KeptPath, others: tuple[KeptPath, ...]) -> bool:
    """Tell whether a kept directory brings this path along; one of another store is refused."""
    return any(other.path in kept.path.parents for other in others)


def stores_needed(
    declaration: Declaration, chosen: Iterable[KeptPath]
) -> tuple[PurePosixPath, ...]:
    """Return the mount points of the filesystems that carry the stores of some kept paths."""
    carriers = (declaration.filesystem_of(kept.store) for kept in chosen)
    found = {item.mountpoint for item in carriers if item is not None}
    return tuple(sorted(found - {ROOT}))


def _mounts_needed(
    declaration: Declaration, chosen: list[KeptPath], homes: list[Home]
) -> tuple[PurePosixPath, ...]:
    """A store without a declared filesystem may lie on one that the machine's fstab mounts."""
    paths = [kept.path for kept in chosen] + [home.path for home in homes]
    volumes = (declaration.volume_of(path) for path in paths)
    points = {volume.mountpoint for volume in volumes if volume is not None}
    loose = {kept.store for kept in chosen if declaration.filesystem_of(kept.store) is None}
    return tuple(sorted(points | loose | set(stores_needed(declaration, chosen))))


def _bind(kept: KeptPath) -> Bind:
    options = ["bind", "X-fstrim.notrim"]
    if kept.hide:
        options += ["x-gvfs-hide", "x-gdu.hide"]
    if kept.allow_trash:
        options.append("x-gvfs-trash")
    return Bind(source=kept.source, target=kept.path, options=(*options, *kept.options))


def _copy(kept: KeptPath, declaration: Declaration) -> Copy:
    carrier, volume = declaration.filesystem_of(kept.store), declaration.volume_of(kept.path)
    floors = [
        (kept.path, ROOT if volume is None else volume.mountpoint),
        (kept.source, kept.store if carrier is None else carrier.mountpoint),
    ]
    return Copy(
        source=kept.source,
        target=kept.path,
        mounts_needed=_mounts_needed(declaration, [kept], []),
        stores_needed=stores_needed(declaration, [kept]),
        way=tuple(part for path, floor in floors for part in between(path, floor)),
    )


def between(path: PurePosixPath, floor: PurePosixPath) -> Iterator[PurePosixPath]:
    """Yield the directories strictly between ``floor`` and ``path``, outermost first."""
    yield from reversed([parent for parent in path.parents if floor in parent.parents])


class _Planner:
    """Collects what is to be made; the most specific wish for a path wins, others give way."""

    def __init__(self, declaration: Declaration, facts: KeepFacts, phase: Phase) -> None:
        self.declaration = declaration
        self.facts = facts
        self.phase = phase
        self.places: dict[PurePosixPath, tuple[int, Place]] = {}

    def sorted_places(self) -> tuple[Place, ...]:
        return tuple(place for _, (_, place) in sorted(self.places.items()))

    def add(self, place: Place, rank: int) -> None:
        """Add a place; a higher rank replaces a lower one, an equal one stays."""
        present = self.places.get(place.path)
        if present is None or present[0] < rank:
            self.places[place.path] = (rank, place)

    def is_bound(self, kept: KeptPath) -> bool:
        if kept.path == MACHINE_ID:
            return False
        return method_of(kept, self.facts) is FileMethod.BIND

    def home(self, home: Home) -> None:
        for parent in between(home.path, self.base(home.path)):
            self.add(self.directory(parent, "0", "0", 0o755), 0)
        user, group = self.owner(home.user)
        self.add(self.directory(home.path, user, group, home.mode), 2)

    def source(self, kept: KeptPath) -> None:
        """Make the store's side: parents, and the kept directory or bound file itself."""
        top = kept.store
        carrier = self.declaration.filesystem_of(top)
        floor = carrier.mountpoint if carrier is not None else ROOT
        for parent in between(top, floor):
            self.add(self.directory(parent, "0", "0", 0o755), 0)
        if top != floor:
            self.add(self.directory(top, "0", "0", 0o755), 0)
        for parent in between(kept.source, top):
            self.parent(kept, parent, ROOT / parent.relative_to(top))
        self.leaf(kept, kept.source)

    def target(self, kept: KeptPath) -> None:
        """Make the volume's side: parents, and what the bind is mounted on, or the link."""
        for parent in between(kept.path, self.base(kept.path)):
            self.parent(kept, parent, parent)
        if kept.path == MACHINE_ID:
            self.add(self.copy(kept), 3)
        elif self.is_bound(kept):
            self.leaf(kept, kept.path)
        elif not kept.is_copied:
            self.add(self.link(kept), 3)

    def machine_id(self) -> None:
        """Write the declared machine id before the real init looks for it."""
        declared = self.declaration.machine_id
        covered = any(is_within(MACHINE_ID, kept.path) for kept in self.declaration.kept)
        if declared is None or covered or _phase(self.declaration, MACHINE_ID) is not self.phase:
            return
        for parent in between(MACHINE_ID, self.base(MACHINE_ID)):
            self.add(self.directory(parent, "0", "0", 0o755), 0)
        line = f"{declared}\n"
        place = Place(
            path=MACHINE_ID, make=Make.FILE, user="0", group="0", mode=0o444, content=line
        )
        self.add(place, 3)

    def base(self, path: PurePosixPath) -> PurePosixPath:
        volume = self.declaration.volume_of(path)
        return ROOT if volume is None else volume.mountpoint

    def parent(self, kept: KeptPath, actual: PurePosixPath, seen_as: PurePosixPath) -> None:
        """Make one directory on the way to a kept path; ``seen_as`` is its path on the volume.

        Below a home it belongs to the user; the nearest one takes ``parentDirectory``.
        """
        inside = kept.home is not None and is_within(seen_as, kept.home)
        if inside and seen_as == kept.home:
            user, group = self.owner(kept.account)
            self.add(self.directory(actual, user, group, self.home_mode(kept)), 2)
            return
        user, group = self.owner(kept.account) if inside else ("0", "0")
        mode = SYSTEM_MODES.get(seen_as, 0o755)
        if inside and seen_as.name in SECRET_NAMES:
            mode = 0o700
        explicit = kept.parent != Ownership() and seen_as == kept.path.parent
        explicit = explicit and seen_as not in NOBODYS
        if explicit:
            user, group, mode = self.resolved(kept.parent, user, group, mode)
        self.add(self.directory(actual, user, group, mode), 1 if explicit else 0)

    def home_mode(self, kept: KeptPath) -> int:
        modes = (home.mode for home in self.declaration.homes if home.user == kept.account)
        return next(modes, 0o700)

    def leaf(self, kept: KeptPath, actual: PurePosixPath) -> None:
        """Make the kept directory or file itself, on one of the two sides."""
        user, group = self.owner(kept.account) if kept.account else ("0", "0")
        user, group, mode = self.resolved(kept.ownership, user, group, default_mode(kept))
        if kept.kind is Kind.DIRECTORY:
            self.add(self.directory(actual, user, group, mode), 3)
        elif self.is_bound(kept):
            place = Place(path=actual, make=Make.FILE, user=user, group=group, mode=mode)
            self.add(place, 3)

    def copy(self, kept: KeptPath) -> Place:
        """The machine id is copied, not mounted.

        PID 1 takes a mount there for an id that is still to be committed, and the service that
        commits it fails at every boot: systemd-machine-id-commit.service(8).
        """
        return Place(
            path=kept.path,
            make=Make.COPY,
            user="0",
            group="0",
            mode=0o444,
            content=str(self.seen_in_boot(kept.source)),
        )

    def link(self, kept: KeptPath) -> Place:
        user, group = self.owner(kept.account) if kept.account else ("0", "0")
        return Place(
            path=kept.path,
            make=Make.LINK,
            user=user,
            group=group,
            mode=None,
            content=str(kept.source),
        )

    def seen_in_boot(self, path: PurePosixPath) -> PurePosixPath:
        """Return where ``path`` is while this phase runs."""
        if self.phase is Phase.INITRD:
            return PurePosixPath("/sysroot") / path.relative_to("/")
        return path

    def directory(self, path: PurePosixPath, user: str, group: str, mode: int) -> Place:
        return Place(path=path, make=Make.DIRECTORY, user=user, group=group, mode=mode)

    def resolved(self, wish: Ownership, user: str, group: str, mode: int) -> tuple[str, str, int]:
        if wish.user is not None:
            user, group = self.owner(wish.user)
        if wish.group is not None:
            group = self.group(wish.group)
        return user, group, mode if wish.mode is None else wish.mode

    def owner(self, name: str | None) -> tuple[str, str]:
        """Return a user and its primary group, as numbers where they are known.

        The group of a user who is not known yet is left open: it need not bear the user's name.
        """
        if name is None or name in ("root", "0"):
            return "0", "0"
        account = self.facts.accounts.users.get(name)
        if account is None:
            return name, str(self.facts.accounts.groups.get(name, ""))
        return str(account.uid), str(account.gid)

    def group(self, name: str) -> str:
        if name == "root":
            return "0"
        known = self.facts.accounts.groups.get(name)
        return name if known is None else str(known)
