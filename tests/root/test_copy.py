"""Everything a copy keeps, on real filesystems, and what it does when they fail."""

import itertools
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from petrichor.model.copying import Copied
from petrichor.model.errors import MachineError, RefusedError
from petrichor.system.beneath import DIRECTORY, open_volume
from petrichor.system.copy.compare import first_difference
from petrichor.system.copy.remove import remove_tree
from petrichor.system.copy.renaming import rename_new
from petrichor.system.copy.tree import copy_tree
from tests.root.harness import copying, loop
from tests.root.harness.killing import kill_everywhere


def _run(*words: str | Path) -> None:
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)


@contextmanager
def opened(*paths: Path) -> Iterator[list[int]]:
    descriptors = [os.open(path, DIRECTORY) for path in paths]
    try:
        yield descriptors
    finally:
        for descriptor in descriptors:
            os.close(descriptor)


def copy(source: Path, target: Path) -> Copied:
    with opened(source.parent, target.parent) as (one, other):
        return copy_tree(one, os.fsencode(source.name), other, os.fsencode(target.name))


def remove(path: Path) -> None:
    with opened(path.parent) as (directory,):
        remove_tree(directory, os.fsencode(path.name))


@contextmanager
def filesystem(
    place: Path, kind: str, *, size: int = 128 << 20, options: str = ""
) -> Iterator[Path]:
    """One of its own, mounted at `place`."""
    place.mkdir()
    more = f",{options}" if options else ""
    if kind == "tmpfs":
        _run("mount", "-t", "tmpfs", "-o", f"size={size}{more}", "none", place)
    else:
        image = place.with_suffix(".img")
        with image.open("wb") as file:
            file.truncate(size)
        _run(f"mkfs.{kind}", "-q", image)
        _run("mount", "-o", f"loop{more}", image, place)
    try:
        yield place
    finally:
        _run("umount", "--recursive", "--lazy", place)


@pytest.fixture
def subvolumes(btrfs: Path) -> tuple[Path, Path]:
    """A volume and a store on one Btrfs."""
    for name in ("volume", "store"):
        _run("btrfs", "-q", "subvolume", "create", btrfs / name)
    return btrfs / "volume", btrfs / "store"


def test_everything_is_kept_and_shared_between_subvolumes(subvolumes: tuple[Path, Path]) -> None:
    volume, store = subvolumes
    copying.furnish(volume / "tree")
    (volume / "tree/inner/swap").touch()
    copying.set_flags(volume / "tree/inner/swap", copying.NO_COW)
    (volume / "tree/inner/swap").write_bytes(bytes(10_000))
    _run("btrfs", "-q", "subvolume", "create", volume / "tree/nested")
    (volume / "tree/nested/file").write_bytes(b"in a nested subvolume")
    before = copying.seen(volume / "tree")
    copied = copy(volume / "tree", store / "new")
    assert copying.seen(store / "new") == before == copying.seen(volume / "tree")
    assert copied.shared == copied.size > 0
    assert copied.lost == ()
    assert copied.mounts == ()
    assert copied.links == 3
    facts = (store / "new").stat()
    assert copied.identity == (facts.st_dev, facts.st_ino)
    assert (store / "new/sparse").stat().st_blocks <= 64
    with opened(volume, store) as (one, other):
        assert first_difference(one, b"tree", other, b"new") is None
    for path in (volume / "tree", store / "new"):
        remove(path)
    assert os.listdir(volume) == os.listdir(store) == []


def test_access_times_are_kept_and_left_alone(subvolumes: tuple[Path, Path], btrfs: Path) -> None:
    _run("mount", "-o", "remount,strictatime", btrfs)
    volume, store = subvolumes
    copying.furnish(volume / "tree")
    paths = [p.relative_to(volume) for p in volume.rglob("*") if not p.is_symlink()]
    before = {path: (volume / path).stat().st_atime_ns for path in paths if path.name != "tree"}
    copy(volume / "tree", store / "tree")
    for top in (volume, store):
        assert {path: (top / path).stat().st_atime_ns for path in before} == before
    remove(volume / "tree")
    remove(store / "tree")


