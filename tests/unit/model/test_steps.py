"""A step is data until it runs: only then are time and boot known."""

import shlex

from hypothesis import given
from hypothesis import strategies as st

from petrichor.model.steps import RetiredPath, Step

STEP = Step("mv", ("-T", "/a b", RetiredPath("/retired/root-")), "set aside")


def test_time_and_boot_are_filled_in() -> None:
    assert STEP.argv("20261123T013000Z", "f" * 32) == (
        "mv", "-T", "/a b", f"/retired/root-20261123T013000Z-{'f' * 32}",
    )  # fmt: skip


def test_a_step_is_shown_as_a_line_to_read() -> None:
    assert STEP.describe() == "mv -T '/a b' /retired/root-STAMP-BOOTID"


@given(st.lists(st.text()))
def test_what_is_shown_is_one_line_and_means_the_same(arguments: list[str]) -> None:
    line = Step("test", tuple(arguments), "why").describe()
    assert line.isprintable()
    if all(argument.isprintable() for argument in arguments):
        assert shlex.split(line) == ["test", *arguments]
