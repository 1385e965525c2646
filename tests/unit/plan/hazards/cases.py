"""The form of a case: what is declared, what was found, which findings that gives."""

from collections.abc import Callable, Iterable

from petrichor.model.declaration import Declaration
from petrichor.model.finding import Finding
from petrichor.model.machine import Machine

Rule = Callable[[Declaration, Machine], Iterable[Finding]]
Case = tuple[str, Declaration, Machine, list[str]]


def check(rule: Rule, case: Case) -> list[Finding]:
    """Compare the codes that a rule gives with those of the case; return its findings."""
    name, declaration, machine, codes = case
    found = list(rule(declaration, machine))
    assert [f"{item.level} {item.code}" for item in found] == codes, name
    return found
