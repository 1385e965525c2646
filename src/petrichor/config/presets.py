"""Presets: named lists of what a program or a distribution keeps, as data files."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources

from petrichor.config.schema import DirectoryEntry, FileEntry


@dataclass(frozen=True, slots=True)
class Preset:
    """What one preset keeps; ``source`` says where that is documented."""

    name: str
    source: str
    directories: tuple[DirectoryEntry, ...] = ()
    files: tuple[FileEntry, ...] = ()


class PresetMissingError(KeyError):
    """No preset has that name."""

    def __init__(self, known: tuple[str, ...]) -> None:
        """Keep the names that do exist."""
        super().__init__(known)
        self.known = known


@cache
def preset_table() -> dict[str, Preset]:
    """Return all presets by name, from ``presets.toml`` beside this module."""
    data = resources.files("petrichor.config").joinpath("presets.toml").read_bytes()
    return {name: _preset(name, table) for name, table in tomllib.loads(data.decode()).items()}


def load_preset(name: str) -> Preset:
    """Return one preset.

    Raises:
        PresetMissingError: there is none of that name.
    """
    table = preset_table()
    if name not in table:
        raise PresetMissingError(tuple(sorted(table)))
    return table[name]


def _preset(name: str, table: dict[str, object]) -> Preset:
    directories = table.get("directories", [])
    files = table.get("files", [])
    assert isinstance(directories, list) and isinstance(files, list)
    return Preset(
        name=name,
        source=str(table["source"]),
        directories=tuple(DirectoryEntry.model_validate(item) for item in directories),
        files=tuple(FileEntry.model_validate(item) for item in files),
    )
