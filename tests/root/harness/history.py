"""Random trees, and random things that happen to them: everything that a machine does to files."""

import fcntl
import os
import shutil
import socket
import stat
import struct
import subprocess
from collections.abc import Callable
from contextlib import suppress
from random import Random

NAMES = [
    b"a", b"b", b"c", b"d", b"e f", b"tab\t", b"line\nbreak", b"back\\slash", b"100%", b"-rf",
    b"\xff\xfe", "ümlaut".encode(), b".hidden", b"n" * 255,
]  # fmt: skip
_IMMUTABLE, _NO_DUMP, _NO_COW = 0x10, 0x40, 0x800000
_GETFLAGS, _SETFLAGS = 0x80086601, 0x40086602
_ACL = struct.pack("<I" + 4 * "HHI", 2, 1, 6, 2**32 - 1, 4, 4, 2**32 - 1, 0x10, 6, 2**32 - 1, 0x20, 4, 2**32 - 1)  # fmt: skip
_CAPABILITY = struct.pack("<5I", 0x02000001, 1 << 10, 0, 0, 0)


class World:
    """A tree that things happen to; one that cannot happen is left out."""

    def __init__(self, top: bytes, chance: Random, held: list[int]) -> None:
        self.top = top
        self.chance = chance
        self.held = held
        """Descriptors that stay open until the caller closes them."""

    def paths(self, *kinds: int) -> list[bytes]:
        found = []
        for directory, directories, files in os.walk(self.top):
            for name in sorted(directories) + sorted(files):
                path = os.path.join(directory, name)
                if not kinds or stat.S_IFMT(os.lstat(path).st_mode) in kinds:
                    found.append(path)
        return sorted(found)

    def any(self, *kinds: int) -> bytes:
        found = self.paths(*kinds)
        return self.chance.choice(found) if found else self.top + b"/missing"

    def file(self) -> bytes:
        return self.any(stat.S_IFREG)

    def directory(self) -> bytes:
        return self.chance.choice([self.top, *self.paths(stat.S_IFDIR)])

    def fresh(self) -> bytes:
        """A name, free or not, in some directory."""
        return os.path.join(self.directory(), self.chance.choice(NAMES))


def write_file(w: World) -> None:
    with open(w.fresh(), "xb") as file:
        file.write(w.chance.randbytes(w.chance.choice([1, 100, 5000, 70_000])))


def empty_file(w: World) -> None:
    os.close(os.open(w.fresh(), os.O_CREAT | os.O_EXCL, 0o640))


def empty_directory(w: World) -> None:
    os.mkdir(w.fresh(), 0o750)


def small_tree(w: World) -> None:
    top = w.fresh()
    os.makedirs(os.path.join(top, b"x/y"))
    for name in (b"one", b"x/two", b"x/y/three"):
        with open(os.path.join(top, name), "wb") as file:
            file.write(name)


def symlink(w: World) -> None:
    os.symlink(w.chance.choice([b"a", b"/nowhere", b"../-x\n"]), w.fresh())


def fifo(w: World) -> None:
    os.mkfifo(w.fresh())


def unix_socket(w: World) -> None:
    here = os.open(os.path.dirname(w.top), os.O_RDONLY)
    with suppress(OSError), socket.socket(socket.AF_UNIX) as server:
        path = w.fresh()
        os.chdir(os.path.dirname(path))  # what bind takes is short
        server.bind(os.path.basename(path))
    os.fchdir(here)
    os.close(here)


def device(w: World) -> None:
    kind = w.chance.choice([stat.S_IFCHR, stat.S_IFBLK])
    os.mknod(w.fresh(), kind | 0o600, os.makedev(1, w.chance.randrange(9)))


def hard_link(w: World) -> None:
    os.link(w.any(stat.S_IFREG, stat.S_IFLNK, stat.S_IFIFO), w.fresh(), follow_symlinks=False)


def sparse_file(w: World) -> None:
    with open(w.fresh(), "xb") as file:
        file.truncate(1 << 20)
        file.seek(1 << 18)
        file.write(b"middle")


def set_xattr(w: World) -> None:
    name = w.chance.choice(["user.a", "user.b", "trusted.c"])
    os.setxattr(w.any(stat.S_IFREG, stat.S_IFDIR), name, w.chance.randbytes(3))


def drop_xattr(w: World) -> None:
    path = w.any(stat.S_IFREG, stat.S_IFDIR)
    for name in os.listxattr(path):
        os.removexattr(path, name)


def set_acl(w: World) -> None:
    os.setxattr(w.any(stat.S_IFREG, stat.S_IFDIR), "system.posix_acl_access", _ACL)


def set_capability(w: World) -> None:
    os.setxattr(w.file(), "security.capability", _CAPABILITY)


def _set_flag(path: bytes, flag: int) -> None:
    opened = os.open(path, os.O_RDONLY)
    try:
        (flags,) = struct.unpack_from("=I", fcntl.ioctl(opened, _GETFLAGS, bytes(8)))
        fcntl.ioctl(opened, _SETFLAGS, struct.pack("=Q", flags ^ flag))
    finally:
        os.close(opened)


