"""What is rendered for: the paths of tools, and where the files of the boot will be found."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Final

from petrichor.model.errors import UsageError

_PLAIN: Final = re.compile(r"/[A-Za-z0-9+,\-./:@_~=]*")
"""Paths that are the same in every rendered file, with no need for an escape."""

RUN: Final = PurePosixPath("/run/petrichor")
LIB: Final = PurePosixPath("/usr/lib/petrichor")


class Kind(StrEnum):
    """The two ways a boot path reaches a machine."""

    DRACUT = "dracut"
    NIXOS = "nixos"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A target of ``render``.

    ``files`` is where the fstabs and tmpfiles of the real system will lie, ``initrd_files`` where
    those of the initrd will; a tool that ``tools`` does not name is found by systemd in its PATH.
    """

    kind: Kind
    tools: Mapping[str, str] = field(default_factory=dict)
    files: PurePosixPath = RUN
    initrd_files: PurePosixPath = LIB

    def tool(self, name: str) -> str:
        """Return how a unit names a tool."""
        return self.tools.get(name, name)


def make_target(
    kind: str,
    tools: Iterable[str] = (),
    *,
    files: str | None = None,
    initrd_files: str | None = None,
) -> Target:
    """Return a target from what a command line says; tools are given as ``NAME=PATH``.

    Raises:
        UsageError: a tool or directory is not given as an absolute path.
    """
    places = {"files": files, "initrd_files": initrd_files}
    chosen = {name: _absolute(name, value) for name, value in places.items() if value}
    return Target(
        kind=Kind(kind),
        tools=dict(_tool(text) for text in tools),
        files=chosen.get("files", RUN),
        initrd_files=chosen.get("initrd_files", LIB),
    )


def _tool(text: str) -> tuple[str, str]:
    name, separator, path = text.partition("=")
    if not separator or not name:
        raise UsageError(f"--tool {text!r} has no '='", hint="write it like zfs=/sbin/zfs")
    return name, str(_absolute(f"tool {name}", path))


def _absolute(option: str, value: str) -> PurePosixPath:
    path = PurePosixPath(value)
    if _PLAIN.fullmatch(value) is None:
        hint = "write the whole path, in letters, digits and +,-./:@_~"
        raise UsageError(f"--{option.replace('_', '-')}: {value!r} is no plain path", hint=hint)
    return path
