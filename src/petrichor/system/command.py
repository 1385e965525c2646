"""Starting processes: the only module that does.

A command is a sequence of words, never a line of text, and says whether it changes the machine.
Words are text with surrogate escapes, so that any bytes can be an argument.
"""

import os
import signal
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol, final

from petrichor.model.errors import CommandError, PetrichorError, ToolMissingError
from petrichor.model.text import command_line

if TYPE_CHECKING:
    # Loaded by the first command that is run: many a reading verb runs none.
    import subprocess

PATH: Final = (
    "/run/current-system/sw/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
)
_ENVIRONMENT: Final = {"PATH": PATH, "LC_ALL": "C.UTF-8"}

_PACKAGES: Final[Mapping[str, str]] = {
    **dict.fromkeys(("zfs", "zpool", "zdb"), "zfsutils-linux"),
    **dict.fromkeys(("btrfs", "mkfs.btrfs"), "btrfs-progs"),
    **dict.fromkeys(("systemctl", "systemd-tmpfiles", "systemd-analyze"), "systemd"),
    **dict.fromkeys(("systemd-nspawn",), "systemd-container"),
    **dict.fromkeys(("dracut", "lsinitrd"), "dracut"),
    **dict.fromkeys(("mount", "umount", "losetup"), "mount"),
    **dict.fromkeys(("findmnt", "unshare", "blkid", "lsblk"), "util-linux"),
    **dict.fromkeys(("mv", "cp", "mkdir", "test", "date", "touch", "rm", "sync"), "coreutils"),
    "mkfs.ext4": "e2fsprogs",
    "mmdebstrap": "mmdebstrap",
    "cpio": "cpio",
}
"""The Debian package that holds a tool, for hints."""


class Result(NamedTuple):
    """What a command gave: its exit code and both streams, as bytes."""

    argv: tuple[str, ...]
    code: int
    stdout: bytes = b""
    stderr: bytes = b""

    @property
    def text(self) -> str:
        """Return stdout as text with surrogate escapes."""
        return os.fsdecode(self.stdout)


def failure(result: Result) -> CommandError:
    """Return the error for a result that its caller does not take for success."""
    return _failed(result.argv, _ending(result.code), result.stderr)


class Runner(Protocol):
    """What can carry out commands: the real one, a dry one, or a test's."""

    def run(
        self,
        argv: Sequence[str],
        *,
        changes: bool,
        ok: Collection[int] = (0,),
        stdin: bytes | None = None,
        timeout: float | None = None,
    ) -> Result:
        """Run ``argv``; an exit code that is not in ``ok`` raises CommandError.

        ``changes`` tells whether the command changes the machine; ``timeout`` is in seconds.
        """
        ...


@final
class SystemRunner:
    """Runs commands on this machine."""

    def run(
        self,
        argv: Sequence[str],
        *,
        changes: bool,
        ok: Collection[int] = (0,),
        stdin: bytes | None = None,
        timeout: float | None = None,
    ) -> Result:
        """Run ``argv`` with an environment of our own and nothing to read but ``stdin``.

        The command has a process group of its own: an interrupt from the terminal lets one that
        changes the machine finish its step, and ends one that only reads.

        Raises:
            ToolMissingError: the tool is not installed.
            CommandError: the exit code is not in ``ok``, or the time was up.
        """
        import subprocess

        words = tuple(argv)
        _log(words, changes=changes)
        with _start(words, stdin) as process:
            try:
                stdout, stderr = process.communicate(stdin, timeout)
            except subprocess.TimeoutExpired:
                _kill(process)
                _, stderr = process.communicate()
                message = f"was not done after {timeout:g} seconds"
                raise _failed(words, message, stderr) from None
            except BaseException:
                _settle(process, changes=changes)
                raise
        result = Result(argv=words, code=process.returncode, stdout=stdout, stderr=stderr)
        if result.code not in ok:
            raise failure(result)
        return result


@final
class DryRunner:
    """Runs what only reads; commands that would change the machine are kept in ``recorded``."""

    def __init__(self, runner: Runner) -> None:
        """Read through ``runner``."""
        self._runner = runner
        self.recorded: list[tuple[str, ...]] = []

    def run(
        self,
        argv: Sequence[str],
        *,
        changes: bool,
        ok: Collection[int] = (0,),
        stdin: bytes | None = None,
        timeout: float | None = None,
    ) -> Result:
        """Run a reading command; record a changing one and return success without output."""
        if not changes:
            return self._runner.run(argv, changes=False, ok=ok, stdin=stdin, timeout=timeout)
        self.recorded.append(tuple(argv))
        return Result(argv=tuple(argv), code=0)


def _log(words: tuple[str, ...], *, changes: bool) -> None:
    import logging

    level = logging.INFO if changes else logging.DEBUG
    logging.getLogger("petrichor.command").log(level, "%s", command_line(words))


def _start(words: tuple[str, ...], stdin: bytes | None) -> "subprocess.Popen[bytes]":
    import subprocess

    try:
        return subprocess.Popen(
            [os.fsencode(word) for word in words],
            stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=_ENVIRONMENT,
            close_fds=True,
            process_group=0,
        )
    except FileNotFoundError:
        raise _missing(words[0]) from None
    except PermissionError:
        raise CommandError(f"{words[0]} may not be executed", hint="run this as root") from None


def _kill(process: "subprocess.Popen[bytes]") -> None:
    """End the command and what it started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        process.kill()


def _settle(process: "subprocess.Popen[bytes]", *, changes: bool) -> None:
    """After an interrupt: let a changing command finish, unless interrupted once more."""
    if not changes:
        _kill(process)
    try:
        process.communicate()
    except BaseException:
        _kill(process)
        raise


def _missing(tool: str) -> PetrichorError:
    package = _PACKAGES.get(os.path.basename(tool))
    hint = f"on Debian: apt install {package}" if package else "install it"
    return ToolMissingError(f"the tool {tool!r} is not installed", hint=hint)


def _ending(code: int) -> str:
    return f"failed with exit code {code}" if code >= 0 else f"was ended by signal {-code}"


def _failed(words: tuple[str, ...], what: str, stderr: bytes) -> CommandError:
    said = stderr.decode("utf-8", "backslashreplace").strip()
    message = f"{words[0]} {what}: {command_line(words)}"
    return CommandError(f"{message}\n{said}" if said else message)
