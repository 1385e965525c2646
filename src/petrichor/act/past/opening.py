"""The one place that picks how a volume's retired ones are reached."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Protocol, assert_never

from petrichor.act.past.btrfs import BtrfsPast
from petrichor.act.past.directory import DirectoryPast
from petrichor.act.past.zfs import ZfsPast
from petrichor.act.views import Tree, View
from petrichor.model.declaration import (
    BtrfsVolume,
    DirectoryVolume,
    ZfsVolume,
)
from petrichor.model.past import RetiredVolume, Room
from petrichor.system.btrfs import top_level
from petrichor.system.command import Runner

Retiring = ZfsVolume | BtrfsVolume | DirectoryVolume
"""Volumes that a reset can set aside; a tmpfs leaves nothing behind."""


class Past(Protocol):
    """The retired volumes of one volume."""

    def find(self) -> list[RetiredVolume]:
        """Return those that a reset of this volume made, by their names and place."""
        ...

    def view(self, stack: ExitStack, item: RetiredVolume) -> View:
        """Open one beside the volume's baseline, read-only, for as long as ``stack`` is."""
        ...

    def trees(self, stack: ExitStack, item: RetiredVolume) -> list[Tree]:
        """Open one alone, the volume itself first, then what was mounted on it and went along."""
        ...

    def obstacle(self, item: RetiredVolume) -> str:
        """Look once more, and say why it must not be removed; empty if it may."""
        ...

    def remove(self, item: RetiredVolume) -> None:
        """Remove it with all that lies in it; raise PetrichorError where something stays."""
        ...

    def settle(self) -> None:
        """Wait until what was removed is really gone."""
        ...

    def room(self) -> Room:
        """Return how much space there is."""
        ...


@contextmanager
def open_past(volume: Retiring, runner: Runner) -> Iterator[Past]:
    """Reach the retired volumes of a volume."""
    match volume:
        case ZfsVolume():
            yield ZfsPast(volume, runner)
        case BtrfsVolume():
            with top_level(runner, volume.device) as top:
                yield BtrfsPast(volume, top, runner)
        case DirectoryVolume():
            yield DirectoryPast(volume)
        case _:
            assert_never(volume)
