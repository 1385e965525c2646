"""What one copy remembers while it is under way."""

import os
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from petrichor.model.copying import Copied, Watch, silent

_PAUSE: Final = 256
"""How many entries are copied before the next word is said."""


class Name(NamedTuple):
    """The first name of a file that has several: where it is in the copy."""

    directory: bytes
    name: bytes
    inode: int
    left: int
    """How many of the file's names were not met yet."""


Key = tuple[int, int, int]
"""Device, inode and modification time: a number that is used again is another file."""


@dataclass(slots=True)
class Job:
    """Counts, and what must be known of one entry when another is copied.

    It grows with the number of files that have several names, and with nothing else.
    """

    watch: Watch
    directories: int = 0
    files: int = 0
    links: int = 0
    others: int = 0
    size: int = 0
    under_way: int = 0
    """Bytes of a file of which more is to come."""
    shared: int = 0
    again: int = 0
    lost: set[str] = field(default_factory=set)
    mounts: set[bytes] = field(default_factory=set)
    names: dict[Key, Name] = field(default_factory=dict)
    hard: dict[bytes, int] = field(default_factory=dict)
    """Flags by path that are set when nothing more comes."""
    shares: bool = True
    """Whether the two filesystems can share blocks."""
    plain: set[int] = field(default_factory=set)
    """Inodes of files that were copied byte by byte although they can."""
    identity: tuple[int, int] = (0, 0)
    """Device and inode of what was made."""
    top: int = -1
    """The descriptor of the copy's top directory."""
    shown: bytes = b""
    """What that directory is called in messages."""

    def begin(self) -> None:
        """Count from the start: what was copied is looked at once more."""
        self.directories = self.files = self.links = self.others = self.size = self.shared = 0
        self.under_way = 0
        self.names.clear()

    def count_file(self, size: int, inode: int) -> None:
        """Count a regular file by what is known of its copy."""
        self.files += 1
        self.size += size
        self.under_way = 0
        if self.is_shared(inode):
            self.shared += size

    def is_shared(self, inode: int) -> bool:
        """Tell whether a file of the copy shares its blocks with the source."""
        return self.shares and inode not in self.plain

    @property
    def entries(self) -> int:
        """Return how many entries are copied."""
        return self.directories + self.files + self.links + self.others

    def tell(self) -> None:
        """Say something from time to time."""
        if not self.entries % _PAUSE:
            self.watch(self.entries, self.size)

    def moved(self, size: int) -> None:
        """Hear of a part of a file."""
        self.under_way += size
        self.watch(self.entries, self.size + self.under_way)

    def copied_once(self) -> None:
        """Tell how much there was; from now on it is only looked at."""
        self.watch(self.entries, self.size)
        self.watch = silent

    def known(self, facts: os.stat_result) -> Name | None:
        """Return where a file was copied already."""
        return self.names.get((facts.st_dev, facts.st_ino, facts.st_mtime_ns))

    def meet(self, facts: os.stat_result) -> Name | None:
        """Return where a file was copied already, and forget it after its last name."""
        key = facts.st_dev, facts.st_ino, facts.st_mtime_ns
        found = self.names.get(key)
        if found is None:
            return None
        if found.left > 1:
            self.names[key] = found._replace(left=found.left - 1)
        else:
            del self.names[key]
        return found

    def remember(self, facts: os.stat_result, inode: int, directory: bytes, name: bytes) -> None:
        """Remember the first name of a file that has more."""
        key = facts.st_dev, facts.st_ino, facts.st_mtime_ns
        self.names[key] = Name(directory, name, inode, facts.st_nlink - 1)

    def summary(self) -> Copied:
        """Return what is known in the end."""
        return Copied(
            directories=self.directories,
            files=self.files,
            links=self.links,
            others=self.others,
            size=self.size,
            shared=self.shared,
            again=self.again,
            identity=self.identity,
            lost=tuple(sorted(self.lost)),
            mounts=tuple(sorted(self.mounts)),
        )