@pytest.mark.parametrize("kind", ["ext4", "tmpfs", "btrfs"])
def test_everything_is_kept_on_another_filesystem(
    subvolumes: tuple[Path, Path], tmp_path: Path, kind: str
) -> None:
    volume, _ = subvolumes
    copying.furnish(volume / "tree")
    before = copying.seen(volume / "tree")
    with filesystem(tmp_path / "store", kind) as store:
        copied = copy(volume / "tree", store / "new")
        assert copied.shared == 0
        assert copied.lost == ()
        assert copying.seen(store / "new") == before
        assert (store / "new/sparse").stat().st_blocks <= 64
        remove(store / "new")
        assert "new" not in os.listdir(store)
    remove(volume / "tree")


def test_what_the_target_cannot_hold_is_named_once(tmp_path: Path) -> None:
    with (
        filesystem(tmp_path / "volume", "ext4") as volume,
        filesystem(tmp_path / "store", "btrfs", options="noacl") as store,
    ):
        (volume / "tree").mkdir()
        for name in "ab":
            path = volume / "tree" / name
            path.write_bytes(b"secret of one group")
            path.chmod(0o600)
            os.setxattr(path, "system.posix_acl_access", copying.acl(1001, 6))
        (volume / "tree/spread").mkdir()
        copying.set_flags(volume / "tree/spread", 0x80000 | 0x20000)  # extents; a hint for ext4
        copied = copy(volume / "tree", store / "tree")
        assert copied.lost == ("inode flag T", "system.posix_acl_access")
        mode = (store / "tree/a").stat().st_mode & 0o777
        assert (volume / "tree/a").stat().st_mode & 0o777 == 0o670
        assert mode == 0o640, "the mask is not what the group had"


def test_times_that_the_target_cannot_hold(tmp_path: Path) -> None:
    """Inodes of 128 bytes have seconds, up to the year 2038."""
    image = tmp_path / "image"
    with image.open("wb") as file:
        file.truncate(32 << 20)
    _run("mkfs.ext4", "-q", "-I", "128", image)
    (tmp_path / "store").mkdir()
    _run("mount", "-o", "loop", image, tmp_path / "store")
    try:
        tree = tmp_path / "tree"
        (tree / "a/b").mkdir(parents=True)
        for name in ("a/b/file", "one", "other"):
            (tree / name).write_bytes(b"x")
            os.utime(tree / name, ns=(5, 1_600_000_000_123_456_789))
        copied = copy(tree, tmp_path / "store/new")
        assert copied.lost == ("times to the nanosecond",)
        assert (tmp_path / "store/new/one").stat().st_mtime_ns == 1_600_000_000_000_000_000
    finally:
        _run("umount", tmp_path / "store")


def test_nothing_is_inherited_from_the_store(subvolumes: tuple[Path, Path]) -> None:
    volume, store = subvolumes
    os.setxattr(store, "system.posix_acl_default", copying.acl(1001, 7))
    copying.set_flags(store, copying.NO_COW)
    store.chmod(0o2775)
    os.chown(store, 5, 6)
    copying.furnish(volume / "tree")
    (volume / "file").write_bytes(b"alone")
    os.mkfifo(volume / "fifo", 0o600)
    for name in ("tree", "file", "fifo"):
        before = copying.seen(volume / name) if name == "tree" else None
        copied = copy(volume / name, store / name)
        assert copied.shared == copied.size
        if before:
            assert copying.seen(store / name) == before
        else:
            assert os.listxattr(store / name) == []
            assert os.lstat(store / name).st_gid == 0
    remove(volume / "tree")
    remove(store / "tree")


def test_a_top_that_nobody_may_change_can_be_renamed(subvolumes: tuple[Path, Path]) -> None:
    volume, store = subvolumes
    (volume / "tree").mkdir()
    (volume / "tree/file").write_bytes(b"content")
    copying.set_flags(volume / "tree", copying.IMMUTABLE)
    copy(volume / "tree", store / ".hidden")
    with opened(store) as (directory,):
        rename_new(directory, b".hidden", directory, b"tree")
    assert os.listdir(store) == ["tree"]
    assert copying.seen(store / "tree") == copying.seen(volume / "tree")
    remove(volume / "tree")
    remove(store / "tree")


