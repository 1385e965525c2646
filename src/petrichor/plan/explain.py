"""Why a path survives the next reset, or does not."""

from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from petrichor.model.declaration import Declaration, FileMethod, KeptPath
from petrichor.model.explanation import Explanation, Outcome
from petrichor.model.loss import Fate, Judgement
from petrichor.model.mount import Mount
from petrichor.model.names import is_within
from petrichor.model.text import show

Links = tuple[tuple[PurePosixPath, PurePosixPath], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What was found at the place that a path leads to."""

    exists: bool
    mount: Mount | None = None
    """The mount that the place lies on."""
    is_shown: bool = False
    """Whether the kept path that it belongs to shows its store, by a mount, a link or a copy."""
    judgement: Judgement | None = None
    """What the loss says of it; None where it is as in the baseline, or was not asked."""
    baseline: str = ""
    """How it compares with the baseline; empty where it was not asked."""


_IN_MEMORY = frozenset(("tmpfs", "ramfs", "devtmpfs", "proc", "sysfs", "devpts", "cgroup2"))
_OUTCOMES = {
    Fate.LOST: Outcome.LOST,
    Fate.KEPT: Outcome.KEPT,
    Fate.IGNORED: Outcome.IGNORED,
    Fate.REGENERATED: Outcome.REGENERATED,
    Fate.HIDDEN: Outcome.HIDDEN,
}


_METHODS = {FileMethod.SYMLINK: "link", FileMethod.COPY: "copy"}


def explain(
    declaration: Declaration, path: PurePosixPath, links: Links, place: PurePosixPath, sight: Sight
) -> Explanation:
    """Judge one path by the declaration and by what was seen."""
    mount = f"{show(sight.mount.source)} ({sight.mount.type})" if sight.mount else ""
    known = Explanation(
        path=path, place=place, links=links, exists=sight.exists, outcome=Outcome.OUTSIDE,
        mount=mount,
    )  # fmt: skip
    kept = kept_at(declaration, place)
    if kept is not None and is_within(place, kept.store):
        return _changed(known, kept, Outcome.KEPT, "it lies in the store")
    store = next((item for item in declaration.stores if is_within(place, item)), None)
    if store is not None:
        reason = f"it lies in the store {show(store)}, and no declaration names it"
        return replace(known, outcome=Outcome.STALE, reason=reason)
    volume = declaration.volume_of(place)
    if kept is not None and (volume is None or sight.is_shown):
        return _changed(known, kept, Outcome.KEPT, "its data lives in a store")
    if volume is None:
        return _elsewhere(known, "it lies on no volume", sight)
    known = replace(known, volume=volume.mountpoint)
    if not sight.baseline and kept is None:
        return _elsewhere(known, "another filesystem is mounted there", sight)
    return _on_volume(known, kept, sight)


def _elsewhere(known: Explanation, reason: str, sight: Sight) -> Explanation:
    if sight.mount is not None and sight.mount.type in _IN_MEMORY:
        reason = "its filesystem lies in memory, and is empty at every boot"
        return replace(known, outcome=Outcome.LOST, reason=reason)
    return replace(known, reason=reason)


def _on_volume(known: Explanation, kept: KeptPath | None, sight: Sight) -> Explanation:
    known = replace(known, baseline=sight.baseline)
    if kept is not None:
        reason = "it is declared, but not mounted: petrichor apply keeps it"
        if kept.is_copied:
            reason = "it is not in the store as it is: it is saved when it changes, and at shutdown"
        return _changed(known, kept, Outcome.LOST, reason)
    judgement = sight.judgement
    if judgement is None:
        reason = "the baseline has it as it is" if sight.exists else "it was deleted"
        return replace(known, outcome=Outcome.UNCHANGED, reason=reason)
    return replace(
        known,
        outcome=_OUTCOMES[judgement.fate],
        reason=judgement.reason or "nothing keeps it",
        owner=judgement.owner,
        kind=judgement.kind,
    )


def kept_at(declaration: Declaration, place: PurePosixPath) -> KeptPath | None:
    """Return the kept path that a place belongs to, by its path or by its place in the store."""
    found = [
        item
        for item in declaration.kept
        if is_within(place, item.path) or is_within(place, item.source)
    ]
    return max(found, key=lambda item: len(item.path.parts), default=None)


def _changed(known: Explanation, kept: KeptPath, outcome: Outcome, reason: str) -> Explanation:
    below = known.place.relative_to(
        kept.source if is_within(known.place, kept.source) else kept.path
    )
    return replace(
        known,
        outcome=outcome,
        reason=reason,
        key=kept.key,
        preset=kept.preset,
        source=kept.source / below,
        method=_METHODS.get(kept.method, "bind mount"),
    )