def immutable(w: World) -> None:
    _set_flag(w.any(stat.S_IFREG, stat.S_IFDIR), _IMMUTABLE)


def other_flag(w: World) -> None:
    _set_flag(w.any(stat.S_IFREG, stat.S_IFDIR), w.chance.choice([_NO_DUMP, _NO_COW]))


def rename_file(w: World) -> None:
    os.rename(w.any(stat.S_IFREG, stat.S_IFLNK, stat.S_IFIFO), w.fresh())


def rename_directory(w: World) -> None:
    os.rename(w.any(stat.S_IFDIR), w.fresh())


def replace(w: World) -> None:
    """As editors save."""
    path = w.file()
    with open(path, "rb") as file:
        content = file.read()
    with open(path[:200] + b"~", "xb") as file:
        file.write(content + b"more" * w.chance.randrange(2))
    os.rename(path[:200] + b"~", path)


def swap(w: World) -> None:
    one, other = w.any(stat.S_IFDIR), w.any(stat.S_IFDIR)
    if not other.startswith(one) and not one.startswith(other):
        aside = os.path.join(w.top, b"aside")
        os.rename(one, aside)
        os.rename(other, one)
        os.rename(aside, other)


def there_and_back(w: World) -> None:
    path, aside = w.any(), os.path.join(w.top, b"aside")
    os.rename(path, aside)
    os.rename(aside, path)


def change_mode(w: World) -> None:
    os.chmod(w.any(stat.S_IFREG, stat.S_IFDIR, stat.S_IFIFO), w.chance.choice([0o700, 0o755]))


def change_owner(w: World) -> None:
    os.lchown(w.any(), w.chance.choice([0, 1000]), w.chance.choice([0, 100]))


def change_top(w: World) -> None:
    os.chmod(w.top, w.chance.choice([0o700, 0o755]))


def truncate(w: World) -> None:
    os.truncate(w.file(), w.chance.choice([0, 1, 6000]))


def append(w: World) -> None:
    with open(w.file(), "ab") as file:
        file.write(b"more")


def overwrite(w: World) -> None:
    """The same size, and perhaps the same bytes, and as if it never happened."""
    path = w.file()
    facts = os.stat(path)
    with open(path, "r+b") as file:
        byte = file.read(1)
        file.seek(0)
        file.write(w.chance.choice([byte, b"!"]) if byte else b"")
        os.fsync(file.fileno())
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))


def touch(w: World) -> None:
    os.utime(w.any(), (1, w.chance.randrange(100)), follow_symlinks=False)


def only_read(w: World) -> None:
    with open(w.file(), "rb") as file:
        file.read()


def delete(w: World) -> None:
    path = w.any()
    if stat.S_ISDIR(os.lstat(path).st_mode):
        shutil.rmtree(path, ignore_errors=True)
    else:
        os.unlink(path)


def delete_file(w: World) -> None:
    os.unlink(w.any(stat.S_IFREG, stat.S_IFLNK, stat.S_IFIFO))


def remake(w: World) -> None:
    """Another thing of the same name."""
    path = w.file()
    os.unlink(path)
    w.chance.choice([os.mkdir, os.mkfifo])(path)


def unlink_while_open(w: World) -> None:
    path = w.file()
    w.held.append(os.open(path, os.O_RDWR))
    os.unlink(path)


def nested_subvolume(w: World) -> None:
    path = w.fresh()
    done = subprocess.run(["btrfs", "subvolume", "create", path], capture_output=True, check=False)
    if done.returncode == 0 and w.chance.random() < 0.8:
        with open(os.path.join(path, b"inside"), "wb") as file:
            file.write(b"inside")


def preallocate(w: World) -> None:
    path = w.file()
    opened = os.open(path, os.O_RDWR)
    try:
        os.posix_fallocate(opened, 0, 10_000)
    finally:
        os.close(opened)


Action = Callable[[World], None]
MAKING: list[Action] = [
    write_file, write_file, write_file, empty_file, empty_directory, empty_directory, small_tree,
    symlink, fifo, unix_socket, device, hard_link, sparse_file, set_xattr, set_acl,
    set_capability, change_mode, change_owner, other_flag,
]  # fmt: skip
CHANGING: list[Action] = [
    write_file, empty_file, empty_directory, small_tree, symlink, fifo, unix_socket, device,
    hard_link, sparse_file, set_xattr, drop_xattr, set_acl, set_capability, immutable, other_flag,
    rename_file, rename_file, rename_directory, rename_directory, replace, swap, there_and_back,
    change_mode, change_owner, change_top, truncate, append, overwrite, overwrite, touch,
    only_read, delete, delete_file, remake, unlink_while_open, preallocate,
]  # fmt: skip


def happen(world: World, actions: list[Action], count: int) -> list[str]:
    """Let things happen; return which, for the message of a test that fails."""
    done = []
    for _ in range(count):
        action = world.chance.choice(actions)
        with suppress(OSError):
            action(world)
            done.append(action.__name__)
    return done
