"""How each entry fares at the next reset, and whose it is.

What a directory says of its entries is found once and handed down: only names that stand in a
rule, and symlinks, are looked at one by one.
"""

import os
from collections.abc import Iterable, Iterator
from operator import itemgetter
from typing import Final, NamedTuple

from petrichor.loss.ignore import Ignore
from petrichor.loss.rules import (
    DIRECTORY,
    KIND,
    REGULAR,
    SYMLINK,
    Kept,
    Made,
    Owned,
    Packages,
    Rules,
)
from petrichor.loss.summary import join
from petrichor.model.loss import Aspect, Batch, Change, Entry, Fate, Judgement, Share
from petrichor.model.names import CANARY
from petrichor.model.text import show

LOST: Final = Judgement(Fate.LOST)
_HERE: Final = (Change.ADDED, Change.CHANGED)
_GENERATED: Final = {b"/nix/store": "the Nix store", b"/etc/static": "the NixOS configuration"}
_MISSING: Final = {
    False: "not mounted: petrichor apply keeps it",
    True: "not in the store as it is: it is saved when it changes, and at shutdown",
}
_MADE_AT: Final = frozenset(
    (b"", b"bin", b"dev", b"etc", b"lib", b"lib64", b"opt", b"root", b"run", b"sbin", b"srv")
    + (b"tmp", b"usr", b"var")
)
"""Top directories that packages and tmpfiles lines write into."""
_OF_UNITS: Final = (b"/var/lib", b"/var/log", b"/var/cache", b"/etc", b"/run")
"""Where StateDirectory= and its kin lie: systemd.exec(5)."""
_NAME, _MODE = itemgetter(0), itemgetter(2)
_MOST: Final = 20_000
"""How many directories are remembered."""


class _Place:
    """A path that rules name, or one above such a path."""

    __slots__ = ("below", "children", "is_mount", "kept", "made", "owned")

    def __init__(self) -> None:
        self.children: dict[bytes, _Place] = {}
        self.is_mount = False
        self.kept: Kept | None = None
        self.below: Kept | None = None
        """The first kept path below it."""
        self.made: list[Made] = []
        self.owned: Owned | None = None

    def enter(self, name: bytes) -> "_Place":
        """Return the place of a name below this one."""
        place = self.children.get(name)
        if place is None:
            place = self.children[name] = _Place()
        return place


class _Context(NamedTuple):
    """What a directory says of what it holds."""

    judgement: Judgement
    place: _Place | None = None
    settled: bool = False
    """Whether everything below fares like this."""
    packaged: bool = False
    unnamed: "_Context | None" = None
    """The same for what lies in a directory of it that no rule names; None where that is this."""


