"""Why a path survives, case by case."""

from pathlib import PurePosixPath as P

import pytest

from petrichor.config.load import load
from petrichor.model.accounts import Accounts
from petrichor.model.explanation import Outcome
from petrichor.model.loss import Fate, Judgement
from petrichor.model.mount import Mount
from petrichor.plan.explain import Sight, explain, kept_at

TEXT = b"""
[volumes."/"]
backend = "zfs"
dataset = "rpool/root"
[filesystems."/persist"]
type = "zfs"
device = "rpool/persist"
[persistence."/persist/root"]
presets = ["openssh"]
directories = ["/var/log", "/srv", "/srv/deep"]
files = [{ file = "/etc/adjtime", method = "symlink" }, { file = "/etc/rc", method = "copy" }]
"""
DECLARATION = load(TEXT, "t.toml", Accounts())
LOST = Judgement(Fate.LOST, owner="OpenSSH", kind="secret")


def mount(at: str, kind: str = "zfs") -> Mount:
    return Mount(
        id=1, parent=0, device="0:1", root=P("/"), mountpoint=P(at), options=(), type=kind,
        source="rpool/x",
    )  # fmt: skip


CASES = [
    ("/var/log/a", Sight(exists=True, is_shown=True), Outcome.KEPT, "/persist/root/var/log/a"),
    ("/var/log", Sight(exists=True, is_shown=True), Outcome.KEPT, "/persist/root/var/log"),
    ("/etc/adjtime", Sight(exists=True, is_shown=True), Outcome.KEPT, "/persist/root/etc/adjtime"),
    ("/etc/rc", Sight(exists=True, is_shown=True), Outcome.KEPT, "/persist/root/etc/rc"),
    ("/var/log/a", Sight(exists=True, baseline="no"), Outcome.LOST, "/persist/root/var/log/a"),
    ("/persist/root/srv/x", Sight(exists=True), Outcome.KEPT, "/persist/root/srv/x"),
    ("/persist/root/tmp", Sight(exists=True), Outcome.STALE, None),
    ("/persist/other", Sight(exists=True, mount=mount("/persist")), Outcome.OUTSIDE, None),
    ("/x", Sight(exists=True, baseline="no", judgement=LOST), Outcome.LOST, None),
    ("/x", Sight(exists=True, baseline="same"), Outcome.UNCHANGED, None),
    ("/boot/x", Sight(exists=True, mount=mount("/boot", "vfat")), Outcome.OUTSIDE, None),
    ("/run/x", Sight(exists=True, mount=mount("/run", "tmpfs")), Outcome.LOST, None),
    ("/", Sight(exists=True, baseline="same"), Outcome.UNCHANGED, None),
]


@pytest.mark.parametrize(("path", "sight", "outcome", "source"), CASES)
def test_a_place(path: str, sight: Sight, outcome: Outcome, source: str | None) -> None:
    told = explain(DECLARATION, P(path), (), P(path), sight)
    assert told.outcome is outcome
    assert told.source == (P(source) if source else None)
    assert told.reason
    assert bool(told.key) == (source is not None)


@pytest.mark.parametrize("fate", Fate)
def test_every_fate_has_an_outcome(fate: Fate) -> None:
    sight = Sight(exists=True, baseline="no", judgement=Judgement(fate, "so", "A", "cache"))
    told = explain(DECLARATION, P("/x"), (), P("/x"), sight)
    assert (str(told.outcome), told.reason) == (str(fate), "so")
    assert (told.owner, told.kind, told.volume) == ("A", "cache", P("/"))


def test_what_is_declared_but_not_mounted_is_told_with_its_key() -> None:
    told = explain(DECLARATION, P("/srv/x"), (), P("/srv/x"), Sight(exists=True, baseline="no"))
    assert "petrichor apply" in told.reason
    assert told.key == 'persistence."/persist/root".directories[1]'
    assert not told.outcome.survives


def test_the_deepest_kept_path_counts_and_a_preset_is_named() -> None:
    deep = kept_at(DECLARATION, P("/srv/deep/x"))
    assert deep is not None
    assert deep.path == P("/srv/deep")
    key = next(item.path for item in DECLARATION.kept if item.preset)
    told = explain(DECLARATION, key, (), key, Sight(exists=True, is_shown=True))
    assert told.preset == "openssh"


def test_a_copied_file_that_changed_is_lost_unless_it_is_saved() -> None:
    told = explain(DECLARATION, P("/etc/rc"), (), P("/etc/rc"), Sight(exists=True, baseline="no"))
    assert (told.outcome, told.method) == (Outcome.LOST, "copy")
    assert "saved when it changes" in told.reason
