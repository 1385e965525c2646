"""ZFS output, tab separated as `-Hp` gives it, becomes records."""

from pathlib import Path, PurePosixPath

import pytest

from petrichor.model.errors import CommandError
from petrichor.system.command import Result
from petrichor.system.mounts import parse_mountinfo
from petrichor.system.zfs import (
    diff,
    find_dataset,
    find_pool,
    has_changed,
    list_children,
    list_retired_children,
    parse_holds,
    parse_list,
    parse_properties,
)
from tests.unit.system.fakes import FakeRunner

RECORDED = Path(__file__).parents[2] / "recorded/zfs"
LIST = (
    "zfs list -H -p -d 1 -t filesystem,volume,snapshot,bookmark -o "
    "name,type,guid,createtxg,origin,mounted,canmount,encryptionroot,userrefs,clones,mountpoint "
    "rpool/root"
)
GET = "zfs get -H -p -s local,received -o property,value all rpool/root"
HOLDS = "zfs holds -H rpool/root@blank"
ROWS = (
    b"rpool/root\tfilesystem\t111\t20\t-\tyes\tnoauto\trpool\t-\t-\t/a\tb\n"
    b"rpool/root/var lib\tfilesystem\t112\t21\t-\tno\ton\trpool\t-\t-\tlegacy\n"
    b"rpool/root@late\tsnapshot\t211\t90\t-\t-\t-\trpool\t0\trpool/x,rpool/b c\t-\n"
    b"rpool/root@blank\tsnapshot\t210\t22\t-\t-\t-\trpool\t1\t\t-\n"
    b"rpool/root#mark\tbookmark\t212\t95\t-\t-\t-\t-\t-\t-\t-\n"
)
ANSWERS = {
    LIST: ROWS,
    GET: b"quota\t1073741824\nmountpoint\t/a\tb\norg.x:note\tone\ntwo\n",
    HOLDS: b"rpool/root@blank\tkeep me\tMon Nov 23 02:00 2026\n",
}


def recorded(name: str) -> bytes:
    return (RECORDED / f"{name}.txt").read_bytes()


class Saying(FakeRunner):
    """Fails with a message, like the tool without its module."""

    def __init__(self, stderr: bytes) -> None:
        super().__init__({})
        self.stderr = stderr

    def run(self, argv, **options) -> Result:
        return Result(argv=tuple(argv), code=1, stderr=self.stderr)


def test_a_dataset_with_everything() -> None:
    runner = FakeRunner(ANSWERS)
    dataset = find_dataset(runner, "rpool/root")
    assert dataset is not None
    assert (dataset.guid, dataset.origin, dataset.mounted) == (111, "", True)
    assert dataset.mountpoint == "/a\tb"
    assert (dataset.canmount, dataset.encryption_root) == ("noauto", "rpool")
    assert dataset.children == ("rpool/root/var lib",)
    blank, late, mark = dataset.snapshots
    assert (blank.name, blank.holds, blank.clones) == ("blank", ("keep me",), ())
    assert (late.name, late.guid, late.createtxg) == ("late", 211, 90)
    assert late.clones == ("rpool/b c", "rpool/x")
    assert mark.bookmark
    assert dataset.properties["quota"] == "1073741824"
    assert dataset.properties["org.x:note"] == "one\ntwo"
    assert not any(changes for _, changes, _, _ in runner.calls)


def test_as_it_was_recorded() -> None:
    names = {LIST: "list", GET: "get", HOLDS: "holds"}
    runner = FakeRunner({line: recorded(name) for line, name in names.items()})
    dataset = find_dataset(runner, "rpool/root")
    assert dataset is not None
    assert dataset.children == ("rpool/root/var lib",)
    assert (dataset.mountpoint, dataset.canmount) == ("legacy", "on")
    blank, mark, late = dataset.snapshots
    assert (blank.name, blank.holds, blank.clones) == ("blank", ("keep me", "other"), ())
    assert (mark.name, mark.bookmark, mark.guid) == ("mark", True, blank.guid)
    assert (late.name, late.clones) == ("late one", ("rpool/b c", "rpool/xx"))
    wanted = {"quota": "104857600", "mountpoint": "legacy", "org.x:note": "one two"}
    assert dataset.properties == wanted


