"""What the kernel tells about this boot: command line, boot id, release, resume device."""

import os
import shlex
from pathlib import Path
from typing import Final

from petrichor.model.machine import Kernel

_PROC: Final = Path("/proc")
_SYS: Final = Path("/sys")


def read_kernel(proc: Path = _PROC, sys: Path = _SYS) -> Kernel:
    """Return the facts of this boot."""
    words = parse_cmdline((proc / "cmdline").read_bytes())
    return Kernel(
        release=os.uname().release,
        boot_id=boot_id(proc),
        words=words,
        resume=resume_device(words, sys),
    )


def boot_id(proc: Path = _PROC) -> str:
    """Return the boot id as systemd writes it: 32 hexadecimal digits, sd_id128_get_boot(3)."""
    return (proc / "sys/kernel/random/boot_id").read_text().strip().replace("-", "")


def parse_cmdline(data: bytes) -> tuple[str, ...]:
    """Return the command line's words; double quotes keep spaces: kernel-command-line(7)."""
    lexer = shlex.shlex(os.fsdecode(data), posix=True)
    lexer.whitespace_split = True
    lexer.commenters = lexer.escape = ""
    lexer.quotes = '"'
    try:
        return tuple(lexer)
    except ValueError:  # a quote that is never closed
        return tuple(os.fsdecode(data).split())


def resume_device(words: tuple[str, ...], sys: Path = _SYS) -> str:
    """Return what the machine resumes from, or an empty string.

    It is named on the command line, or the kernel knows its number (``8:2``): kernel admin guide,
    Documentation/power/swsusp.rst.
    """
    named = [word.removeprefix("resume=") for word in words if word.startswith("resume=")]
    if "noresume" in words:
        return ""
    try:
        number = (sys / "power/resume").read_text().strip()
    except OSError:
        number = ""
    return named[-1] if named else "" if number == "0:0" else number
