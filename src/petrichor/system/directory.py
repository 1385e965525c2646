"""One tree read by relative paths: what a comparison asks for of each entry."""

import fcntl
import os
import stat
import struct
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from errno import EINVAL, ENODATA, ENOTTY, ENXIO, EOPNOTSUPP
from typing import Final, final

from petrichor.system.beneath import DIRECTORY, attributes, open_beneath

_PINNED: Final = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC
_PLAIN: Final = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC

GETFLAGS: Final = 0x80006601 | struct.calcsize("l") << 16
"""FS_IOC_GETFLAGS of linux/fs.h."""
VISIBLE: Final = 0x2283C4FF
"""The flags that chattr(1) sets; others tell how a filesystem stores a file."""
_MARKS: Final = 0x70
NO_FLAGS: Final = {ENOTTY, EOPNOTSUPP, EINVAL}
_BLOCK: Final = 1 << 18
_ZEROS: Final = bytes(_BLOCK)
_LARGE: Final = 1 << 26
"""Below this size holes are not asked for: reading zeros takes no longer."""


@final
class DirectorySide:
    """The tree below a directory descriptor; no path leads through a symlink or out of it.

    All methods take paths relative to it, the empty one for itself, and raise OSError:
    FileNotFoundError for what vanished.
    """

    def __init__(self, descriptor: int) -> None:
        """Read below ``descriptor``, which stays the caller's to close."""
        self._top = descriptor

    def entries(self, directory: bytes) -> dict[bytes, os.stat_result]:
        """Return what lies in a directory, with its lstat facts, sorted by name."""
        opened = open_beneath(self._top, directory, DIRECTORY)
        try:
            found = {}
            for name in sorted(map(os.fsencode, os.listdir(opened))):
                try:
                    found[name] = os.stat(name, dir_fd=opened, follow_symlinks=False)
                except FileNotFoundError:
                    continue
            return found
        finally:
            os.close(opened)

    def names(self, directory: bytes) -> list[tuple[bytes, bool]]:
        """Return what lies in a directory and whether it is one, in no order.

        No inode is read for it.
        """
        opened = open_beneath(self._top, directory, DIRECTORY)
        encode = os.fsencode
        try:
            with os.scandir(opened) as entries:
                return [
                    (encode(entry.name), entry.is_dir(follow_symlinks=False)) for entry in entries
                ]
        finally:
            os.close(opened)

    def facts(self, path: bytes) -> os.stat_result:
        """Return the lstat facts of an entry."""
        with self._pinned(path) as pinned:
            return os.fstat(pinned)

    def target(self, path: bytes) -> bytes:
        """Return where a symlink leads."""
        with self._pinned(path) as pinned:
            return os.readlink(b"", dir_fd=pinned)

    def xattrs(self, path: bytes) -> Mapping[bytes, bytes]:
        """Return the extended attributes of an entry: access control lists and capabilities too."""
        with self._pinned(path) as pinned:
            place = _place(pinned)
            try:
                names = os.listxattr(place)
            except OSError as error:
                if error.errno == EOPNOTSUPP:
                    return {}
                raise
            found = {}
            for name in names:
                try:
                    found[os.fsencode(name)] = os.getxattr(place, name)
                except OSError as error:
                    if error.errno != ENODATA:
                        raise
            return found

    def flags(self, path: bytes) -> int:
        """Return the inode flags that chattr(1) sets; 0 for what has none."""
        with self._pinned(path) as pinned:
            kind = stat.S_IFMT(os.fstat(pinned).st_mode)
            if kind not in (stat.S_IFREG, stat.S_IFDIR):
                return 0
            opened = os.open(_place(pinned), _PLAIN)
        try:
            answer = fcntl.ioctl(opened, GETFLAGS, bytes(struct.calcsize("l")))
        except OSError as error:
            if error.errno in NO_FLAGS:
                return 0
            raise
        finally:
            os.close(opened)
        (flags,) = struct.unpack_from("=I", answer)
        return int(flags) & VISIBLE

    def marks(self, directory: bytes, names: Iterable[bytes]) -> list[int]:
        """Return for each entry of a directory whether it is immutable, append-only or not dumped.

        They are flags too, and cost no opening; what vanished has none.
        """
        opened = open_beneath(self._top, directory, DIRECTORY)
        try:
            return [found & _MARKS for found in attributes(opened, names)]
        finally:
            os.close(opened)

    def content(self, path: bytes) -> Iterator[tuple[int, bytes]]:
        """Give a regular file's content: offsets and blocks, but those of zeros alone are left out.

        Two files of one size have the same content exactly if these are the same.
        """
        with self._pinned(path) as pinned:
            facts = os.fstat(pinned)
            if not stat.S_ISREG(facts.st_mode):
                raise OSError(EINVAL, "it is no regular file any more")
            opened = os.open(_place(pinned), _PLAIN)
        try:
            yield from blocks(opened)
        finally:
            os.close(opened)

    @contextmanager
    def _pinned(self, path: bytes) -> Iterator[int]:
        """Hold an entry itself without opening it: devices and FIFOs notice nothing."""
        pinned = open_beneath(self._top, path, _PINNED)
        try:
            yield pinned
        finally:
            os.close(pinned)


def _place(descriptor: int) -> bytes:
    return b"/proc/self/fd/%d" % descriptor


def blocks(opened: int) -> Iterator[tuple[int, bytes]]:
    """Give the offsets and blocks of an open file, but those of zeros alone are left out.

    Raises:
        OSError: as pread(2) tells it.
    """
    facts = os.fstat(opened)
    sparse = facts.st_size > _LARGE and facts.st_blocks * 512 < facts.st_size
    offset = 0
    while True:
        if sparse:
            try:
                offset = os.lseek(opened, offset, os.SEEK_DATA) // _BLOCK * _BLOCK
            except OSError as error:
                if error.errno == ENXIO:  # nothing but a hole up to the end
                    return
                raise
        block = os.pread(opened, _BLOCK, offset)
        if not block:
            return
        if block != _ZEROS[: len(block)]:
            yield offset, block
        offset += _BLOCK