@pytest.mark.parametrize("name", ["missing", "missing-pool"])
def test_missing_is_no_error(name: str) -> None:
    said = recorded(name)
    assert find_dataset(Saying(said), "rpool/root") is None
    assert find_pool(Saying(said), "rpool") is None


def test_no_module_is_an_error() -> None:
    with pytest.raises(CommandError, match="modules cannot be auto-loaded"):
        find_dataset(Saying(b"The ZFS modules cannot be auto-loaded.\n"), "rpool/root")


def test_pool() -> None:
    command = "zpool get -H -p -o value bootfs rpool"
    found = find_pool(FakeRunner({command: b"rpool/root\n"}), "rpool")
    assert found is not None
    assert found.bootfs == "rpool/root"
    none = find_pool(FakeRunner({command: b"-\n"}), "rpool")
    assert none is not None
    assert none.bootfs == ""


def test_nothing_to_parse() -> None:
    assert parse_list("") == []
    assert parse_holds("") == {}
    assert parse_properties("") == {}


CHILDREN = "zfs list -H -p -r -t filesystem -o name,mounted,canmount,mountpoint rpool/root"
CHANGED = "zfs get -H -p -o value written@blank rpool/root"
DIFF = "zfs diff -FHt rpool/root@blank rpool/root"


def test_children_are_where_they_are_mounted_or_would_be() -> None:
    rows = (
        b"rpool/root\tyes\tnoauto\t/\n"
        b"rpool/root/seen\tyes\ton\tlegacy\n"
        b"rpool/root/unmounted\tno\tnoauto\t/var/a\tb\n"
        b"rpool/root/container\tno\toff\t/var\n"
        b"rpool/root/nowhere\tno\ton\tlegacy\n"
    )
    line = b"30 1 0:40 / /mnt/seen rw - zfs rpool/root/seen rw\n"
    found = list_children(FakeRunner({CHILDREN: rows}), "rpool/root", parse_mountinfo(line))
    assert [(child.name, str(child.path), child.mounted) for child in found] == [
        ("rpool/root/seen", "/mnt/seen", True),
        ("rpool/root/unmounted", "/var/a\tb", False),
    ]


def test_children_of_a_retired_dataset_are_where_they_were() -> None:
    name = "rpool/retired/root-20261123T013000Z-00000000000000000000000000000001"
    command = f"zfs list -H -p -r -t filesystem -o name,canmount,mountpoint {name}"
    rows = (
        f"{name}\tnoauto\tlegacy\n{name}/var lib\ton\tlegacy\n{name}/none\ton\tnone\n"
        f"{name}/set\tnoauto\t/srv/a\tb\n{name}/container\toff\t/var\n"
    )
    runner = FakeRunner({command: rows.encode()})
    found = list_retired_children(runner, name, PurePosixPath("/v"))
    assert [(child.name.removeprefix(name), str(child.path)) for child in found] == [
        ("/set", "/srv/a\tb"),
        ("/none", "/v/none"),
        ("/var lib", "/v/var lib"),
    ]
    assert not any(child.mounted for child in found)


def test_what_is_still_in_memory_counts_as_written() -> None:
    runner = FakeRunner({"zpool sync rpool": b"", CHANGED: b"0\n"})
    assert not has_changed(runner, "rpool/root@blank")
    assert [call[0] for call in runner.calls] == ["zpool sync rpool", CHANGED]
    assert has_changed(
        FakeRunner({"zpool sync rpool": b"", CHANGED: b"4096\n"}), "rpool/root@blank"
    )


def test_a_diff_that_is_not_content_is_none() -> None:
    runner = FakeRunner({DIFF: b"rows"})
    assert diff(runner, "rpool/root@blank", seconds=2.5) == b"rows"
    assert runner.calls == [(DIFF, False, None, 2.5)]
    assert diff(FakeRunner({}), "rpool/root@blank", seconds=1) is None
    assert diff(Complaining(), "rpool/root@blank", seconds=1) is None


class Complaining(FakeRunner):
    """Ends well, and says all the same that rows are missing."""

    def __init__(self) -> None:
        super().__init__({})

    def run(self, argv, **options) -> Result:
        said = b"Unable to determine path or stats for object 5 in rpool/root@zfs-diff-1: Invalid"
        return Result(argv=tuple(argv), code=0, stdout=b"rows", stderr=said)
