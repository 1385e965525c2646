"""What earlier boots lost, seen on retired volumes of a real Btrfs and of directories."""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest

from petrichor.report import history, lossrows
from tests.root.harness.cut import unmount_leftovers
from tests.root.harness.hostile import NAMES
from tests.root.harness.past import Past, tool

SCHEMA = json.loads(Path(history.__file__).with_name("history.schema.json").read_text())
LOSS = json.loads(Path(lossrows.__file__).with_name("loss.schema.json").read_text())


@pytest.fixture(autouse=True)
def nothing_stays_mounted() -> Iterator[None]:
    yield
    unmount_leftovers()


@pytest.fixture
def past(btrfs: Path, tmp_path: Path) -> Past:
    return Past(btrfs, tmp_path)


def document(past: Past, *words: str) -> list[dict[str, object]]:
    found = json.loads(past.run("history", "--json", *words)[0])
    jsonschema.validate(found, SCHEMA)
    boots: list[dict[str, object]] = found["boots"]
    return boots


def lost(boot: dict[str, object]) -> int:
    found = boot["lost"]
    assert isinstance(found, dict)
    return int(found["entries"])


def test_no_boot_yet(past: Past) -> None:
    assert "nothing" not in past.run("history")[1]
    assert past.run("history")[0].startswith("no reset has set anything aside yet")
    assert document(past) == []
    past.run("history", "1", code=2)


def test_each_boot_with_its_own_loss(past: Past) -> None:
    (past.live / "first").write_text("1")
    past.boot()
    (past.live / "second").write_text("2")
    (past.live / "from the baseline").write_text("changed")
    (past.content / "in the directory").write_text("3")
    (past.live / "ignored").mkdir()
    past.boot()
    past.boot(both=False)
    third, second, first = document(past)
    assert [boot["boot"] for boot in (first, second, third)] == past.ids
    assert [lost(boot) for boot in (first, second, third)] == [1, 3, 0]
    text, said = past.run("history")
    assert len(text.splitlines()) == 4 and said == ""
    shown, _ = past.run("history", "2")
    for name in ("lost at the reset of", f"{past.seen}\n", "in the directory", "ignored:"):
        assert name in shown, shown
    assert "first" not in shown
    rows = past.run("history", past.ids[1][:12], "--null")[0].split("\0")
    wanted = {f"{past.seen}/second", f"{past.seen}/from the baseline"}
    assert set(rows) == {*wanted, f"{past.bound}/in the directory", ""}
    jsonschema.validate(json.loads(past.run("history", "2", "--json")[0]), LOSS)
    (only,) = document(past, "--volume", str(past.bound))[1:]
    assert lost(only) == 0


def test_an_earlier_boot_is_told_as_diff_would_have_told_it(past: Past) -> None:
    """The same rows, with names of any bytes, a nested subvolume and a read-only one."""
    for number, name in enumerate(NAMES.values()):
        os.makedirs(bytes(past.live) + b"/" + name)
        Path(os.fsdecode(bytes(past.live) + b"/" + name), "file").write_text(str(number))
    for name in ("nested", "sealed"):
        tool("subvolume", "create", past.live / name)
        (past.live / name / "file").write_text("inside")
    tool("property", "set", "-t", "subvol", past.live / "sealed", "ro", "true")
    (past.live / "from the baseline").unlink()
    past.mount()
    foretold, _ = past.run("diff", "--all", "--volume", str(past.seen))
    past.unmount()
    past.boot()
    assert past.run("history", "1", "--all", "--volume", str(past.seen))[0] == foretold
    assert len(foretold.splitlines()) == 2 * len(NAMES) + 5


def test_clocks_that_jump_ten_years(past: Past) -> None:
    for stamp in ("20261123T100000Z", "20361123T110000Z", "20161123T120000Z", "20261123T130000Z"):
        past.boot(stamp, both=False)
    assert [boot["boot"] for boot in document(past)] == past.ids[::-1]
    past.run("history")


def test_what_no_reset_made_is_no_past(past: Past) -> None:
    past.boot(both=False)
    tool("subvolume", "create", past.top / "retired/mine")
    tool("subvolume", "create", past.top / f"retired/other-20261123T100000Z-{'a' * 32}")
    (past.top / f"retired/home-20261123T100000Z-{'b' * 32}").mkdir()
    assert [boot["boot"] for boot in document(past)] == past.ids


def test_a_baseline_that_is_gone_spoils_the_answer_and_no_more(past: Past) -> None:
    past.boot()
    tool("subvolume", "delete", past.top / "blank")
    told, said = past.run("history", code=10)
    assert "the baseline blank cannot be opened" in told
    assert "incomplete" in said


def test_a_volume_that_is_rolled_back_leaves_nothing_and_says_so(past: Past) -> None:
    text = past.config.read_text().replace('"retire"', '"rollback"')
    past.config.write_text(text)
    told, said = past.run("history")
    assert told.startswith("no reset") and said.count("is rolled back") == 2


def test_many_boots_are_listed_and_the_newest_looked_into(past: Past) -> None:
    for number in range(50):
        (past.live / f"of {number}").write_text("x")
        past.boot(f"20261101T{number // 60:02}{number % 60:02}00Z", both=False)
    begin = time.monotonic()
    found = document(past)
    usual = time.monotonic() - begin
    assert [boot["boot"] for boot in found] == past.ids[::-1]
    assert [lost(boot) for boot in found[:10]] == [1] * 10
    assert not any("lost" in boot for boot in found[10:])
    assert "40 older boots were not looked into" in past.run("history")[0]
    begin = time.monotonic()
    assert [lost(boot) for boot in document(past, "--all")] == [1] * 50
    print(f"history of 50 boots: {usual:.2f} s, all of them {time.monotonic() - begin:.2f} s")


@pytest.mark.parametrize("words", [["--tree"], ["-0"], ["1", "--all", "--json"], ["nonsense"]])
def test_wrong_requests(past: Past, words: list[str]) -> None:
    past.boot()
    past.run("history", *words, code=2)
