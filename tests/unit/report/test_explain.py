"""Explanations, as they are written."""

import json
from pathlib import Path
from pathlib import PurePosixPath as P

import jsonschema
import pytest

from petrichor.model.explanation import Explanation, Outcome
from petrichor.report import explain
from petrichor.report.explain import explanation_lines, explanations_json

SCHEMA = json.loads(Path(explain.__file__).with_name("explain.schema.json").read_text())
KEPT = Explanation(
    path=P("/var/log/a"), place=P("/var/log/a"), exists=True, outcome=Outcome.KEPT,
    reason="its data lives in a store", key='persistence."/s".directories[0]', preset="debian",
    source=P("/s/var/log/a"), method="bind mount",
)  # fmt: skip
LOST = Explanation(
    path=P("/l/\udcff\n"), place=P("/x/\udcff\n"), links=((P("/l"), P("x")),), exists=False,
    outcome=Outcome.LOST, reason="nothing keeps it", volume=P("/"), baseline="it has nothing there",
    mount="rpool/root (zfs)", owner="OpenSSH", kind="secret",
)  # fmt: skip


def test_what_is_kept() -> None:
    assert list(explanation_lines(KEPT, (), "c.toml")) == [
        "/var/log/a survives: kept",
        "  why          its data lives in a store",
        '  declared by  persistence."/s".directories[0]',
        "  preset       debian",
        "  lives at     /s/var/log/a",
        "  shown by     bind mount",
    ]


def test_what_is_lost() -> None:
    lines = list(explanation_lines(LOST, ["[a]", "b"], "c.toml"))
    assert lines[0].endswith(" is lost at the next reset")
    assert lines[1] == "  link         /l leads to x"
    assert "  there        nothing now" in lines
    assert "  belongs to   OpenSSH secret" in lines
    assert lines[-3:] == ["  to keep it, in c.toml:", "    [a]", "    b"]
    assert all(line.isprintable() for line in lines)


@pytest.mark.parametrize("outcome", Outcome)
def test_every_outcome_has_a_sentence(outcome: Outcome) -> None:
    told = Explanation(path=P("/a"), place=P("/a"), exists=True, outcome=outcome)
    assert len(next(explanation_lines(told, (), "")).split()) > 1


def test_json_agrees_with_its_schema() -> None:
    document = json.loads(explanations_json([KEPT, LOST]))
    jsonschema.validate(document, SCHEMA)
    assert set(SCHEMA["$defs"]["explanation"]["properties"]["outcome"]["enum"]) == set(Outcome)
    kept, lost = document["explanations"]
    assert (kept["path"], kept["survives"], lost["survives"]) == ("/var/log/a", True, False)
    assert (lost["place"], lost["encoding"]) == ("/x/%FF%0A", "percent")
    assert lost["links"] == [{"link": "/l", "target": "x"}]
