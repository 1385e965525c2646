"""``zfs diff`` as a hint: its rows are read, and nothing is believed that both trees do not show.

What it says is wrong about hard links, renamed directories and open files that were unlinked
(zfs-diff(8) tells nothing of it; openzfs/zfs issues 13283, 14990, 16753).  But it names every
directory in which a name changed and every file whose change time did.  So these directories are
listed on both sides, these files compared, and where that is not enough the hint is given up.
It does not see an inode flag that alone was changed: ZFS leaves the change time as it is.
"""

import re
import stat
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from petrichor.loss.compare import Comparison, Pair, absolute
from petrichor.model.loss import Batch, Change, Entry

_ESCAPED: Final = re.compile(rb"\\([0-7]{4})")
_KINDS: Final = (b"+", b"-", b"M", b"R")
_QUEUE: Final = b"(on_delete_queue)"
_XATTRS: Final = b"/<xattrdir>"
_DIRECTORY: Final = b"/"


class HintError(Exception):
    """The rows do not tell all that changed; the text says why."""


class Row(NamedTuple):
    """One row of ``zfs diff -FHt``; paths are absolute."""

    kind: bytes
    """``+``, ``-``, ``M`` or ``R``."""
    type: bytes
    """``F`` for a file, ``/`` for a directory; zfs-diff(8) lists all."""
    path: bytes
    """In the baseline, where it is there."""
    new: bytes = b""
    """Where it was renamed to; empty otherwise."""


def parse_diff(data: bytes) -> list[Row]:
    """Return the rows of ``zfs diff -FHt`` (without ``-h``, which leaves names ambiguous).

    Files that were unlinked while open have no path any more and are left out.  Extended attributes
    that are kept as files are told as a change of the file that they belong to.

    Raises:
        HintError: a row is none.
    """
    rows = []
    for line in data.split(b"\n"):
        if not line or line.endswith(_QUEUE):
            continue
        _, kind, type_, path, new = (*line.split(b"\t"), b"", b"", b"", b"")[:5]
        if kind not in _KINDS or not path.startswith(b"/"):
            raise HintError(f"a row of another form: {line!r}")
        if _XATTRS in path:
            rows.append(Row(b"M", b"F", unescape(path).partition(_XATTRS)[0]))
        else:
            rows.append(Row(kind, type_, unescape(path), unescape(new) if kind == b"R" else b""))
    return rows


def unescape(field: bytes) -> bytes:
    """Undo what zfs-diff(8) does to bytes that are not printable: backslash, four octal digits."""
    return _ESCAPED.sub(lambda match: bytes([int(match[1], 8) & 0xFF]), field)


def verified(rows: Iterable[Row], comparison: Comparison) -> Iterator[Batch]:
    """Return what really differs, as far as the rows lead to it; nothing of the top itself.

    The sides of the comparison are snapshots of one filesystem.  All checks are made before this
    returns; what lies below new, removed and replaced directories is read when it is asked for.

    Raises:
        HintError: the rows do not tell all that changed.
    """
    found = _Verification(comparison)
    try:
        found.check(rows)
    except OSError as error:
        raise HintError(str(error)) from error
    return found.batches()


class _Verification:
    """What was found on both sides, directory by directory."""

    def __init__(self, comparison: Comparison) -> None:
        self._comparison = comparison
        self._inside = comparison.top.rstrip(b"/") + b"/"
        self._entries: dict[bytes, dict[bytes, Entry]] = defaultdict(dict)
        self._whole: dict[bytes, Pair] = {}
        """Directories that are on one side alone, or another inode on each."""

    def batches(self) -> Iterator[Batch]:
        for directory, entries in sorted(self._entries.items()):
            batch = [entries[name] for name in sorted(entries)]
            yield Batch(absolute(self._comparison.top, directory), batch)
        for _, pair in sorted(self._whole.items()):
            yield from self._comparison.below(pair)

    def check(self, rows: Iterable[Row]) -> None:
        """Follow every row; parents are listed before what lies in them."""
        directories: set[bytes] = set()
        files: set[bytes] = set()
        renamed: dict[bytes, bytes] = {}
        for row in rows:
            paths = [self._relative(path) for path in (row.path, row.new) if path]
            directories.update(path.rpartition(b"/")[0] for path in paths)
            if row.kind == b"R":
                renamed[paths[-1]] = paths[0]
            if row.kind == b"M":
                (directories if row.type == _DIRECTORY else files).update(paths)
        for path in sorted(directories):
            self._list(path)
        for path in sorted((files | directories) - {b""}):
            self._look(path)
        for new, old in renamed.items():
            self._name_old(new, old)

    def _relative(self, path: bytes) -> bytes:
        if not (path + b"/").startswith(self._inside):
            raise HintError(f"a path of another mount point: {path!r}")
        return path[len(self._inside) :].rstrip(b"/")

    def _is_covered(self, path: bytes) -> bool:
        parts = path.split(b"/")
        return any(b"/".join(parts[:end]) in self._whole for end in range(1, len(parts) + 1))

    def _list(self, path: bytes) -> None:
        """Compare the names in a directory, and the inodes that they lead to."""
        if self._is_covered(path):
            return
        here = self._comparison.pair(path).directories()
        # The top of a mounted snapshot has an inode number of its own.
        if not (here.old and here.new) or (path and here.old.st_ino != here.new.st_ino):
            raise HintError(f"not a directory that changed: {path!r}")
        for pair in self._comparison.pairs(here):
            self._note(here, pair)

    def _look(self, path: bytes) -> None:
        """Compare an entry that a row names and that its directory did not lead to."""
        directory, _, name = path.rpartition(b"/")
        pair = self._comparison.pair(path)
        is_covered = self._is_covered(path)
        if (is_covered or pair.old is None) and _has_more_names(pair):
            # One row stands for all names of a file, and the others may be in no changed directory.
            raise HintError(f"a changed file with other names: {path!r}")
        if is_covered or name in self._entries.get(directory, {}):
            return
        if pair.new is None:
            raise HintError(f"it is not where it should be: {path!r}")
        self._note(self._comparison.pair(directory), pair)

    def _note(self, above: Pair, pair: Pair) -> None:
        entry = self._comparison.difference(above, pair)
        old, new = pair.old, pair.new
        one_inode = old is not None and new is not None and old.st_ino == new.st_ino
        if entry is not None:
            if one_inode and _has_more_names(pair):
                raise HintError(f"a changed file with other names: {pair.path!r}")
            self._entries[pair.path.rpartition(b"/")[0]][pair.name] = entry
        inner = pair.directories()
        if (inner.old or inner.new) and not one_inode:
            self._whole[pair.path] = inner

    def _name_old(self, new: bytes, old: bytes) -> None:
        """Say what a renamed entry was called, if it really is that inode."""
        directory, _, name = new.rpartition(b"/")
        entry = self._entries.get(directory, {}).get(name)
        if entry is None or entry.change is not Change.ADDED:
            return
        before, now = self._comparison.pair(old).old, self._comparison.pair(new).new
        if before is not None and now is not None and before.st_ino == now.st_ino:
            was = absolute(self._comparison.top, old)
            self._entries[directory][name] = entry._replace(old=was)


def _has_more_names(pair: Pair) -> bool:
    sides = [facts for facts in (pair.old, pair.new) if facts is not None]
    return any(facts.st_nlink > 1 and not stat.S_ISDIR(facts.st_mode) for facts in sides)
