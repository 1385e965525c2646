"""A power cut, for plans that run on this machine's own filesystems."""

from collections.abc import Collection, Sequence
from typing import Final

from petrichor.system.command import Result, SystemRunner
from petrichor.system.mounts import read_mounts

_MOUNTS: Final = ("/run/petrichor",)


class PowerCut(BaseException):
    """Not an `Exception`: nothing in the code under test may go on after it."""


class CutRunner:
    """Runs so many changing commands for real; then the power is off, also for cleaning up.

    What only reads goes on, so that a test can leave no mount of its own behind."""

    def __init__(self, changes: int) -> None:
        self.left = changes
        self.runner = SystemRunner()

    def run(
        self,
        argv: Sequence[str],
        *,
        changes: bool,
        ok: Collection[int] = (0,),
        stdin: bytes | None = None,
        timeout: float | None = None,
    ) -> Result:
        if changes and self.left <= 0:
            raise PowerCut(argv)
        self.left -= 1 if changes else 0
        return self.runner.run(argv, changes=changes, ok=ok, stdin=stdin, timeout=timeout)


def unmount_leftovers() -> None:
    """What a reboot does to the mounts of a reset."""
    for mount in reversed(read_mounts()):
        if str(mount.mountpoint).startswith(_MOUNTS):
            SystemRunner().run(("umount", "-l", "--", str(mount.mountpoint)), changes=True)
