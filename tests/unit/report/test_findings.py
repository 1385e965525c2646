"""The findings as text and JSON."""

import json

from petrichor.model.finding import error, info, warning
from petrichor.report.findings import findings_json, findings_text

PARTS = ("code", "subject", "what", "why", "todo")


def test_safe() -> None:
    assert findings_text([]) == "safe to reset: 0 error, 0 warning, 0 info\n"
    assert json.loads(findings_json([])) == {"version": 1, "safe": True, "findings": []}
    assert "\nsafe to reset: 0 error, 0 warning, 1 info\n" in findings_text([info(*PARTS)])


def test_not_safe() -> None:
    found = [error(*PARTS), warning(*PARTS)]
    text = findings_text(found)
    assert text.startswith("error: subject: what [code]\n  why: why\n  do:  todo\n\nwarning: ")
    assert text.endswith("\nnot safe to reset: 1 error, 1 warning, 0 info\n")
    record = json.loads(findings_json(found))
    assert record["safe"] is False
    assert record["findings"][0] == {
        "level": "error",
        "code": "code",
        "subject": "subject",
        "what": "what",
        "why": "why",
        "do": "todo",
    }


def test_names_of_any_bytes_are_ascii() -> None:
    record = findings_json([error("code", "\udcff", "é", "why", "todo")])
    assert record.isascii()
