"""Versions of paths are found in all that earlier boots left."""

import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from itertools import zip_longest
from typing import TYPE_CHECKING

from petrichor.act.history import History
from petrichor.loss.compare import aspects
from petrichor.loss.finding import Found, find, has_magic, inside
from petrichor.loss.side import Side
from petrichor.model.errors import MachineError, PetrichorError
from petrichor.model.past import Boot
from petrichor.model.text import show_bytes
from petrichor.model.version import Version
from petrichor.system.directory import DirectorySide

if TYPE_CHECKING:
    from petrichor.act.views import Tree


def versions(
    stack: ExitStack, history: History, boots: Sequence[Boot], paths: Iterable[bytes]
) -> tuple[list[Version], list[str]]:
    """Return what boots had at absolute paths, the newest first, and what could not be read.

    A path that was there by just this name is no pattern.
    """
    troubles: list[str] = []
    trees = [(boot, list(_trees(stack, history, boot, troubles))) for boot in boots]
    found: list[Version] = []
    for path in dict.fromkeys(paths):
        exact = _all(trees, path, troubles, literal=True)
        found += exact
        if not exact and has_magic(path):
            found += _all(trees, path, troubles, literal=False)
    found.sort(key=lambda version: version.boot.number)
    return found, list(dict.fromkeys(troubles))


def _trees(
    stack: ExitStack, history: History, boot: Boot, troubles: list[str]
) -> Iterator[tuple[bytes, int]]:
    """Open what a boot set aside; inner trees first."""
    opened: list[Tree] = []
    for mountpoint, item in boot.retired:
        try:
            opened += history.pasts[mountpoint].trees(stack, item)
        except PetrichorError as error:
            troubles.append(f"boot {boot.number}: {error.message}")
    for tree in sorted(opened, key=lambda tree: len(tree.top), reverse=True):
        if tree.descriptor is None:
            troubles.append(f"boot {boot.number}: {tree.error}")
        else:
            yield tree.top, tree.descriptor


def _all(
    trees: Iterable[tuple[Boot, list[tuple[bytes, int]]]],
    path: bytes,
    troubles: list[str],
    *,
    literal: bool,
) -> list[Version]:
    found = []
    for boot, of_boot in trees:
        known: set[bytes] = set()
        for top, descriptor in of_boot:
            try:
                hits = list(_hits(top, descriptor, path, literal=literal))
            except OSError as error:
                troubles.append(f"boot {boot.number}: {show_bytes(path)}: {error.strerror}")
                continue
            for where, facts in hits:
                place = os.path.join(top, where) if where else top
                if place not in known:  # an inner tree covers what the outer one has there
                    known.add(place)
                    found.append(
                        Version(boot=boot, path=place, top=top, tree=descriptor, facts=facts)
                    )
    return found


def _hits(top: bytes, descriptor: int, path: bytes, *, literal: bool) -> Iterator[Found]:
    parts = inside(top, path, literal=literal)
    if parts is not None:
        yield from find(DirectorySide(descriptor), parts, literal=literal)


def distinct(found: Sequence[Version]) -> list[Version]:
    """Return versions without those that the next newer boot had just so.

    Of directories names, kinds, sizes, owners and times are compared, and no content.

    Raises:
        MachineError: one of them could not be read.
    """
    last: dict[bytes, Version] = {}
    kept = []
    for version in found:
        newer = last.get(version.path)
        last[version.path] = version
        if newer is None or not _is_same(newer, version):
            kept.append(version)
    return kept


def _is_same(one: Version, other: Version) -> bool:
    sides = DirectorySide(one.tree), DirectorySide(other.tree)
    if one.top != other.top or stat.S_IFMT(one.facts.st_mode) != stat.S_IFMT(other.facts.st_mode):
        return False
    try:
        if aspects(*sides, one.where):
            return False
        lists = (_below(side, one.where) for side in sides) if one.is_directory else ()
        return all(left == right for left, right in zip_longest(*lists))
    except OSError as error:
        raise MachineError(f"{show_bytes(one.path)}: {error.strerror}") from error


def _below(side: Side, where: bytes) -> Iterator[tuple[object, ...]]:
    waiting = [where]
    while waiting:
        here = waiting.pop()
        for name, facts in side.entries(here).items():
            path = here + b"/" + name if here else name
            own = (path, facts.st_mode, facts.st_uid, facts.st_gid)
            if stat.S_ISDIR(facts.st_mode):
                waiting.append(path)
                yield own
            else:
                yield *own, facts.st_size, facts.st_mtime_ns