def test_mounts_are_not_entered(subvolumes: tuple[Path, Path], tmp_path: Path) -> None:
    volume, store = subvolumes
    (volume / "tree/point").mkdir(parents=True)
    (volume / "tree/point/beneath").touch()
    (volume / "tree/file").write_bytes(b"beneath")
    (tmp_path / "other").write_bytes(b"elsewhere")
    with filesystem(tmp_path / "fs", "tmpfs") as other:
        (other / "secret").touch()
        os.utime(other, ns=(7, 7))
        _run("mount", "--bind", other, volume / "tree/point")
        _run("mount", "--bind", tmp_path / "other", volume / "tree/file")
        copied = copy(volume / "tree", store / "tree")
        assert copied.mounts == (b"file", b"point")
        assert copying.seen(store / "tree")[0].keys() == {b"", b"point"}
        with pytest.raises(RefusedError, match="it is mounted"):
            remove(volume / "tree")
        assert os.listdir(other) == ["secret"]
        with open_volume(volume.parent) as clone, opened(store) as (target,):
            inside = os.open("volume", DIRECTORY, dir_fd=clone)
            copied = copy_tree(inside, b"tree", target, b"beneath")
            os.close(inside)
        assert copied.mounts == ()
        assert (store / "beneath/file").read_bytes() == b"beneath"
        assert (store / "beneath/point/beneath").exists()
        _run("umount", volume / "tree/point", volume / "tree/file")


def test_a_tree_deeper_than_any_path_or_stack(subvolumes: tuple[Path, Path]) -> None:
    volume, store = subvolumes
    name, depth = b"d" * 200, 2_000
    with opened(volume, store) as (source, target):
        at = os.dup(source)
        for _ in range(depth):
            os.mkdir(name, dir_fd=at)
            above, at = at, os.open(name, DIRECTORY, dir_fd=at)
            os.close(above)
        os.mkfifo(b"fifo", dir_fd=at)
        os.link(b"fifo", name + b"/fifo", src_dir_fd=at, dst_dir_fd=source)
        os.close(at)
        copied = copy_tree(source, name, target, b"new")
        assert (copied.directories, copied.others, copied.links) == (depth, 1, 1)
        assert first_difference(source, name, target, b"new") is None
        remove_tree(source, name)
        remove_tree(target, b"new")
        assert os.listdir(source) == os.listdir(target) == []


NODES = st.recursive(
    st.tuples(st.binary(max_size=9_000), st.integers(0, 0o7777), st.integers(0, 3)),
    lambda below: st.dictionaries(
        st.binary(min_size=1, max_size=20).map(lambda n: b"n" + n.translate(None, b"/\0")),
        below,
        max_size=5,
    ),
    max_leaves=40,
)


def _make(path: bytes, node: object, made: list[bytes]) -> None:
    if isinstance(node, dict):
        os.mkdir(path)
        for name, below in node.items():
            _make(path + b"/" + name, below, made)
        return
    assert isinstance(node, tuple)
    content, mode, other = node
    if made and other == 1:
        os.link(made[len(content) % len(made)], path, follow_symlinks=False)
        return
    if other == 2:
        os.symlink(content.translate(None, b"\0")[:3_000] or b"x", path)
    else:
        with open(path, "wb") as file:
            file.write(content)
            if other == 3:
                file.truncate(len(content) + 1_000_000)
        os.chown(path, mode % 5, len(content))
        os.chmod(path, mode)
        os.setxattr(path, b"user." + b"x" * (1 + mode % 9), content[:100])
    made.append(path)


