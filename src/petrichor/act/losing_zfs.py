"""The loss of a ZFS volume: its baseline is a snapshot, and child datasets may go with it."""

import os
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from petrichor.act.views import EmptyView, View, Walk, WalkView
from petrichor.loss.compare import Comparison, Trust, compare, compare_at, compare_top
from petrichor.loss.zfs import HintError, Row, parse_diff, verified
from petrichor.model.declaration import Reset, ZfsVolume
from petrichor.model.errors import PetrichorError
from petrichor.model.loss import Batch, Change, Entry
from petrichor.system.beneath import open_volume
from petrichor.system.command import Runner
from petrichor.system.detached import open_filesystem
from petrichor.system.directory import DirectorySide
from petrichor.system.mounts import read_mounts
from petrichor.system.tree import walk

if TYPE_CHECKING:
    from petrichor.loss.side import Side
    from petrichor.model.machine import ZfsChild

READ_ONLY: Final = {"ro": ""}
"""The options that a dataset is mounted with to look into it; a snapshot needs none."""
HINT_FROM: Final = 200_000
"""How many objects a dataset has from which on `zfs diff` may be faster than listing both trees."""
HINT_TIME: Final = 10e-6
"""Seconds that listing one of them takes: no more is given to the hint."""


def open_zfs(stack: ExitStack, volume: ZfsVolume, top: bytes, runner: Runner) -> View:
    """Open a mounted ZFS volume beside its baseline.

    Raises:
        MachineError: one of the two cannot be looked into.
        PrivilegeError: this needs root.
    """
    live = stack.enter_context(open_volume(volume.mountpoint))
    objects = os.fstatvfs(live)
    used = objects.f_files - objects.f_ffree
    hint = partial(_rows, runner, volume.snapshot, used) if used >= HINT_FROM else None
    view = _beside(stack, live, volume.snapshot, top, hint)
    # A rollback leaves child datasets alone; a retired volume takes them along.
    if volume.reset is Reset.ROLLBACK:
        return view
    from petrichor.system.zfs import list_children

    found = list_children(runner, volume.dataset, read_mounts())
    return FamilyView(view, top, [open_child(stack, c) for c in found]) if found else view


def open_retired_zfs(
    stack: ExitStack, volume: ZfsVolume, dataset: str, top: bytes, children: "Sequence[ZfsChild]"
) -> View:
    """Open a retired dataset beside the baseline of the volume that it was.

    Raises:
        MachineError: one of the two cannot be looked into.
        PrivilegeError: this needs root.
    """
    live = stack.enter_context(_open(dataset, READ_ONLY))
    view = _beside(stack, live, volume.snapshot, top, None)
    return FamilyView(view, top, [open_child(stack, c) for c in children]) if children else view


def _beside(
    stack: ExitStack,
    live: int,
    snapshot: str,
    top: bytes,
    hint: Callable[[], list[Row]] | None,
) -> View:
    baseline = stack.enter_context(_open(snapshot, {}))
    if os.listdir(baseline):
        return ComparedView(live, baseline, top, hint)
    return EmptyView(live, baseline, top)


def _rows(runner: Runner, snapshot: str, used: int) -> list[Row]:
    """Ask ZFS what changed.

    Raises:
        HintError: it does not tell all, or takes too long.
    """
    from petrichor.system.zfs import diff, has_changed

    if not has_changed(runner, snapshot):
        return []
    told = diff(runner, snapshot, seconds=used * HINT_TIME)
    if told is None:
        raise HintError("zfs diff was not content, or not done in time")
    return parse_diff(told)


class ComparedView:
    """A volume whose baseline has content: both trees are listed, what is the same passed over.

    With ``hint``, which gives the rows of `zfs diff` or raises HintError, only what changed
    is listed, if that can be known.
    """

    def __init__(
        self, live: int, baseline: int, top: bytes, hint: Callable[[], list[Row]] | None = None
    ) -> None:
        """See two trees by their descriptors."""
        self.live: Side = DirectorySide(live)
        self.baseline: Side | None = DirectorySide(baseline)
        self._old = DirectorySide(baseline)
        self._top = top
        self._hint = hint

    def batches(self) -> Iterator[Batch]:
        """Compare everything, or what the hint leads to."""
        yield from compare_top(self._old, self.live, self._top)
        yield from self._all()

    def _all(self) -> Iterator[Batch]:
        if self._hint is not None:
            try:
                rows = self._hint()
                comparison = Comparison(self._old, self.live, self._top, Trust.ALL_BUT_MARKS)
                return verified(rows, comparison)
            except HintError:
                pass
        return compare(self._old, self.live, self._top, trust=Trust.ALL_BUT_MARKS)

    def below(self, path: bytes) -> Iterator[Batch]:
        """Compare one path and what lies below it."""
        if not path:
            return self.batches()
        return compare_at(self._old, self.live, self._top, path, trust=Trust.ALL_BUT_MARKS)

    def parts(self, number: int) -> list[Walk]:  # noqa: ARG002  # as every view has it
        """Give the whole to one process."""
        return [self.batches]


