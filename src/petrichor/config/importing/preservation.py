"""``preservation.preserveAt`` of nix-community/preservation.

The shape is that of ``options.nix`` there, after evaluation.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Final

from petrichor.config.importing.modes import octal_mode
from petrichor.config.importing.reading import Path, Reader
from petrichor.config.importing.records import KINDS, NAMES, Entry, Kind, UserHome
from petrichor.model.names import is_within

_STORE: Final = frozenset(
    {"commonMountOptions", "directories", "files", "persistentStoragePath", "users"}
)
_USER: Final = frozenset(
    {"commonMountOptions", "directories", "files", "home", "homeGroup", "homeMode", "username"}
)
_ENTRY: Final = frozenset(
    {
        "configureParent",
        "createLinkTarget",
        "directory",
        "file",
        "group",
        "how",
        "inInitrd",
        "mode",
        "mountOptions",
        "parent",
        "user",
    }
)
_HOW: Final = ("bindmount", "symlink", "_intermediate")
_OURS: Final = frozenset({"bind", "X-fstrim.notrim"})
"""Options that every bind mount of ours has."""
_HIDING: Final = frozenset({"x-gvfs-hide", "x-gdu.hide"})
_TRASH: Final = "x-gvfs-trash"
_MODES: Final[Mapping[Kind, str]] = {"directories": "0755", "files": "0644"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """The store that entries stand in, and whose home they are in."""

    store: str
    account: str = ""
    group: str = "root"
    home: str = ""

    @property
    def owner(self) -> tuple[str, str]:
        return self.account or "root", self.group


def read(reader: Reader, document: Mapping[str, Any]) -> None:
    """Read every store into ``reader``; the document is ``preservation`` or its ``preserveAt``."""
    if "preserveAt" not in document:
        _stores(reader, document, ())
        return
    if not reader.value(document, "enable", (), default=True):
        reader.note(("enable",), "is false: what is declared was translated all the same")
    reader.unknown(document, frozenset({"enable", "preserveAt"}), ())
    _stores(reader, reader.inner(document, "preserveAt", ()), ("preserveAt",))


def _stores(reader: Reader, stores: Mapping[str, Any], path: Path) -> None:
    for name, value in stores.items():
        here = (*path, name)
        table = reader.table(value, here)
        reader.unknown(table, _STORE, here)
        store = reader.value(table, "persistentStoragePath", here, name)
        _tree(reader, table, here, _Place(store=store))
        for user, found in reader.inner(table, "users", here).items():
            where = (*here, "users", user)
            _user(reader, reader.table(found, where), where, user, store)


def _user(reader: Reader, table: Mapping[str, Any], path: Path, name: str, store: str) -> None:
    reader.unknown(table, _USER, path)
    account = reader.value(table, "username", path, name)
    home = reader.optional(table, "home", path)
    if not home:
        reader.wrong(path, "the home is missing")
        return
    text = reader.optional(table, "homeMode", path)
    mode = octal_mode(text) if text else ""
    if mode is None:
        reader.wrong((*path, "homeMode"), f"{text!r} is a mode that cannot be translated")
    reader.homes.append(
        UserHome(source=reader.key(path), account=account, home=home, mode=mode or "")
    )
    group = reader.optional(table, "homeGroup", path)
    _tree(reader, table, path, _Place(store=store, account=account, group=group, home=home))


def _tree(reader: Reader, table: Mapping[str, Any], path: Path, place: _Place) -> None:
    for kind in KINDS:
        for where, item in reader.entries_of(table, kind, path):
            _entry(reader, item, where, kind, place)


def _entry(reader: Reader, table: Mapping[str, Any], path: Path, kind: Kind, place: _Place) -> None:
    reader.unknown(table, _ENTRY, path)
    text = reader.name(table, NAMES[kind], path)
    if text is None:
        return
    how = reader.value(table, "how", path, "bindmount")
    if how not in _HOW:
        reader.wrong((*path, "how"), f"{how!r} is no way of preserving")
        return
    where = _located(reader, text, path, place)
    if how == "_intermediate":
        told = reader.ownership(table, path, place.owner, "0755")
        if told:
            reader.note(path, "directories on the way belong to the user, or to root, mode 0755")
        return
    told, hide, trash = _told(reader, table, path, kind, place)
    reader.entries.append(
        Entry(
            source=reader.key(path),
            store=place.store,
            kind=kind,
            path=where,
            account=place.account,
            told=told,
            hide=hide,
            trash=trash,
        )
    )


def _located(reader: Reader, text: str, path: Path, place: _Place) -> str:
    """Return the path as it is written here: evaluated, those of a user have the home in front."""
    if not place.account or not text.startswith("/"):
        return text
    whole, home = PurePosixPath(text), PurePosixPath(place.home)
    if not is_within(whole, home):
        reader.wrong(path, f"{text!r} lies outside of the home {place.home!r}")
        return text.lstrip("/")
    return str(whole.relative_to(home))


def _told(
    reader: Reader, table: Mapping[str, Any], path: Path, kind: Kind, place: _Place
) -> tuple[dict[str, Any], bool | None, bool | None]:
    """Return an entry's keys in our words, and whether its mount is hidden and has a trash."""
    told = reader.ownership(table, path, place.owner, _MODES[kind])
    is_link = kind == "files" and table.get("how") == "symlink"
    if kind == "files":
        told["method"] = "symlink" if is_link else "bind"
    if is_link:
        for name in [name for name in ("user", "group", "mode") if told.pop(name, None)]:
            reader.note((*path, name), "a symlink has none of its own here and this was left out")
    if reader.value(table, "configureParent", path, default=False):
        above = reader.inner(table, "parent", path)
        parent = reader.ownership(above, (*path, "parent"), place.owner, "0755")
        told |= {"parentDirectory": parent} if parent else {}
    _notes(reader, table, path, kind)
    if is_link:
        return told, None, None
    options = _options(reader, table, path)
    more = [name for name in options if name not in _OURS | _HIDING | {_TRASH}]
    told |= {"options": more} if more else {}
    return told, not _HIDING.isdisjoint(options), _TRASH in options


def _notes(reader: Reader, table: Mapping[str, Any], path: Path, kind: Kind) -> None:
    """Name what has another meaning here."""
    if kind == "directories" and table.get("how") == "symlink":
        reader.note((*path, "how"), "a directory is always mounted here, and never a symlink")
    if reader.value(table, "createLinkTarget", path, default=False):
        reader.note((*path, "createLinkTarget"), "what a symlink leads to is not made here")
    if reader.value(table, "inInitrd", path, default=False):
        reader.note(
            (*path, "inInitrd"), "follows here from the phase of the volume that the path lies on"
        )


def _options(reader: Reader, table: Mapping[str, Any], path: Path) -> list[str]:
    found = []
    for where, item in reader.listed(table, "mountOptions", path):
        if isinstance(item, str):
            found.append(item)
            continue
        option = reader.table(item, where)
        name = reader.value(option, "name", where, "")
        value = reader.optional(option, "value", where)
        found.append(f"{name}={value}" if value else name)
    if "mountOptions" in table and "bind" not in found:
        reader.note((*path, "mountOptions"), "every mount is a plain bind mount here")
    return found
