"""Every combination of what stands on a volume and in a store has an outcome that loses nothing."""

from itertools import product

import pytest

from petrichor.model.declaration import Kind
from petrichor.plan.adopt import REFUSALS, Adopting, Stands, Take, adopting

A, ED, EF, D, F, L, M, O = Stands  # noqa: E741
NAMES = dict(zip(("-", "ed", "ef", "d", "f", "l", "m", "o"), Stands, strict=True))
WORDS = {
    "mount": Adopting.MOUNT,
    "copy": Adopting.COPY,
    "repl": Adopting.REPLACE,
    "comp": Adopting.COMPARE,
    "V": Adopting.VOLUME_UNFIT,
    "S": Adopting.STORE_UNFIT,
}

# Rows: the volume's side; columns: the store's.
DIRECTORY = """
      -     ed    ef d     f l m o
-     mount mount S  mount S S S S
ed    copy  mount S  mount S S S S
ef    V     V     S  V     S S S S
d     copy  repl  S  comp  S S S S
f     V     V     S  V     S S S S
l     V     V     S  V     S S S S
m     V     V     S  V     S S S S
o     V     V     S  V     S S S S
"""
FILE = """
      -     ed ef    d f     l m o
-     mount S  mount S mount S S S
ed    V     S  V     S V     S S S
ef    copy  S  mount S mount S S S
d     V     S  V     S V     S S S
f     copy  S  repl  S comp  S S S
l     V     S  V     S V     S S S
m     V     S  V     S V     S S S
o     V     S  V     S V     S S S
"""


def table(kind: Kind, text: str) -> list[tuple[Kind, Stands, Stands, Adopting]]:
    head, *rows = text.strip().splitlines()
    columns = head.split()
    return [
        (kind, NAMES[row.split()[0]], NAMES[column], WORDS[word])
        for row in rows
        for column, word in zip(columns, row.split()[1:], strict=True)
    ]


CASES = table(Kind.DIRECTORY, DIRECTORY) + table(Kind.FILE, FILE)


def test_the_tables_are_whole() -> None:
    assert {case[:3] for case in CASES} == set(product(Kind, Stands, Stands))


@pytest.mark.parametrize(("kind", "volume", "store", "wanted"), CASES)
def test_every_combination(kind: Kind, volume: Stands, store: Stands, wanted: Adopting) -> None:
    assert adopting(kind, volume, store, shown=False) is wanted
    assert adopting(kind, volume, store, shown=True) is Adopting.SHOWN


@pytest.mark.parametrize(
    ("same", "take", "wanted"),
    [
        (True, None, Adopting.MOUNT),
        (True, Take.VOLUME, Adopting.MOUNT),
        (True, Take.STORE, Adopting.MOUNT),
        (False, None, Adopting.DIFFERENT),
        (False, Take.VOLUME, Adopting.TAKE_VOLUME),
        (False, Take.STORE, Adopting.TAKE_STORE),
    ],
)
def test_two_sides_with_content(same: bool, take: Take | None, wanted: Adopting) -> None:
    for kind, full in ((Kind.DIRECTORY, D), (Kind.FILE, F)):
        assert adopting(kind, full, full, shown=False, same=same, take=take) is wanted


def test_nothing_with_content_is_ever_covered_unasked() -> None:
    """Only what was compared and found the same, or chosen, is mounted over."""
    safe = REFUSALS | {Adopting.COPY, Adopting.REPLACE, Adopting.COMPARE}
    for kind, volume, store in product(Kind, (D, F, L, M, O), Stands):
        assert adopting(kind, volume, store, shown=False) in safe
