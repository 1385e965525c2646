"""Findings: what counts, and how they read."""

from petrichor.model.finding import error, finding_order, info, warning

PARTS = ("code", "subject", "what", "why", "todo")


def test_only_info_does_not_count() -> None:
    assert [make(*PARTS).counts for make in (error, warning, info)] == [True, True, False]


def test_the_worst_first() -> None:
    found = [info(*PARTS), error(*PARTS), warning(*PARTS)]
    order = [item.level for item in sorted(found, key=finding_order)]
    assert order == ["error", "warning", "info"]


def test_it_says_what_why_and_what_to_do() -> None:
    text = error(*PARTS).describe()
    assert text == "error: subject: what [code]\n  why: why\n  do:  todo"
