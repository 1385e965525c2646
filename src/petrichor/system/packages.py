"""What packages put on the machine: dpkg(1), from its database in ``/var/lib/dpkg``."""

import os
from pathlib import Path
from typing import Final, final

_DATABASE: Final = "var/lib/dpkg"
_LIST: Final = ".list"
_MERGED: Final = b"/usr"
"""A merged /usr: what a package lists in /lib lies in /usr/lib as well."""


@final
class DpkgPackages:
    """The packages of dpkg; their lists are read when the first path is asked for."""

    def __init__(self, root: Path) -> None:
        """Read below ``root``."""
        self._database = root / _DATABASE
        self._owners: dict[bytes, str] | None = None
        self._settings: dict[bytes, bytes] | None = None
        self._sums: dict[str, dict[bytes, bytes]] = {}

    def owner(self, path: bytes) -> str:
        """Return the package that lists a path, or nothing."""
        if self._owners is None:
            self._owners = _owners(self._database / "info")
        found = self._owners.get(path, "")
        if not found and path.startswith(b"/usr/"):
            found = self._owners.get(path.removeprefix(_MERGED), "")
        return found.partition(":")[0]

    def is_configuration(self, path: bytes) -> bool:
        """Tell whether a path is a conffile: deb-conffiles(5)."""
        return path in self._configuration()

    def is_pristine(self, path: bytes, content: bytes) -> bool:
        """Tell whether a file holds what its package put there; False where no sum tells."""
        import hashlib

        wanted = self._configuration().get(path) or self._sum(path)
        made = hashlib.md5(content, usedforsecurity=False).hexdigest().encode()
        return wanted == made

    def _configuration(self) -> dict[bytes, bytes]:
        if self._settings is None:
            self._settings = parse_conffiles(_read(self._database / "status"))
        return self._settings

    def _sum(self, path: bytes) -> bytes | None:
        owners = self._owners or {}
        listed = path if path in owners else path.removeprefix(_MERGED)
        package = owners.get(listed, "")
        if package and package not in self._sums:
            data = _read(self._database / "info" / f"{package}.md5sums")
            self._sums[package] = parse_sums(data)
        return self._sums.get(package, {}).get(listed)


def dpkg_packages(root: Path) -> DpkgPackages | None:
    """Return the packages of the system below ``root``; None where dpkg has no database."""
    return DpkgPackages(root) if (root / _DATABASE / "info").is_dir() else None


def parse_conffiles(status: bytes) -> dict[bytes, bytes]:
    """Return the conffiles of dpkg's status file and their MD5 sums, obsolete ones left out."""
    found: dict[bytes, bytes] = {}
    within = False
    for line in status.split(b"\n"):
        if not line.startswith(b" "):
            within = line.startswith(b"Conffiles:")
        elif within and not line.endswith((b" obsolete", b" remove-on-upgrade")):
            path, _, digest = line[1:].rpartition(b" ")
            if path.startswith(b"/"):
                found[path] = digest
    return found


def parse_sums(data: bytes) -> dict[bytes, bytes]:
    """Return the sums of an md5sums file by absolute path: deb-md5sums(5)."""
    lines = (line.partition(b"  ") for line in data.split(b"\n") if b"  " in line)
    return {b"/" + path: digest for digest, _, path in lines}


def _owners(info: Path) -> dict[bytes, str]:
    """Return all listed paths; they are read as they come, for there are 100,000."""
    found: dict[bytes, str] = {}
    try:
        names = [name for name in os.listdir(info) if name.endswith(_LIST)]
    except OSError:
        return found
    for name in names:
        paths = _read(info / name).split(b"\n")
        found.update(dict.fromkeys(paths, name.removesuffix(_LIST)))
    found.pop(b"", None)
    found.pop(b"/.", None)
    return found


def _read(file: Path) -> bytes:
    try:
        with open(file, "rb", buffering=0) as opened:
            return opened.readall()
    except OSError:
        return b""
