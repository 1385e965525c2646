"""Versions of paths that earlier boots had, as text and as JSON."""

import json
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, Final

from petrichor.model.text import show_bytes
from petrichor.model.version import Version
from petrichor.report.cells import ago_text, owner_text, size_text, table, time_text
from petrichor.report.lossrows import encoded, kind_of

VERSION: Final = 1
_HEAD: Final = ("BOOT", "RESET AT", "", "KIND", "SIZE", "OWNER", "MODIFIED")


def version_lines(found: Iterable[Version], names: Mapping[int, str], now: int) -> Iterator[str]:
    """Yield each path with its versions, the newest first; ``now`` is in seconds since 1970."""
    for path, versions in groupby(_ordered(found), key=lambda version: version.path):
        yield show_bytes(path)
        rows = [_HEAD, *(_row(version, names, now) for version in versions)]
        yield from (f"  {line}" for line in table(rows, "><<<><<"))


def versions_json(found: Iterable[Version]) -> str:
    """Return the same as a JSON document."""
    versions = [_record(version) for version in _ordered(found)]
    return json.dumps({"version": VERSION, "versions": versions}, indent=1) + "\n"


def _ordered(found: Iterable[Version]) -> list[Version]:
    return sorted(found, key=lambda version: (version.path, version.boot.number))


def _record(version: Version) -> dict[str, Any]:
    boot, facts = version.boot, version.facts
    return encoded({"path": version.path}) | {
        "number": boot.number,
        "boot": boot.boot,
        "time": boot.time,
        "kind": kind_of(facts.st_mode),
        "mode": f"{stat.S_IMODE(facts.st_mode):04o}",
        "uid": facts.st_uid,
        "gid": facts.st_gid,
        "size": facts.st_size,
        "modified": int(facts.st_mtime),
    }


def _row(version: Version, names: Mapping[int, str], now: int) -> Sequence[str]:
    boot, facts = version.boot, version.facts
    return (
        str(boot.number),
        time_text(boot.time or 0) or boot.boot[:8],
        ago_text(now - boot.time) if boot.time else "",
        kind_of(facts.st_mode),
        "" if version.is_directory else size_text(facts.st_size),
        owner_text((facts.st_uid,), names),
        time_text(int(facts.st_mtime)),
    )


def described(version: Version, now: int) -> str:
    """Return a version in a few words."""
    facts, boot = version.facts, version.boot
    size = "" if version.is_directory else f", {size_text(facts.st_size)}"
    ago = ago_text(now - boot.time) if boot.time else ""
    when = f"{time_text(boot.time)}{f', {ago}' if ago else ''}" if boot.time else boot.boot[:8]
    name = kind_of(facts.st_mode)
    modified = time_text(int(facts.st_mtime))
    return f"{name}{size}, modified {modified}, of boot {boot.number} ({when})"
