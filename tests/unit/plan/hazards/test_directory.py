"""Directory volumes."""

from dataclasses import replace

import pytest

from petrichor.model.declaration import DirectoryVolume, Phase, Reset, Retention
from petrichor.plan.hazards.directory import directory_hazards
from tests.unit.plan.hazards.cases import Case, check
from tests.unit.plan.hazards.facts import DECLARATION, P, directory, file, with_files

PLACE = P("/data/home")
VOLUME = DirectoryVolume(
    mountpoint=P("/home"),
    phase=Phase.SYSTEM,
    reset=Reset.RETIRE,
    retention=Retention(),
    directory=PLACE,
)
DECLARED = replace(DECLARATION, volumes=(VOLUME,))

CASES: list[Case] = [
    ("there", DECLARED, with_files({PLACE: directory()}), []),
    ("missing", DECLARED, with_files({}), ["error volume-missing"]),
    ("a file", DECLARED, with_files({PLACE: file()}), ["error volume-kind"]),
    ("another backend", DECLARATION, with_files({}), []),
]


@pytest.mark.parametrize("case", CASES, ids=[case[0] for case in CASES])
def test_directory(case: Case) -> None:
    check(directory_hazards, case)
