"""The loss of volumes, from the machine: seen, judged, and added up."""

import os
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from petrichor.act.opening import open_view
from petrichor.act.views import View, has
from petrichor.loss.side import Side
from petrichor.model.accounts import Accounts
from petrichor.model.declaration import Declaration, Volume
from petrichor.model.errors import MachineError, PetrichorError
from petrichor.model.loss import Batch, Fate, Share
from petrichor.model.mounttable import MountTable
from petrichor.model.text import show
from petrichor.plan.mounted import mismatch
from petrichor.system.command import Runner
from petrichor.system.forks import blocks_read, spread
from petrichor.system.mounts import read_mounts

if TYPE_CHECKING:
    from petrichor.loss.classify import Classifier
    from petrichor.loss.summary import Summary
    from petrichor.model.status import LossStatus

MOST: Final = 4
"""How many processes look at most, and so how many parts there are of a volume."""
_FEW_BLOCKS: Final = 64
"""What is read of a volume that lies in memory, of 512 bytes each."""


class Loss(NamedTuple):
    """The loss of some volumes, or of some paths on them, held open."""

    views: "Sequence[tuple[bytes, View, Classifier]]"
    """Mount points, what is seen of the volumes there, and who judges it."""
    paths: Sequence[bytes]
    """The absolute paths asked for; none for all."""

    def shares(self) -> Iterator[Share]:
        """Give the loss volume by volume, directory by directory; memory stays bounded."""
        for _, view, classifier in self.views if not self.paths else ():
            yield from _judged(classifier, view.batches)
        for path in self.paths:
            view, classifier, where = self._find(path)
            yield from _judged(classifier, partial(view.below, where))

    def summary(self, new: Callable[[], "Summary"]) -> "Summary":
        """Add the loss up, with as many processes as are of use; ``new`` makes an empty sum.

        A disk answers several requests in the time of one, so where it has to be waited for there
        are more of them than processors.
        """
        processors = min(MOST, len(os.sched_getaffinity(0)))
        if self.paths or processors < 2:
            return _sum(new, [self.shares])
        before = blocks_read()
        parts = [
            partial(_judged, classifier, part)
            for _, view, classifier in self.views
            for part in view.parts(MOST)
        ]
        # What was read to share the work out tells whether the rest has to be waited for.
        processes = MOST if blocks_read() - before > _FEW_BLOCKS else processors
        works = [parts[first::processes] for first in range(processes)]
        sums = spread([partial(_sum, new, work) for work in works if work])
        total = new()
        for one in sums:
            total.merge(one)
        return total

    def both(self, path: bytes) -> tuple[bytes | None, bytes | None]:
        """Return a regular file's content in the baseline and now; None where there is none.

        Raises:
            MachineError: the path lies on none of the volumes.
            OSError: it cannot be read.
        """
        view, _, where = self._find(path)
        old = None if view.baseline is None else _content(view.baseline, where)
        return old, _content(view.live, where)

    def require(self, path: bytes) -> None:
        """Raise MachineError for a path that neither the volume nor its baseline has."""
        view, _, where = self._find(path)
        sides = [side for side in (view.live, view.baseline) if side is not None]
        # A child dataset is neither: there the path itself tells.
        if not any(has(side, where) for side in sides) and not os.path.lexists(path):
            what = f"{show(os.fsdecode(path))}: neither the volume nor its baseline has it"
            raise MachineError(what, hint="petrichor diff --tree shows what there is")

    def _find(self, path: bytes) -> tuple[View, "Classifier", bytes]:
        """Return the volume that a path lies on, who judges it, and the path from its top."""
        found = [item for item in self.views if _relative(item[0], path) is not None]
        if not found:
            raise MachineError(f"{show(os.fsdecode(path))} lies on none of the volumes")
        top, view, classifier = max(found, key=lambda item: len(item[0]))
        return view, classifier, _relative(top, path) or b""


def _judged(classifier: "Classifier", batches: Callable[[], Iterable[Batch]]) -> Iterator[Share]:
    judge = classifier.judge
    for batch in batches():
        yield from judge(batch)


@contextmanager
def looking(
    declaration: Declaration,
    accounts: Accounts,
    runner: Runner,
    volumes: Sequence[Volume],
    paths: Sequence[bytes] = (),
) -> Iterator[Loss]:
    """Open volumes to see their loss; nothing of it shows up in the answer, or stays mounted.

    Raises:
        MachineError: a volume is not mounted, or cannot be looked into.
        PrivilegeError: this needs root.
    """
    mounts = read_mounts()
    table = MountTable(mounts)
    with ExitStack() as stack:
        opened = [_open(stack, volume, table, runner) for volume in volumes]
        # Loaded late: a copy of this process is at work already.
        from petrichor.act.knowing import gather_rules
        from petrichor.loss.classify import Classifier

        rules = gather_rules(declaration, accounts, runner, mounts=mounts)
        tops = [os.fsencode(volume.mountpoint) for volume in volumes]
        views = [
            (top, view, Classifier(rules, top)) for top, view in zip(tops, opened, strict=True)
        ]
        loss = Loss(views, paths)
        for path in paths:
            loss.require(path)
        yield loss


def how_much(declaration: Declaration, accounts: Accounts, runner: Runner) -> "LossStatus":
    """Add up what the next reset takes of all volumes; say why where that cannot be known."""
    from petrichor.loss.summary import Summary
    from petrichor.model.status import LossStatus

    try:
        with looking(declaration, accounts, runner, declaration.volumes) as loss:
            summary = loss.summary(Summary)
    except PetrichorError as error:
        return LossStatus(detail=error.message)
    total = summary.total(Fate.LOST)
    return LossStatus(count=total.count, size=total.size, unread=summary.missing)


def _open(stack: ExitStack, volume: Volume, table: MountTable, runner: Runner) -> View:
    where = show(volume.mountpoint)
    mount = table.at(volume.mountpoint)
    if mount is None:
        raise MachineError(f"{where}: the volume is not mounted", hint="petrichor status tells why")
    if other := mismatch(volume, mount, table):
        raise MachineError(f"{where}: {other}", hint="petrichor status tells more")
    return open_view(stack, volume, mount, runner, begin=True)


def _sum(new: Callable[[], "Summary"], works: Iterable[Callable[[], Iterator[Share]]]) -> "Summary":
    total = new()
    add = total.add
    for work in works:
        for share in work():
            add(share)
    return total


def _relative(top: bytes, path: bytes) -> bytes | None:
    """Return a path from the top of a volume, or None where it lies elsewhere."""
    if path == top:
        return b""
    inside = top if top == b"/" else top + b"/"
    return path[len(inside) :] if path.startswith(inside) else None


def _content(side: Side, path: bytes) -> bytes | None:
    try:
        facts = side.facts(path)
        if not stat.S_ISREG(facts.st_mode):
            return None
        content = bytearray(facts.st_size)
        for offset, block in side.content(path):
            content[offset : offset + len(block)] = block
    except FileNotFoundError:
        return None
    return bytes(content)
