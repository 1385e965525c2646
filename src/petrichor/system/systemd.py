"""The service manager: states of units, reload and start, by systemctl(1)."""

from collections.abc import Sequence
from typing import Final

from petrichor.model.machine import UnitState
from petrichor.system.command import Runner

_PROPERTIES: Final = "Id,LoadState,ActiveState,SubState,Result"


def unit_states(runner: Runner, names: Sequence[str]) -> dict[str, UnitState]:
    """Return the state of each unit by its name, also of those that do not exist."""
    if not names:
        return {}
    result = runner.run(("systemctl", "show", "-p", _PROPERTIES, "--", *names), changes=False)
    return dict(zip(names, parse_show(result.text), strict=False))


def parse_show(text: str) -> list[UnitState]:
    """Return the units of ``systemctl show``, one block of lines each, in the order asked for."""
    blocks = [block for block in text.split("\n\n") if block.strip()]
    return [
        _state(dict(line.split("=", 1) for line in block.split("\n") if "=" in line))
        for block in blocks
    ]


def _state(values: dict[str, str]) -> UnitState:
    return UnitState(
        name=values.get("Id", ""),
        load=values.get("LoadState", ""),
        active=values.get("ActiveState", ""),
        sub=values.get("SubState", ""),
        result=values.get("Result", ""),
    )


def failed_units(runner: Runner) -> list[str]:
    """Return the names of all units that failed."""
    argv = (
        "systemctl",
        "list-units",
        "--all",
        "--state=failed",
        "--plain",
        "--no-legend",
        "--full",
    )
    result = runner.run((*argv, "--no-pager"), changes=False)
    return [line.split()[0] for line in result.text.split("\n") if line.strip()]


def daemon_reload(runner: Runner) -> None:
    """Let the manager read its units again."""
    runner.run(("systemctl", "daemon-reload"), changes=True)


def start(runner: Runner, names: Sequence[str]) -> None:
    """Start units and wait until they are up.

    Raises:
        CommandError: one of them failed; what the journal says is for journalctl(1).
    """
    if names:
        runner.run(("systemctl", "start", "--", *names), changes=True)


def stop(runner: Runner, names: Sequence[str]) -> None:
    """Stop units and wait until they are down."""
    if names:
        runner.run(("systemctl", "stop", "--", *names), changes=True)
