"""The ring says which module system evaluated the modules."""

import os

import pytest

from tests.nix.nix import LIBS


@pytest.fixture(params=list(LIBS))
def lib(request: pytest.FixtureRequest) -> str:
    """Return the Nix expression of a lib with a module system."""
    return LIBS[request.param]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    missing = "" if "nixpkgs" in LIBS else "; nixpkgs' own was not used: NIXPKGS_LIB is not set"
    line = f"nix: modules were evaluated by {' and '.join(LIBS)}{missing}"
    terminalreporter.write_line(line)
    if summary := os.environ.get("PETRICHOR_SUMMARY"):
        with open(summary, "a", encoding="utf-8") as out:
            out.write(f"{line}\n")
