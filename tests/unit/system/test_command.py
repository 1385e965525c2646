"""The dry runner; real processes are started in the root ring."""

import pytest

from petrichor.model.errors import ToolMissingError
from petrichor.system.command import DryRunner, Runner, _ending, _failed, _missing
from tests.unit.system.fakes import FakeRunner


def test_a_dry_run_reads_and_records() -> None:
    real = FakeRunner({"zfs list": b"read\xff"})
    dry = DryRunner(real)
    runner: Runner = dry
    assert runner.run(["zfs", "list"], changes=False).text == "read\udcff"
    assert runner.run(["zfs", "destroy", "a/b"], changes=True).stdout == b""
    assert real.calls == [("zfs list", False, None, None)]
    assert dry.recorded == [("zfs", "destroy", "a/b")]


def test_a_missing_tool_names_its_package() -> None:
    error = _missing("/usr/sbin/zfs")
    assert isinstance(error, ToolMissingError) and "zfsutils-linux" in error.hint


@pytest.mark.parametrize(("code", "text"), [(1, "exit code 1"), (-9, "signal 9")])
def test_a_failure_can_be_pasted(code: int, text: str) -> None:
    message = str(_failed(("rm", "a b"), _ending(code), b"no\xff\n"))
    assert text in message and "rm 'a b'" in message and message.endswith("\nno\\xff")
