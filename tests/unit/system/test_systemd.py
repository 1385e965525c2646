"""systemctl's answers, and which command each verb is."""

from petrichor.system.systemd import daemon_reload, failed_units, start, stop, unit_states
from tests.unit.system.fakes import FakeRunner

SHOW = "systemctl show -p Id,LoadState,ActiveState,SubState,Result --"
TWO = b"""Result=exit-code
Id=petrichor-reset@-.service
LoadState=loaded
ActiveState=failed
SubState=failed

Result=success
Id=no.service
LoadState=not-found
ActiveState=inactive
SubState=dead
"""
FAILED = "systemctl list-units --all --state=failed --plain --no-legend --full --no-pager"


def test_states_in_the_order_asked_for() -> None:
    runner = FakeRunner({f"{SHOW} petrichor-reset@-.service no.service": TWO})
    states = unit_states(runner, ["petrichor-reset@-.service", "no.service"])
    reset = states["petrichor-reset@-.service"]
    assert (reset.load, reset.active, reset.sub) == ("loaded", "failed", "failed")
    assert reset.result == "exit-code"
    assert states["no.service"].load == "not-found"
    assert unit_states(FakeRunner({}), []) == {}


def test_failed() -> None:
    line = b"petrichor-reset@home\\x2da.service loaded failed failed Reset /home-a\n"
    assert failed_units(FakeRunner({FAILED: line})) == ["petrichor-reset@home\\x2da.service"]
    assert failed_units(FakeRunner({FAILED: b""})) == []


def test_changing_verbs() -> None:
    names = ("systemctl daemon-reload", "systemctl start -- a.service", "systemctl stop -- b.mount")
    runner = FakeRunner(dict.fromkeys(names, b""))
    daemon_reload(runner)
    start(runner, ["a.service"])
    stop(runner, ["b.mount"])
    start(runner, [])
    assert [(line, changes) for line, changes, _, _ in runner.calls] == [(n, True) for n in names]
