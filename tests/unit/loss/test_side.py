"""What reads a real tree offers what the comparison asks for."""

import inspect

from petrichor.loss.side import Side
from petrichor.system.directory import DirectorySide


def _offered(kind: type) -> dict[str, list[str]]:
    methods = inspect.getmembers(kind, inspect.isfunction)
    return {
        name: list(inspect.signature(method).parameters)
        for name, method in methods
        if not name.startswith("_")
    }


def test_a_directory_is_a_side() -> None:
    assert _offered(Side).items() <= _offered(DirectorySide).items()
