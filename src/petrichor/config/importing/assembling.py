"""From what was understood to the persistence part of a declaration, checked as one."""

from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import Any

from petrichor.config.build import build
from petrichor.config.check import check
from petrichor.config.importing.reading import Reader
from petrichor.config.importing.records import NAMES, Entry
from petrichor.config.keys import key_text
from petrichor.config.shape import validate
from petrichor.model.accounts import Accounts
from petrichor.model.errors import Mistake
from petrichor.model.text import show


def assemble(reader: Reader) -> dict[str, Any]:
    """Return the document; what our own loader refuses of it is added to the reader's mistakes.

    Rules that need volumes and filesystems are left to whoever adds them.
    """
    sources: dict[str, str] = {}
    document = _document(reader, sources)
    for mistake in _refused(document, reader.file):
        key, rest = _traced(mistake.key, sources)
        reader.mistakes.append(Mistake(reader.file, key + rest, mistake.message, mistake.hint))
    # validate() cuts mistakes out of what it is given, so the answer is made anew
    return _document(reader, {}) if not reader.mistakes else {}


def _document(reader: Reader, sources: dict[str, str]) -> dict[str, Any]:
    """Return the document, and note in ``sources`` which key came from where."""
    entries = list(_once(reader))
    stores: dict[str, Any] = {}
    for store in dict.fromkeys(entry.store for entry in entries):
        mine = [entry for entry in entries if entry.store == store]
        stores[store] = _store(reader, store, mine, sources)
    return {"persistence": stores} if stores else {}


def _store(
    reader: Reader, store: str, entries: list[Entry], sources: dict[str, str]
) -> dict[str, Any]:
    path = ("persistence", store)
    sources[key_text(path)] = entries[0].source
    hide = _mostly((entry.hide for entry in entries), default=True)
    trash = _mostly((entry.trash for entry in entries), default=False)
    table: dict[str, Any] = {"hideMounts": hide, "allowTrash": trash}
    users: dict[str, Any] = {}
    for entry in entries:
        where: tuple[str | int, ...] = path
        tree = table
        if entry.account:
            where = (*path, "users", entry.account)
            sources.setdefault(key_text(where), entry.source)
            tree = users.setdefault(entry.account, _user(reader, entry.account))
        items = tree.setdefault(entry.kind, [])
        sources[key_text([*where, entry.kind, len(items)])] = entry.source
        items.append(_item(entry, hide=hide, trash=trash))
    plain = {name: value for name, value in table.items() if value != (name == "hideMounts")}
    return plain | ({"users": users} if users else {})


def _mostly(values: Iterable[bool | None], *, default: bool) -> bool:
    """Return what most say, and the default where as many say one as the other."""
    said = [value for value in values if value is not None]
    others = sum(value != default for value in said)
    return default != (2 * others > len(said))


def _item(entry: Entry, *, hide: bool, trash: bool) -> Any:
    more = dict(entry.told)
    if entry.hide not in (None, hide):
        more["hideMounts"] = entry.hide
    if entry.trash not in (None, trash):
        more["allowTrash"] = entry.trash
    return {NAMES[entry.kind]: entry.path, **more} if more else entry.path


def _user(reader: Reader, account: str) -> dict[str, Any]:
    table: dict[str, Any] = {}
    for home in reader.homes:
        if home.account == account:
            table.setdefault("home", home.home)
            if home.mode:
                table.setdefault("homeMode", home.mode)
    return table


def _once(reader: Reader) -> Iterator[Entry]:
    """Yield every kept path once, and report those that stand there twice and homes that differ."""
    homes: dict[str, tuple[PurePosixPath, str]] = {}
    for home in reader.homes:
        first, source = homes.setdefault(home.account, (PurePosixPath(home.home), home.source))
        if first != PurePosixPath(home.home):
            _report(reader, home.source, f"the home differs from that in {source}")
    seen: dict[PurePosixPath, Entry] = {}
    for entry in reader.entries:
        base = homes[entry.account][0] if entry.account in homes else PurePosixPath("/")
        path = base / entry.path
        twin = seen.setdefault(path, entry)
        if twin is entry:
            yield entry
        else:
            message = f"{show(path)} is kept twice: also by {twin.source}"
            _report(reader, entry.source, message)


def _report(reader: Reader, key: str, message: str) -> None:
    mistake = Mistake(reader.file, key, message, "remove one of the two from the configuration")
    if mistake not in reader.mistakes:
        reader.mistakes.append(mistake)


def _refused(document: dict[str, Any], file: str) -> Iterator[Mistake]:
    shape = validate(document, file)
    yield from shape.mistakes
    if shape.table is not None:
        accounts = Accounts()
        built = build(shape.table, file, accounts)
        yield from built.mistakes
        yield from check(built.declaration, file, accounts, layout_known=False)


def _traced(key: str, sources: dict[str, str]) -> tuple[str, str]:
    """Return the foreign key that ``key`` came from, and what stands behind it."""
    above = [name for name in sources if key == name or key.startswith((f"{name}.", f"{name}["))]
    name = max(above, key=len, default="")
    return sources.get(name, ""), key[len(name) :]
