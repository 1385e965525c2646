"""What survives: beside volumes, kept, or in a baseline that holds it."""

from dataclasses import replace

import pytest

from petrichor.model.declaration import Phase, TmpfsVolume
from petrichor.model.machine import Baseline
from petrichor.plan.hazards.survival import kept_by, survives
from tests.unit.plan.hazards.facts import DECLARATION, MACHINE, P, kept, with_kept


@pytest.mark.parametrize(
    ("path", "stays"),
    [
        ("/usr/bin", True),
        ("/persist/x", True),
        ("/etc/passwd", True),
        ("/etc", True),
        ("/etcetera", False),
        ("/srv", False),
        ("/opt/app", True),
        ("/home/alice", False),
        ("/home/alice/.ssh/id", True),
    ],
)
def test_survives(path: str, *, stays: bool) -> None:
    baseline = Baseline(entries=("opt",), mode=0o755, present=frozenset({P("/opt/app")}))
    machine = replace(MACHINE, baselines={P("/"): baseline})
    assert survives(DECLARATION, machine, P(path)) == stays


def test_a_tmpfs_has_nothing() -> None:
    tmpfs = replace(DECLARATION, volumes=(TmpfsVolume(mountpoint=P("/"), phase=Phase.INITRD),))
    baseline = Baseline(entries=(), mode=0o755, present=frozenset({P("/opt")}))
    machine = replace(MACHINE, baselines={P("/"): baseline})
    assert not survives(tmpfs, machine, P("/opt"))


def test_the_deepest_entry_keeps() -> None:
    declaration = with_kept(kept("/etc/ssh"))
    found = kept_by(declaration, P("/etc/ssh/key"))
    assert found is not None
    assert found.path == P("/etc/ssh")
    assert kept_by(declaration, P("/srv")) is None