class Child(NamedTuple):
    """A child dataset, held open at the path where it is mounted or would be."""

    path: bytes
    descriptor: int | None
    """None where it cannot be looked into."""
    error: str = ""

    def batches(self) -> Iterator[Batch]:
        """Give its top and all that it holds."""
        above, name = os.path.split(self.path)
        if self.descriptor is None:
            entry = Entry(name, Change.UNREADABLE, stat.S_IFDIR, 0, 0, 0, error=self.error)
        else:
            facts = os.fstat(self.descriptor)
            mtime = int(facts.st_mtime)
            entry = Entry(name, Change.ADDED, facts.st_mode, facts.st_size, facts.st_uid, mtime)
        yield Batch(above, [entry._replace(is_root=True)])
        if self.descriptor is not None:
            yield from walk(self.descriptor, self.path)

    def below(self, path: bytes) -> Iterator[Batch]:
        """Give one relative path and all below it."""
        if self.descriptor is None:
            return self.batches()
        return WalkView(self.descriptor, self.path).below(path)


def open_child(stack: ExitStack, child: "ZfsChild") -> Child:
    """Open a child; one that cannot be looked into is named all the same."""
    path = os.fsencode(child.path)
    opened = open_volume(child.path) if child.mounted else _open(child.name, READ_ONLY)
    try:
        return Child(path, stack.enter_context(opened))
    except PetrichorError as error:
        return Child(path, None, f"the child dataset {child.name}: {error.message}")


_open = partial(open_filesystem, "zfs")


class FamilyView:
    """A volume that goes with its child datasets, wherever they are mounted."""

    def __init__(self, view: View, top: bytes, children: Sequence[Child]) -> None:
        """Add children to the view of the volume itself."""
        self._view = view
        self._top = top
        self._children = children
        self._roots = frozenset(child.path for child in children)
        self.live = view.live
        self.baseline = view.baseline

    def batches(self) -> Iterator[Batch]:
        """Give the volume's loss, and all that its children hold."""
        yield from self._own(self._view.batches())
        yield from self._below_it(self._children)

    def below(self, path: bytes) -> Iterator[Batch]:
        """Give the loss at one path of the volume, or of a child that is mounted on it."""
        asked = os.path.join(self._top, path) if path else self._top
        holder = max(
            (child for child in self._children if _lies_in(asked, child.path)),
            key=lambda child: len(child.path),
            default=None,
        )
        if holder is not None and holder.path != asked:
            yield from holder.below(asked[len(holder.path) + 1 :])
        elif holder is None:
            yield from self._own(self._view.below(path))
        yield from self._below_it(c for c in self._children if _lies_in(c.path, asked))

    def parts(self, number: int) -> list[Walk]:
        """Share the volume out; the children go to the last."""
        own: list[Walk] = [partial(self._own_part, p) for p in self._view.parts(number)]
        return [*own[: number - 1], partial(self._last_part, own[number - 1 :])]

    def _own_part(self, part: Walk) -> Iterator[Batch]:
        return self._own(part())

    def _last_part(self, own: list[Walk]) -> Iterator[Batch]:
        for part in own:
            yield from part()
        yield from self._below_it(self._children)

    def _own(self, batches: Iterable[Batch]) -> Iterator[Batch]:
        """Leave out the directories that children are mounted on: they come with the child."""
        above = {os.path.dirname(path) for path in self._roots}
        for batch in batches:
            if batch.directory in above:
                left = [
                    entry
                    for entry in batch.entries
                    if os.path.join(batch.directory, entry.name) not in self._roots
                ]
                yield Batch(batch.directory, left)
            else:
                yield batch

    def _below_it(self, children: Iterable[Child]) -> Iterator[Batch]:
        for child in children:
            yield from child.batches()


def _lies_in(path: bytes, directory: bytes) -> bool:
    return path == directory or path.startswith(directory.rstrip(b"/") + b"/")
