"""What is found of one path on this machine, for its explanation."""

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final, NamedTuple

from petrichor.act.knowing import gather_rules, is_saved
from petrichor.act.opening import open_view
from petrichor.act.views import added_entry, has
from petrichor.loss.classify import Classifier
from petrichor.loss.compare import aspects
from petrichor.loss.rules import Rules
from petrichor.loss.side import Side
from petrichor.model.accounts import Accounts
from petrichor.model.declaration import Declaration, KeptPath, Volume
from petrichor.model.errors import MachineError
from petrichor.model.explanation import Explanation
from petrichor.model.loss import Batch, Change, Entry, Share
from petrichor.model.mount import Mount
from petrichor.model.mounttable import MountTable
from petrichor.model.text import show
from petrichor.plan.explain import Links, Sight, explain, kept_at
from petrichor.plan.mounted import mismatch
from petrichor.system.command import Runner
from petrichor.system.mounts import read_mounts

_MOST: Final = 40
"""How many links a path may lead through: path_resolution(7)."""
_BLANK: Final = "it has nothing there"
_SAME: Final = "it has the same"
_BACK: Final = "it has it, and brings it back"


class Found(NamedTuple):
    """An explanation, and the share of the loss that it is about."""

    explanation: Explanation
    share: Share | None


def explain_paths(
    declaration: Declaration, accounts: Accounts, runner: Runner, paths: Sequence[PurePosixPath]
) -> list[Found]:
    """Explain absolute paths; what one leads to comes next, if it is a link.

    Raises:
        MachineError: one leads through too many links, or a volume cannot be looked into.
        PrivilegeError: one lies on a volume, and this needs root.
    """
    mounts = read_mounts()
    rules = gather_rules(declaration, accounts, runner, mounts=mounts)
    looker = _Looker(declaration, MountTable(mounts), rules, runner)
    return [looker.explain(path, links, place) for path in paths for links, place in follow(path)]


def follow(path: PurePosixPath) -> Iterator[tuple[Links, PurePosixPath]]:
    """Give where a path leads: itself, with the links above it followed, then each next target.

    Raises:
        MachineError: there are too many links.
    """
    links: list[tuple[PurePosixPath, PurePosixPath]] = []
    at, waiting = PurePosixPath("/"), list(path.parts[1:])
    while waiting:
        name = waiting.pop(0)
        here = at.parent if name == ".." else at / name
        if not waiting:
            yield tuple(links), here
        target = _target(here)
        if target is None:
            at = here
            continue
        links.append((here, target))
        if len(links) > _MOST:
            raise MachineError(f"{show(path)}: it leads through too many links")
        at = PurePosixPath("/") if target.is_absolute() else at
        waiting = [*(part for part in target.parts if part != "/"), *waiting]
    if not path.parts[1:]:
        yield (), at


def _target(place: PurePosixPath) -> PurePosixPath | None:
    try:
        return PurePosixPath(os.readlink(place))
    except OSError:
        return None


@dataclass(frozen=True, slots=True)
class _Looker:
    declaration: Declaration
    table: MountTable
    rules: Rules
    runner: Runner

    def explain(self, path: PurePosixPath, links: Links, place: PurePosixPath) -> Found:
        """Look at one place, and judge it."""
        mount = self.table.holding(place)
        volume = self.declaration.volume_of(place)
        kept = kept_at(self.declaration, place)
        sight = Sight(exists=os.path.lexists(place), mount=mount, is_shown=self._is_shown(kept))
        share = None
        if volume is not None and not sight.is_shown and self._shows(volume, mount):
            baseline, share = self._share(volume, place)
            judgement = share.judgement if share is not None else None
            sight = Sight(exists=sight.exists, mount=mount, judgement=judgement, baseline=baseline)
        return Found(explain(self.declaration, path, links, place, sight), share)

    def _is_shown(self, kept: KeptPath | None) -> bool:
        """Tell whether a kept path shows what its store holds: by a mount, a link or a copy."""
        if kept is None:
            return False
        if kept.is_copied:
            return is_saved(os.fsencode(kept.path), os.fsencode(kept.source))
        target = _target(kept.path)
        return self.table.is_mountpoint(kept.path) or target == kept.source

    def _shows(self, volume: Volume, mount: Mount | None) -> bool:
        at = self.table.at(volume.mountpoint)
        return at is not None and at == mount and not mismatch(volume, at, self.table)

    def _share(self, volume: Volume, place: PurePosixPath) -> tuple[str, Share | None]:
        """Compare a place with the baseline, and judge it; no share where nothing is lost."""
        top = os.fsencode(volume.mountpoint)
        where = os.fsencode(place.relative_to(volume.mountpoint))
        where = b"" if where == b"." else where
        at = self.table.at(volume.mountpoint)
        assert at is not None  # _shows has seen it
        with ExitStack() as stack:
            view = open_view(stack, volume, at, self.runner)
            baseline, entry = _compared(view.live, view.baseline, where)
            if baseline in (_SAME, _BACK):
                return baseline, None
            batch = Batch(os.fsencode(place.parent) if where else top, [entry])
            (share,) = Classifier(self.rules, top).judge(batch)
        return baseline, share


def _compared(live: Side, baseline: Side | None, where: bytes) -> tuple[str, Entry]:
    """Return how a path of a volume compares with its baseline, and its entry."""
    entry = added_entry(live, where)
    if baseline is None or not has(baseline, where):
        return _BLANK, entry._replace(change=Change.ADDED)
    if entry.change is Change.UNREADABLE:
        return _BACK, entry._replace(change=Change.REMOVED)
    found = aspects(baseline, live, where)
    if not found:
        return _SAME, entry
    return f"it differs: {', '.join(found)}", entry._replace(change=Change.CHANGED, aspects=found)
