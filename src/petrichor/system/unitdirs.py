"""The directories of loaded services: StateDirectory= and its kin, systemd.exec(5)."""

import os
from pathlib import Path
from typing import Final, NamedTuple

from petrichor.system.command import Runner

BASES: Final = {
    "StateDirectory": "/var/lib",
    "LogsDirectory": "/var/log",
    "CacheDirectory": "/var/cache",
    "ConfigurationDirectory": "/etc",
    "RuntimeDirectory": "/run",
}
"""Where the directories of the system's services lie."""
_PRIVATE: Final = frozenset({"StateDirectory", "LogsDirectory", "CacheDirectory"})
"""Those that DynamicUser= moves to a directory ``private``, and links to."""
_RUNNING: Final = frozenset({"active", "activating", "reloading", "deactivating"})


class UnitDirectory(NamedTuple):
    """A directory of a unit; ``link`` is the symlink to it, empty where there is none."""

    path: bytes
    unit: str
    setting: str
    running: bool
    link: bytes = b""


def unit_directories(runner: Runner, root: Path = Path("/")) -> list[UnitDirectory]:
    """Return the directories of all loaded services; none where systemd does not run.

    Raises:
        CommandError: systemctl(1) failed.
        ToolMissingError: it is not installed.
    """
    if root != Path("/") or not os.path.isdir("/run/systemd/system"):  # sd_booted(3)
        return []
    wanted = ",".join(("Id", "ActiveState", "DynamicUser", *BASES))
    result = runner.run(("systemctl", "show", f"--property={wanted}", "*.service"), changes=False)
    return parse_units(result.stdout)


def parse_units(output: bytes) -> list[UnitDirectory]:
    """Return the directories that the output of ``systemctl show`` tells."""
    found: list[UnitDirectory] = []
    for block in output.split(b"\n\n"):
        pairs = (line.partition(b"=") for line in block.split(b"\n") if b"=" in line)
        values = {key: value for key, _, value in pairs}
        for setting, base in BASES.items():
            names = values.get(setting.encode(), b"").split()
            found += [_directory(values, setting, base.encode(), name) for name in names]
    return found


def _directory(values: dict[bytes, bytes], setting: str, base: bytes, name: bytes) -> UnitDirectory:
    running = os.fsdecode(values.get(b"ActiveState", b"")) in _RUNNING
    unit = os.fsdecode(values.get(b"Id", b""))
    path = base + b"/" + name
    if values.get(b"DynamicUser") == b"yes" and setting in _PRIVATE:
        return UnitDirectory(base + b"/private/" + name, unit, setting, running, path)
    return UnitDirectory(path, unit, setting, running)