class Classifier:
    """Judges the entries of one volume, or of volumes whose mount points hide nothing."""

    def __init__(self, rules: Rules, top: bytes | None = None) -> None:
        """Judge by ``rules`` the volume that is mounted at ``top``.

        Without ``top`` it is not known which volume a path lies on; what lies under the mount
        point of another one then passes for that volume's own.
        """
        self._rules, self._source = rules, rules.source
        self._ignore = Ignore(rules.ignore) if rules.ignore else None
        self._stores = {kept.store for kept in rules.kept}
        self._tops = frozenset(rules.mounts)
        self._root = _Place()
        self._contexts: dict[bytes, _Context] = {}
        self._known: dict[Judgement, Judgement] = {LOST: LOST}
        self._awake = self._units_known = False
        self._packages: Packages | None = None
        self._plant(rules, top)

    def _plant(self, rules: Rules, top: bytes | None) -> None:
        known = rules.mounts
        points = known.get(top) if top is not None else None
        if points is None:
            points = frozenset().union(*known.values()) - self._tops
        for point in points:
            self._place(point).is_mount = True
        for kept in rules.kept:
            for place in self._above(kept.path):
                place.below = place.below or kept
            self._place(kept.path).kept = kept
        for volume in self._tops:
            canary = (b"" if volume == b"/" else volume) + b"/" + CANARY.encode()
            self._place(canary).made.append(Made(canary, REGULAR, "petrichor"))
        self._add(rules.owned, rules.made)

    def _add(self, owned: Iterable[Owned], made: Iterable[Made]) -> None:
        for claim in owned:
            place = self._place(claim.path)
            place.owned = place.owned or claim
        for maker in made:
            self._place(maker.path).made.append(maker)

    def _above(self, path: bytes) -> Iterator[_Place]:
        place = self._root
        for name in path.split(b"/")[1:]:
            yield place
            place = place.enter(name)

    def _place(self, path: bytes) -> _Place:
        place = self._root
        for name in path.split(b"/")[1:]:
            if name:
                place = place.enter(name)
        return place

    def judge(self, batch: Batch) -> list[Share]:
        """Divide a batch by the fate of its entries; nothing of it is left out or changed."""
        directory, entries = batch
        context = self._contexts.get(directory)
        if context is None:
            self._wake(directory)
            context = self._find(directory)
        if context.settled:
            return [Share(directory, context.judgement, entries)]
        if context.packaged or self._is_special(context, batch):
            return self._divide(context, batch)
        return [Share(directory, context.judgement, entries)]

    def _is_special(self, context: _Context, batch: Batch) -> bool:
        """Tell whether any entry may fare differently from its directory's others."""
        directory, entries = batch
        for mode in set(map(_MODE, entries)):
            if mode & KIND == SYMLINK:
                return True
        place = context.place
        if place is not None and not place.children.keys().isdisjoint(map(_NAME, entries)):
            return True
        return self._ignore is not None and self._ignore.touches(
            directory, list(map(_NAME, entries))
        )

    def _divide(self, context: _Context, batch: Batch) -> list[Share]:
        shares: dict[Judgement, list[Entry]] = {}
        for entry in batch.entries:
            judgement = self._single(context, batch.directory, entry)
            shares.setdefault(judgement, []).append(entry)
        return [Share(batch.directory, judgement, part) for judgement, part in shares.items()]

    def _wake(self, directory: bytes) -> None:
        """Ask the machine for what a directory of the system may depend on."""
        first = directory.split(b"/", 2)[1]
        if first not in _MADE_AT:
            return
        if not self._awake:
            self._awake = True
            self._add((), self._source.made())
            self._packages = self._source.packages()
            self._contexts.clear()
        if not self._units_known and _is_within(directory, _OF_UNITS):
            self._units_known = True
            self._add(*self._source.units())
            self._contexts.clear()

    def _find(self, directory: bytes) -> _Context:
        """Return what a directory says, from what the one above it says."""
        contexts = self._contexts
        if len(contexts) > _MOST:
            contexts.clear()
        missing, at = [], directory  # not by calling itself: a path may be a thousand names deep
        while (context := contexts.get(at)) is None and at != b"/":
            missing.append(at)
            at = at.rpartition(b"/")[0] or b"/"
        if context is None:
            context = _Context(LOST, self._root, packaged=self._packages is not None)
            contexts[at] = context
        for at in reversed(missing):
            if not context.settled:
                context = self._enter(context, at, at.rpartition(b"/")[2])
            contexts[at] = context
        return context

    def _enter(self, above: _Context, directory: bytes, name: bytes) -> _Context:
        place = above.place.children.get(name) if above.place else None
        if place is None and self._ignore is None and (above.unnamed or above.place is None):
            return above.unnamed or above
        if place is not None and place.is_mount:
            reason = f"under the mount at {_show(directory)}"
            return _Context(self._one(Judgement(Fate.HIDDEN, reason)), settled=True)
        if ignored := self._ignored(directory, place, is_directory=True):
            return _Context(ignored, settled=True)
        for made in place.made if place else ():
            if made.deep:
                return _Context(self._one(Judgement(Fate.REGENERATED, made.by)), settled=True)
        first = directory.split(b"/", 2)[1]
        packaged = self._packages is not None and first in _MADE_AT
        judgement = self._base(above.judgement, place)
        unnamed = _Context(judgement, packaged=packaged) if place is not None else None
        return _Context(judgement, place, packaged=packaged, unnamed=unnamed)

    def _base(self, above: Judgement, place: _Place | None) -> Judgement:
        """Return what is said of the ordinary entries at and below a place."""
        if place is None:
            return above
        judgement = above
        if owned := place.owned:
            judgement = above._replace(owner=owned.owner, kind=owned.kind, root=owned.path)
        if place.kept is not None:
            reason = f"declared by {place.kept.key}, but {_MISSING[bool(place.kept.source)]}"
            judgement = judgement._replace(reason=reason)
        return self._one(judgement)

    def _ignored(
        self, path: bytes, place: _Place | None, *, is_directory: bool
    ) -> Judgement | None:
        if place is not None and (place.kept or place.below):
            return None  # what is kept lies here: a pattern does not reach over it
        if place is not None and place.owned and place.owned.ignored:
            owned = place.owned
            return self._one(
                Judgement(Fate.IGNORED, owned.ignored, owned.owner, owned.kind, owned.path)
            )
        pattern = self._ignore.match(path, is_directory=is_directory) if self._ignore else None
        if pattern is None:
            return None
        return self._one(Judgement(Fate.IGNORED, f"[loss] ignore: {pattern}"))

    def _single(self, context: _Context, directory: bytes, entry: Entry) -> Judgement:
        """Judge one name of a directory that is not settled."""
        path = join(directory, entry.name)
        place = context.place.children.get(entry.name) if context.place else None
        if not entry.name:
            return context.judgement
        if place is not None and place.is_mount:
            return self._mount_point(context, path, place, entry)
        if kept := place and place.kept:
            if self._is_kept(path, entry, kept):
                return self._one(Judgement(Fate.KEPT, kept.key))
            return self._base(context.judgement, place)
        kind = entry.mode & KIND
        if ignored := self._ignored(path, place, is_directory=kind == DIRECTORY):
            return ignored
        again = self._again(path, place, entry, packaged=context.packaged)
        return again or self._base(context.judgement, place)

    def _mount_point(
        self, context: _Context, path: bytes, place: _Place, entry: Entry
    ) -> Judgement:
        if entry.mode & KIND == REGULAR and entry.size and entry.change is not Change.REMOVED:
            reason = f"under the mount at {_show(path)}"
            return self._one(Judgement(Fate.HIDDEN, reason))
        if place.kept is not None:
            return self._one(Judgement(Fate.KEPT, place.kept.key))
        made = self._again(path, place, entry, packaged=context.packaged)
        return made or self._base(context.judgement, place)

    def _again(
        self, path: bytes, place: _Place | None, entry: Entry, *, packaged: bool
    ) -> Judgement | None:
        """Judge what something makes again, or links to; None for everything else."""
        if entry.change not in _HERE:
            return None
        if entry.mode & KIND == SYMLINK and (linked := self._linked(path, entry)):
            return linked
        if place is not None and entry.change is Change.ADDED:
            if place.below and entry.mode & KIND == DIRECTORY:
                reason = f"parent of the kept path {_show(place.below.path)}"
                return self._one(Judgement(Fate.REGENERATED, reason))
            for made in place.made:
                if self._is_made(made, path, entry):
                    return self._one(Judgement(Fate.REGENERATED, made.by))
        owner = self._packaged(path, entry) if packaged else ""
        return self._one(Judgement(Fate.REGENERATED, f"package {owner}")) if owner else None

    def _linked(self, path: bytes, entry: Entry) -> Judgement | None:
        target = self._source.target(path)
        if target is None:
            return None
        for place, by in _GENERATED.items():
            if entry.change is Change.ADDED and _is_within(target, (place,)):
                return self._one(Judgement(Fate.REGENERATED, by))
        store = next((store for store in self._stores if _is_within(target, (store,))), None)
        if store is None:
            return None
        return self._one(Judgement(Fate.KEPT, f"leads into the store {_show(store)}"))

    def _is_kept(self, path: bytes, entry: Entry, kept: Kept) -> bool:
        if kept.source:
            return entry.change in _HERE and self._source.is_saved(path, kept.source)
        return self._leads_into(path, entry, [kept.store])

    def _leads_into(self, path: bytes, entry: Entry, stores: Iterable[bytes]) -> bool:
        if entry.mode & KIND != SYMLINK or entry.change not in _HERE:
            return False
        target = self._source.target(path)
        return target is not None and _is_within(target, tuple(stores))

    def _is_made(self, made: Made, path: bytes, entry: Entry) -> bool:
        kind = entry.mode & KIND
        if made.kind and made.kind != kind:
            return False
        if made.content is None or kind == DIRECTORY:
            return True
        if kind == SYMLINK:
            return self._source.target(path) == made.content
        return entry.size == len(made.content) and self._source.content(path) == made.content

    def _packaged(self, path: bytes, entry: Entry) -> str:
        packages = self._packages
        if packages is None or not (owner := packages.owner(path)):
            return ""
        changed = entry.change is Change.CHANGED
        if changed and not {*entry.aspects} <= {Aspect.CONTENT, Aspect.TIME}:
            return ""
        if entry.mode & KIND == REGULAR and (changed or packages.is_configuration(path)):
            content = self._source.content(path)
            return owner if content is not None and packages.is_pristine(path, content) else ""
        return owner

    def _one(self, judgement: Judgement) -> Judgement:
        return self._known.setdefault(judgement, judgement)


def _is_within(path: bytes, places: tuple[bytes, ...]) -> bool:
    return any(path == place or path.startswith(place + b"/") for place in places)


def _show(path: bytes) -> str:
    return show(os.fsdecode(path))
