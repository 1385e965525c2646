"""Reads values of a foreign document; what has the wrong shape is noted, and reading goes on."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeVar

from petrichor.config.importing.modes import octal_mode
from petrichor.config.importing.records import NAMES, Entry, Kind, Note, UserHome
from petrichor.config.keys import key_text
from petrichor.model.errors import Mistake

T = TypeVar("T", str, bool)

Path = tuple[str | int, ...]

_KINDS: Final = {str: "text", bool: "true or false", list: "a list", dict: "a table"}
_HINT: Final = "take the JSON as nix eval prints it: see import in petrichor(8)"


class Reader:
    """Gathers entries, homes, mistakes and notes."""

    def __init__(self, file: str) -> None:
        """Begin with nothing found; ``file`` names the document in messages."""
        self.file = file
        self.entries: list[Entry] = []
        self.homes: list[UserHome] = []
        self.mistakes: list[Mistake] = []
        self.notes: list[Note] = []

    @staticmethod
    def key(path: Path) -> str:
        """Return a place as it is written in messages."""
        return key_text(path)

    def wrong(self, path: Path, message: str, hint: str = _HINT) -> None:
        """Report a mistake."""
        self.mistakes.append(Mistake(self.file, key_text(path), message, hint))

    def note(self, path: Path, message: str) -> None:
        """Report what has another meaning here, or none."""
        self.notes.append(Note(key=key_text(path), message=message))

    def table(self, value: object, path: Path) -> Mapping[str, Any]:
        """Return a table; what is none counts as empty."""
        if isinstance(value, dict):
            return value
        self._not(dict, path)
        return {}

    def inner(self, table: Mapping[str, Any], name: str, path: Path) -> Mapping[str, Any]:
        """Return the table below a key; none where the key is absent."""
        return self.table(table.get(name, {}), (*path, name))

    def entries_of(
        self, table: Mapping[str, Any], kind: Kind, path: Path
    ) -> Iterator[tuple[Path, Mapping[str, Any]]]:
        """Yield the entries of a kind as tables, each with its place; text is a mere path."""
        for where, item in self.listed(table, kind, path):
            plain = {NAMES[kind]: item} if isinstance(item, str) else item
            if isinstance(plain, dict):
                yield where, plain
            else:
                self._not(dict, where)

    def listed(self, table: Mapping[str, Any], name: str, path: Path) -> Iterator[tuple[Path, Any]]:
        """Yield the items of the list below a key, each with its place."""
        found = table.get(name, [])
        if not isinstance(found, list):
            self._not(list, (*path, name))
            return
        for index, item in enumerate(found):
            yield (*path, name, index), item

    def value(self, table: Mapping[str, Any], name: str, path: Path, default: T) -> T:
        """Return a value of the default's type; the default where it is absent or wrong."""
        found = table.get(name, default)
        kind = type(default)
        if isinstance(found, kind):
            return found
        self._not(kind, (*path, name))
        return default

    def optional(self, table: Mapping[str, Any], name: str, path: Path) -> str:
        """Return text that may be absent or null; then it is empty."""
        return "" if table.get(name) is None else self.value(table, name, path, "")

    def mode(self, table: Mapping[str, Any], path: Path, default: str) -> str:
        """Return a mode as four octal digits; empty where it is the default."""
        text = self.value(table, "mode", path, default)
        mode = octal_mode(text)
        if mode is None:
            hint = 'write it like "0750" or "u=rwx,g=rx,o="'
            self.wrong((*path, "mode"), f"{text!r} is a mode that cannot be translated", hint)
        return "" if mode in (None, default) else str(mode)

    def ownership(
        self, table: Mapping[str, Any], path: Path, owner: tuple[str, str], mode: str
    ) -> dict[str, Any]:
        """Return user, group and mode in our words, less what ``owner`` and ``mode`` say anyway."""
        user = self.optional(table, "user", path) or owner[0]
        group = self.optional(table, "group", path)
        told: dict[str, Any] = {}
        if user != owner[0]:
            told["user"] = user
        if group and (group != owner[1] or user != owner[0]):
            told["group"] = group
        unusual = self.mode(table, path, mode)
        return told | ({"mode": unusual} if unusual else {})

    def name(self, table: Mapping[str, Any], key: str, path: Path) -> str | None:
        """Return what an entry names; None, with a mistake, where it names nothing."""
        found = table.get(key)
        if isinstance(found, str):
            return found
        if key in table:
            self._not(str, (*path, key))
        else:
            self.wrong(path, f"{key} is missing")
        return None

    def unknown(self, table: Mapping[str, Any], known: frozenset[str], path: Path) -> None:
        """Name every key that nothing here reads."""
        for name in table.keys() - known:
            self.note((*path, name), "is not known here and was left out")

    def _not(self, kind: type, path: Path) -> None:
        self.wrong(path, f"must be {_KINDS[kind]}")
