"""Names: unit names, names of retired volumes, names of datasets and subvolumes."""

import re
from datetime import datetime
from pathlib import PurePosixPath
from typing import Final, NamedTuple

UNIT_NAME_MAX: Final = 255
"""Longest unit name in bytes, suffix included: systemd.unit(5)."""
CANARY: Final = ".petrichor-canary"
"""A file at the top of every volume: if a later boot still finds it, nothing was reset."""
OWN: Final = ".petrichor"
"""The directory of a store that holds what is ours, and root's alone."""
VERDICT: Final = PurePosixPath("/run/petrichor/status.json")
"""What this boot came to; it is there when the boot is over."""
COPIED: Final = PurePosixPath("/run/petrichor/copied")
"""Where marks lie of the files that this boot copied to their volumes."""

_PLAIN: Final = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:_.")
_RETIRED: Final = re.compile(
    r"(?P<volume>.+)-(?P<stamp>[0-9]{8}T[0-9]{6}Z)-(?P<boot>[0-9a-f]{32})", re.DOTALL
)
_DATASET: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.:\- ]*(/[A-Za-z0-9_.:\- ]+)*")
_SNAPSHOT: Final = re.compile(r"[A-Za-z0-9_.:\- ]+")


def path_bytes(path: PurePosixPath | str) -> bytes:
    """Return the exact bytes of a path that is held as text with surrogate escapes."""
    return str(path).encode("utf-8", "surrogateescape")


def escape_unit(path: PurePosixPath | str) -> str:
    """Escape a path the way ``systemd-escape --path`` does: systemd.unit(5).

    The root directory is ``-``; other paths lose their outer slashes, the inner ones become
    dashes, and every byte that is not plain, also a leading dot, becomes ``\\xNN``.
    """
    raw = path_bytes(PurePosixPath(path)).strip(b"/")
    if not raw:
        return "-"
    return "".join(_escape_byte(byte, first=index == 0) for index, byte in enumerate(raw))


def _escape_byte(byte: int, *, first: bool) -> str:
    if byte == ord("/"):
        return "-"
    if byte in _PLAIN and not (first and byte == ord(".")):
        return chr(byte)
    return f"\\x{byte:02x}"


def unit_of(path: PurePosixPath | str, suffix: str) -> str:
    """Return the name of the unit for a path, for example ``home-alice.mount``."""
    return f"{escape_unit(path)}.{suffix}"


def reset_unit(mountpoint: PurePosixPath) -> str:
    """Return the name of the unit that resets the volume mounted at ``mountpoint``.

    The path is an instance name, because ``/`` escapes to a lone dash and ``/root`` to ``root``:
    no prefix could keep the two apart.
    """
    return f"petrichor-reset@{escape_unit(mountpoint)}.service"


def copy_unit(path: PurePosixPath) -> str:
    """Return the name of the unit that copies a kept file to its volume."""
    return f"petrichor-copy@{escape_unit(path)}.service"


def watch_unit(path: PurePosixPath) -> str:
    """Return the name of the unit that has a copied file saved when it changed."""
    return f"petrichor-save@{escape_unit(path)}.path"


def copy_mark(path: PurePosixPath) -> PurePosixPath:
    """Return the directory in ``/run`` that says: at this boot the file is what the store had."""
    return COPIED / escape_unit(path)


class RetiredName(NamedTuple):
    """What a retired volume is called: ``VOLUME-STAMP-BOOT``.

    ``stamp`` is UTC time (``20261123T013000Z``), ``boot`` the 32 hexadecimal digits of the boot
    id.  Two boots never share a name, whatever the clock says.
    """

    volume: str
    stamp: str
    boot: str

    def __str__(self) -> str:
        """Return the name as it stands in the filesystem."""
        return f"{self.volume}-{self.stamp}-{self.boot}"


def parse_retired(name: str) -> RetiredName | None:
    """Return the parts of a retired volume's name, or None for any other name."""
    match = _RETIRED.fullmatch(name)
    if match is None:
        return None
    return RetiredName(match["volume"], match["stamp"], match["boot"])


def retired_of(volume: str, name: str) -> RetiredName | None:
    """Return the parts of a name if a reset of ``volume`` gave it, and none of ``root-other``."""
    parts = parse_retired(name)
    return parts if parts is not None and parts.volume == volume else None


def retired_time(stamp: str) -> int | None:
    """Return the time of such a stamp in seconds since 1970; None for one that is no time."""
    try:
        return int(datetime.strptime(stamp, "%Y%m%dT%H%M%S%z").timestamp())
    except ValueError:
        return None


def is_dataset(name: str) -> bool:
    """Tell whether ``name`` can be a ZFS dataset below a pool: zfs(8), Dataset names."""
    if len(name) > 255 or "/" not in name or _DATASET.fullmatch(name) is None:
        return False
    return not {".", ".."}.intersection(name.split("/"))


def is_snapshot(name: str) -> bool:
    """Tell whether ``name`` can stand behind the ``@`` of a ZFS snapshot."""
    return _SNAPSHOT.fullmatch(name) is not None


def is_within(path: PurePosixPath, ancestor: PurePosixPath) -> bool:
    """Tell whether ``path`` is ``ancestor`` or lies below it."""
    return path == ancestor or ancestor in path.parents
