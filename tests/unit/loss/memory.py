"""A tree in memory, read as a real one is; and the difference of two, by its definition."""

import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from errno import EIO, ENOENT
from typing import Final

from petrichor.model.loss import Aspect, Batch, Change

FOLDER: Final = stat.S_IFDIR | 0o755
FILE: Final = stat.S_IFREG | 0o644
LINK: Final = stat.S_IFLNK | 0o777
NODE: Final = stat.S_IFCHR | 0o600
FIFO: Final = stat.S_IFIFO | 0o600
TOP: Final = b""


@dataclass(frozen=True)
class Node:
    """An entry; ``data`` is content, target, or the number of a device."""

    mode: int = FILE
    data: bytes = b""
    owner: int = 0
    mtime: int = 1
    xattrs: Mapping[bytes, bytes] = field(default_factory=dict)
    flags: int = 0
    inode: int = 0
    ctime: int = 0
    device: int = 1
    broken: bool = False
    """Whatever is asked beyond its facts fails."""

    @property
    def is_folder(self) -> bool:
        return stat.S_ISDIR(self.mode)


Tree = dict[bytes, Node]


class MemorySide:
    """The paths of a mapping; the top is always there."""

    def __init__(self, tree: Tree) -> None:
        self.tree = {TOP: Node(FOLDER), **tree}
        self.asked: list[bytes] = []
        """The paths of which more was asked than their facts."""

    def entries(self, directory: bytes) -> dict[bytes, os.stat_result]:
        self._node(directory)
        found = {path: node for path, node in self.tree.items() if path}
        return {
            path.rpartition(b"/")[2]: self._facts(node)
            for path, node in sorted(found.items())
            if path.rpartition(b"/")[0] == directory
        }

    def names(self, directory: bytes) -> list[tuple[bytes, bool]]:
        return [(name, stat.S_ISDIR(its.st_mode)) for name, its in self.entries(directory).items()]

    def facts(self, path: bytes) -> os.stat_result:
        if path not in self.tree:
            raise FileNotFoundError(ENOENT, "No such file or directory")
        return self._facts(self.tree[path])

    def target(self, path: bytes) -> bytes:
        return self._node(path).data

    def xattrs(self, path: bytes) -> Mapping[bytes, bytes]:
        return self._node(path).xattrs

    def flags(self, path: bytes) -> int:
        return self._node(path).flags

    def marks(self, directory: bytes, names: Iterable[bytes]) -> list[int]:
        above = directory + b"/" if directory else b""
        return [self.tree[above + name].flags & 0x70 for name in names]

    def content(self, path: bytes) -> Iterator[tuple[int, bytes]]:
        for offset, byte in enumerate(self._node(path).data):
            yield offset, bytes([byte])

    def _node(self, path: bytes) -> Node:
        self.asked.append(path)
        if path not in self.tree:
            raise FileNotFoundError(ENOENT, "No such file or directory")
        node = self.tree[path]
        if node.broken:
            raise OSError(EIO, "Input/output error")
        return node

    def _facts(self, node: Node) -> os.stat_result:
        links = sum(node.inode != 0 and node.inode == other.inode for other in self.tree.values())
        return _facts(node, links or 1)


def _facts(node: Node, links: int) -> os.stat_result:
    size = len(node.data) if stat.S_IFMT(node.mode) in (stat.S_IFREG, stat.S_IFLNK) else 0
    special = stat.S_IFMT(node.mode) in (stat.S_IFCHR, stat.S_IFBLK)
    return os.stat_result(
        (node.mode, node.inode, node.device, links, node.owner, 0, size, 0, node.mtime, node.ctime),
        {
            "st_mtime_ns": node.mtime * 10**9,
            "st_ctime_ns": node.ctime * 10**9,
            "st_rdev": int.from_bytes(node.data) if special else 0,
        },
    )


def told(batches: Iterator[Batch]) -> dict[bytes, tuple[Change, tuple[Aspect, ...]]]:
    """The change of each path; a path that comes twice fails."""
    found: dict[bytes, tuple[Change, tuple[Aspect, ...]]] = {}
    for batch in batches:
        assert batch.entries
        for entry in batch.entries:
            path = b"%b/%b" % (batch.directory.rstrip(b"/"), entry.name)
            assert path not in found
            found[path] = (entry.change, entry.aspects)
    return found


def difference(old: Tree, new: Tree) -> dict[bytes, tuple[Change, tuple[Aspect, ...]]]:
    """What differs, path by path."""
    found: dict[bytes, tuple[Change, tuple[Aspect, ...]]] = {}
    for path in old.keys() | new.keys():
        if path not in new:
            found[b"/" + path] = (Change.REMOVED, ())
        elif path not in old:
            found[b"/" + path] = (Change.ADDED, ())
        elif aspects := _aspects(old[path], new[path]):
            found[b"/" + path] = (Change.CHANGED, aspects)
    return found


def _aspects(old: Node, new: Node) -> tuple[Aspect, ...]:
    if stat.S_IFMT(old.mode) != stat.S_IFMT(new.mode):
        return (Aspect.KIND,)
    if old.is_folder:
        old, new = replace(old, data=b"", mtime=0), replace(new, data=b"", mtime=0)
    pairs = {
        Aspect.CONTENT: (old.data, new.data),
        Aspect.MODE: (old.mode, new.mode),
        Aspect.OWNER: (old.owner, new.owner),
        Aspect.TIME: (old.mtime, new.mtime),
        Aspect.XATTRS: (old.xattrs, new.xattrs),
        Aspect.FLAGS: (old.flags, new.flags),
    }
    return tuple(aspect for aspect, (before, now) in pairs.items() if before != now)
