"""Processes and Btrfs as they really are."""

import os
import subprocess
from pathlib import Path, PurePosixPath

import pytest

from petrichor.model.errors import CommandError, ToolMissingError
from petrichor.model.text import command_line
from petrichor.system.btrfs import default_subvolume, list_subvolumes
from petrichor.system.command import PATH, SystemRunner

HOSTILE = ("a b", "new\nline", "tab\t%\\*", "-dash", "\udcff\udcfe", "x" * 255)


def test_a_command_inherits_nothing() -> None:
    os.environ["PETRICHOR_LEAK"] = "1"
    result = SystemRunner().run(["env"], changes=False)
    assert set(result.text.split()) == {f"PATH={PATH}", "LC_ALL=C.UTF-8"}
    readlink = SystemRunner().run(["readlink", "/proc/self/fd/0"], changes=False)
    assert readlink.text == "/dev/null\n"


def test_words_are_bytes_and_can_be_pasted() -> None:
    result = SystemRunner().run(["printf", "%s\\n", *HOSTILE], changes=False)
    assert result.text == "".join(f"{word}\n" for word in HOSTILE)
    line = os.fsencode(command_line(["printf", "%s\\n", *HOSTILE]))
    assert subprocess.check_output([b"bash", b"-c", line]) == result.stdout


def test_input_reaches_the_command() -> None:
    data = b"x" * 1_000_000
    assert SystemRunner().run(["cat"], changes=False, stdin=data).stdout == data


def test_failures() -> None:
    runner = SystemRunner()
    with pytest.raises(CommandError, match=r"exit code 2: ls '/no such'"):
        runner.run(["ls", "/no such"], changes=False)
    assert runner.run(["test", "-e", "/no such"], changes=False, ok=(0, 1)).code == 1
    with pytest.raises(ToolMissingError):
        runner.run(["no-such-tool"], changes=False)
    with pytest.raises(CommandError, match=r"not done after 0\.2 seconds"):
        runner.run(["sleep", "60"], changes=False, timeout=0.2)


def test_subvolumes_of_any_name(btrfs: Path) -> None:
    deep = btrfs / "retired" / ("d" * 200)
    deep.mkdir(parents=True)
    places = [btrfs / name for name in HOSTILE]
    places += [deep / "one", deep / "one" / "two"]
    for place in places:
        command = ["btrfs", "subvolume", "create", "--", str(place)]
        SystemRunner().run(command, changes=True)
    snapshot = ["btrfs", "subvolume", "snapshot", "-r", "--", str(deep / "one"), str(btrfs / "ro")]
    SystemRunner().run(snapshot, changes=True)
    found = {item.path: item for item in list_subvolumes(deep)}
    expected = {PurePosixPath(place.relative_to(btrfs)) for place in places}
    assert set(found) == expected | {PurePosixPath("."), PurePosixPath("ro")}
    one = found[PurePosixPath("retired", "d" * 200, "one")]
    assert found[PurePosixPath("ro")].parent_uuid == one.uuid
    assert found[PurePosixPath("ro")].read_only
    assert default_subvolume(btrfs) == 5
    SystemRunner().run(["btrfs", "subvolume", "set-default", str(deep / "one")], changes=True)
    assert default_subvolume(btrfs) == one.id
