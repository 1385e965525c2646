"""Directories of the loss with what lies below them: as a tree, and the few worth a line."""

from collections.abc import Iterator, Mapping
from heapq import heappop, heappush
from typing import Final, NamedTuple

from petrichor.loss.summary import Tally
from petrichor.model.loss import Sort
from petrichor.model.text import show_bytes
from petrichor.report.cells import owner_text, size_text, table, time_text

_COVERED: Final = 0.8
"""A directory is told by its parts if these hold this much of it."""
_LEAST: Final = 0.01
"""What weighs less is not worth a line."""
_SHALLOW: Final = 1
"""How deep the directories are that say nothing by themselves, such as /usr."""


class Place(NamedTuple):
    """Where a part of the loss lies: at and below a path, or directly in a directory alone."""

    path: bytes
    tally: Tally
    is_direct: bool = False
    is_file: bool = False
    """Whether it is one entry that is no directory."""

    def __str__(self) -> str:
        """Return it for people."""
        text = show_bytes(self.path)
        if not self.is_direct:
            return text
        return f"{text.rstrip('/')}/* (not below)"


_NOTHING: Final = Tally()
"""What lies directly in a directory that has no tally."""


class Node:
    """A directory, or one path: ``total`` is all below it, ``own`` what lies directly in it."""

    __slots__ = ("children", "own", "path", "total")

    def __init__(self, path: bytes, own: Tally) -> None:
        """Begin without children; both tallies are not to be changed."""
        self.path = path
        self.own = self.total = own
        self.children: list[Node] = []

    @property
    def depth(self) -> int:
        """Return the number of names in the path."""
        return 0 if self.path == b"/" else self.path.count(b"/")


def grow(folders: Mapping[bytes, Tally]) -> Node:
    """Return the tree of directories, down from ``/``, its children by path."""
    nodes = {b"/": Node(b"/", folders.get(b"/") or Tally(b"/"))}
    for path in sorted(folders):
        _reach(nodes, path, folders)
    for node in reversed(nodes.values()):  # each comes behind the one above it
        if node.children:
            total = node.total = Tally(node.path)
            if node.own is not _NOTHING:
                total.take(node.own)
            for child in node.children:
                total.take(child.total)
    return nodes[b"/"]


def _reach(nodes: dict[bytes, Node], path: bytes, folders: Mapping[bytes, Tally]) -> Node:
    node = nodes.get(path)
    if node is None:
        above = _reach(nodes, path.rpartition(b"/")[0] or b"/", folders)
        node = nodes[path] = Node(path, folders.get(path, _NOTHING))
        above.children.append(node)
    return node


def rank(sort: Sort, path: bytes, tally: Tally) -> tuple[int, bytes]:
    """Return the key that sorts places."""
    most = {Sort.PATH: 0, Sort.SIZE: tally.size, Sort.COUNT: tally.count}
    return -most.get(sort, tally.newest), path


def worth_a_line(root: Node, lines: int) -> list[Place]:
    """Return the places that say most in so many lines; a small part may lie elsewhere.

    From the top the heaviest directory is told by its parts, as long as few parts hold most of
    it.  What weighs is the share of all bytes and of all entries.
    """
    waiting: list[tuple[float, int, Node | Place]] = [(-2.0, 0, root)]
    chosen: list[Place] = []
    number = 0
    while waiting and root.total.count:
        weight, _, item = heappop(waiting)
        if isinstance(item, Place):
            chosen.append(item)
            continue
        parts = _parts(item, root.total, lines - len(chosen) - len(waiting))
        held = sum(heavy for heavy, _ in parts)
        if not parts or (held < _COVERED * -weight and item.depth > _SHALLOW):
            single = item.total.count == 1 and item.total.where != item.path
            chosen.append(Place(item.total.where, item.total, is_file=single))
            continue
        for heavy, part in parts:
            number += 1  # where two weigh the same, the first is told first
            heappush(waiting, (-heavy, number, part))
    return chosen


def _parts(node: Node, total: Tally, free: int) -> list[tuple[float, Node | Place]]:
    """Return the heaviest parts of a directory; what lies directly in it is one of them."""
    if not node.children:
        return []
    parts: list[tuple[float, Node | Place]]
    parts = [(_weight(child.total, total), child) for child in node.children]
    if node.own.count:
        many = node.own.count > 1
        single = not many and node.own.where != node.path
        direct = Place(node.own.where, node.own, is_direct=many, is_file=single)
        parts.append((_weight(node.own, total), direct))
    heavy = [part for part in parts if part[0] >= _LEAST]
    return sorted(heavy, key=lambda part: -part[0])[:free]


def _weight(tally: Tally, total: Tally) -> float:
    return tally.size / (total.size or 1) + tally.count / total.count


def tree_lines(root: Node, names: Mapping[int, str], sort: Sort) -> Iterator[str]:
    """Yield the tree as lines: size, entries, owner, newest change, and the indented name."""
    rows = [_tree_row(*item, names) for item in _walk(root, sort)]
    yield from table([("SIZE", "ENTRIES", "OWNER", "NEWEST", "PATH"), *rows], ">><<<")


def _walk(root: Node, sort: Sort) -> Iterator[tuple[Node, int]]:
    waiting = [(root, 0)]
    while waiting:
        node, depth = waiting.pop()
        yield node, depth
        children = sorted(node.children, key=lambda n: rank(sort, n.path, n.total), reverse=True)
        waiting += [(child, depth + 1) for child in children]


def _tree_row(node: Node, depth: int, names: Mapping[int, str]) -> tuple[str, ...]:
    total = node.total
    name = node.path if depth == 0 else node.path.rpartition(b"/")[2]
    return (
        size_text(total.size),
        f"{total.count:,}",
        owner_text(total.uids, names),
        time_text(total.newest),
        "  " * depth + show_bytes(name),
    )