@settings(
    deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(node=NODES)
def test_random_trees(subvolumes: tuple[Path, Path], tmp_path: Path, node: object) -> None:
    volume, store = subvolumes
    try:
        _make(os.fsencode(volume / "tree"), node, [])
        if isinstance(node, dict):
            before = copying.seen(volume / "tree")
            copied = copy(volume / "tree", store / "tree")
            assert copying.seen(store / "tree") == before
            assert copied.shared == copied.size
            assert copied.directories + copied.files + copied.links + copied.others == len(
                before[0]
            )
        else:
            copy(volume / "tree", store / "tree")
        with opened(volume, store) as (one, other):
            assert first_difference(one, b"tree", other, b"tree") is None
    finally:
        for place in subvolumes:
            remove(place / "tree")


def test_a_full_disk(subvolumes: tuple[Path, Path], tmp_path: Path) -> None:
    volume, _ = subvolumes
    (volume / "tree").mkdir()
    for number in range(8):
        (volume / f"tree/{number}").write_bytes(os.urandom(1 << 20))
    for kind, size in (("tmpfs", 4 << 20), ("ext4", 6 << 20)):
        with filesystem(tmp_path / kind, kind, size=size) as store:
            (store / "kept").write_bytes(b"kept")
            left = set(os.listdir(store))
            with pytest.raises(MachineError, match=r"cannot copy tree/\d: No space left") as caught:
                copy(volume / "tree", store / "new")
            assert "free some space" in caught.value.hint
            assert set(os.listdir(store)) == left
            assert (store / "kept").read_bytes() == b"kept"


def test_a_full_btrfs(subvolumes: tuple[Path, Path], tmp_path: Path) -> None:
    volume, _ = subvolumes
    (volume / "file").write_bytes(os.urandom(150 << 20))
    with filesystem(tmp_path / "small", "btrfs", size=120 << 20) as store:
        with pytest.raises(MachineError, match="cannot copy file: No space left"):
            copy(volume / "file", store / "new")
        assert os.listdir(store) == []


def test_a_quota(subvolumes: tuple[Path, Path], btrfs: Path, tmp_path: Path) -> None:
    volume, store = subvolumes
    _run("btrfs", "-q", "quota", "enable", btrfs)
    _run("btrfs", "qgroup", "limit", "1M", store)
    with filesystem(tmp_path / "other", "tmpfs") as other:
        (other / "tree").mkdir()
        (other / "tree/file").write_bytes(os.urandom(4 << 20))
        with pytest.raises(MachineError, match="cannot copy tree/file: Disk quota") as caught:
            copy(other / "tree", store / "new")
        assert "quota" in caught.value.hint
    assert os.listdir(store) == []
    assert os.listdir(volume) == []


def test_a_read_only_target(subvolumes: tuple[Path, Path]) -> None:
    volume, store = subvolumes
    (volume / "file").touch()
    (volume / "tree").mkdir()
    _run("btrfs", "property", "set", store, "ro", "true")
    for name in ("file", "tree"):
        with pytest.raises(MachineError, match=f"cannot copy {name}: Read-only") as caught:
            copy(volume / name, store / "new")
        assert "for writing" in caught.value.hint


@pytest.mark.parametrize("on", ["another filesystem", "the same"])
def test_an_error_of_the_disk_names_the_file(tmp_path: Path, on: str) -> None:
    """Checksums of Btrfs that do not match give a real EIO."""
    mark = os.urandom(1 << 16)
    with loop.btrfs(tmp_path / "fs") as top:
        (top / "tree").mkdir()
        (top / "tree/good").write_bytes(b"good")
        (top / "tree/bad").write_bytes(mark)
        os.sync()
        image = tmp_path / "fs/btrfs.img"
        with image.open("r+b") as file:
            place = file.read().index(mark)
            file.seek(place)
            file.write(b"rust")
        _run("umount", top)
        _run("mount", "-o", "loop", image, top)
        with filesystem(tmp_path / "other", "tmpfs") as other:
            with pytest.raises(MachineError, match="cannot copy tree/bad: Input/output") as caught:
                copy(top / "tree", other / "new")
            assert "dmesg" in caught.value.hint
            assert os.listdir(other) == []
            if on == "the same":  # what is shared is neither read nor made worse
                copy(top / "tree", top / "new")
                with opened(top) as (directory,), pytest.raises(MachineError, match="compare"):
                    first_difference(directory, b"tree", directory, b"new")


def test_no_instant_shows_more_than_the_source(tmp_path: Path) -> None:
    """At each call that changes something, whatever was made is looked at by a user."""
    secret = tmp_path / "volume/tree/secret"
    secret.parent.mkdir(parents=True)
    secret.write_bytes(b"secret")
    os.chown(secret, 1000, 100)
    secret.chmod(0o640)
    os.setxattr(secret, "system.posix_acl_access", copying.acl(1001, 4, mask=4))
    (tmp_path / "volume/alone").write_bytes(b"secret")
    os.chown(tmp_path / "volume/alone", 1000, 100)
    (tmp_path / "volume/alone").chmod(0o440)
    (tmp_path / "volume/tree").chmod(0o755)
    store, looked = tmp_path / "store", 0
    for name, wide in ((b"tree", 0o755), (b"alone", 0o440)):

        def fresh() -> None:
            remove(store)
            store.mkdir()

        def work(name: bytes = name) -> None:
            with opened(tmp_path / "volume", store) as (source, target):
                copy_tree(source, name, target, b"new")

        def check(point: str, name: bytes = name, wide: int = wide) -> None:
            nonlocal looked
            looked += 1
            if not (store / "new").exists():
                return
            facts = (store / "new").stat()
            mode = facts.st_mode & 0o777
            if "not killed" in point:
                assert mode == wide
                return
            if facts.st_uid or name == b"tree":  # root's own may be written by root
                assert mode | wide == wide, point
            else:
                assert mode & 0o077 == 0, point
            inside = store / "new/secret"
            if inside.exists() and mode & 0o077:  # else nobody reaches it
                assert inside.stat().st_mode & 0o777 == secret.stat().st_mode & 0o777
                assert (inside.stat().st_uid, inside.stat().st_gid) == (1000, 100)

        store.mkdir(exist_ok=True)
        kill_everywhere(work, fresh=fresh, check=check)
    print(f"\nlooked at {looked} instants")
    assert looked > 20


def test_killed_at_every_point(subvolumes: tuple[Path, Path], tmp_path: Path) -> None:
    """What a killed copy leaves is closed to others, goes without a trace, and is done again."""
    volume, store = subvolumes
    tree = volume / "tree"
    copying.furnish(tree)
    before = copying.seen(tree)
    numbers = itertools.count()

    def fresh() -> None:
        remove(store / "new")

    def again(point: str) -> None:
        next(numbers)
        assert copying.seen(tree) == before, point
        made = store / "new"
        if "not killed" not in point:
            if made.exists() and made.stat().st_mode & 0o077:
                assert copying.seen(made)[0].keys() == before[0].keys(), point
            remove(made)
            assert os.listdir(store) == [], point
            copy(tree, made)
        assert copying.seen(made) == before, point

    def work() -> None:
        with opened(volume, store) as (source, target):
            copy_tree(source, b"tree", target, b"new")

    count = kill_everywhere(work, fresh=fresh, check=again)
    print(f"\n{count} kill points of a copy")
    assert count >= 230
    remove(store / "new")
    remove(tree)


def test_killed_while_removing(subvolumes: tuple[Path, Path]) -> None:
    volume, _ = subvolumes
    (volume / "beside").write_bytes(b"stays")

    def fresh() -> None:
        remove(volume / "tree")
        copying.furnish(volume / "tree")

    def check(point: str) -> None:
        remove(volume / "tree")
        assert os.listdir(volume) == ["beside"], point

    count = kill_everywhere(lambda: remove(volume / "tree"), fresh=fresh, check=check)
    print(f"\n{count} kill points of a removal")
    assert count >= 40


def test_a_log_that_is_always_written(subvolumes: tuple[Path, Path]) -> None:
    """A program that appends all the time: either one state of its file is copied, or it is named."""
    volume, store = subvolumes
    (volume / "tree").mkdir()
    script = "while :; do echo line; done >>tree/log"
    with subprocess.Popen(["sh", "-c", script], cwd=volume) as writer:
        try:
            while not (volume / "tree/log").exists():
                pass
            named = 0
            for number in range(5):
                new = store / f"{number}"
                try:
                    copy(volume / "tree", new)
                except RefusedError as error:
                    named += "tree/log" in error.message and "stop the programs" in error.hint
                    assert not new.exists()
                else:
                    text = (new / "log").read_bytes()
                    assert text == b"line\n" * (len(text) // 5)
        finally:
            writer.kill()
    print(f"\nnamed {named} of 5 times")
    assert named == 5 - len(os.listdir(store)) > 0
    assert copy(volume / "tree", store / "quiet").files == 1
