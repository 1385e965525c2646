"""What of the loss looks like state, as lines to paste into the declaration."""

import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from petrichor.loss.summary import Summary
from petrichor.model.loss import Fate, Judgement
from petrichor.report.losstree import Place

IMPORTANCE: Final = ("secret", "important", "normal", "", "cache")
"""The kinds of what belongs to a program, the ones that hurt most first; see Judgement.kind."""
_STATE: Final = (b"/var/lib/", b"/srv/", b"/etc/", b"/root/", b"/opt/")
"""Where what belongs to nobody known looks like state: hier(7)."""
_CACHE: Final = b".cache"
"""Where nothing essential lies: XDG Base Directory Specification, XDG_CACHE_HOME."""
_WIDTH: Final = 100


class Known(NamedTuple):
    """What is known of the machine and the table of programs, for the suggestion."""

    store: str
    """The store that a stanza names."""
    homes: Mapping[bytes, str]
    """From homes to the users whose they are."""
    users: Mapping[int, str]
    """From numbers to names."""
    presets: Mapping[str, str]
    """From the titles of programs to the presets that keep what they have outside of homes."""
    home_presets: Mapping[str, str]
    """The same for what they have in a home."""


class _Item(NamedTuple):
    account: str
    is_file: bool
    path: bytes
    user: str = ""
    mode: int | None = None


def stanza(
    summary: Summary, places: Sequence[Place], known: Known, most: int
) -> tuple[list[str], int]:
    """Return lines of TOML, and how many paths beyond ``most`` they leave out."""
    presets, items = _wanted(summary, places, known)
    chosen, left = items[:most], items[most:]
    accounts = sorted({item.account for item in chosen} | {account for account, _ in presets})
    lines: list[str] = []
    for account in accounts:
        mine = [item for item in chosen if item.account == account]
        names = [_text(name) for user, name in presets if user == account]
        body = _array("presets", names)
        entries = [(item.is_file, _entry(item, known)) for item in mine]
        body += _array("directories", [text for is_file, text in entries if not is_file])
        body += _array("files", [text for is_file, text in entries if is_file])
        if body:
            head = f"[persistence.{_text(known.store)}"
            lines += [f"{head}.users.{_key(account)}]" if account else f"{head}]", *body]
    return lines, len(left)


def _wanted(
    summary: Summary, places: Sequence[Place], known: Known
) -> tuple[list[tuple[str, str]], list[_Item]]:
    groups = [
        judgement
        for judgement, tally in summary.groups.items()
        if judgement.fate is Fate.LOST and judgement.owner and judgement.kind != "cache"
        if tally.added or tally.changed
    ]
    groups.sort(key=lambda item: (importance(item.kind), item.root))
    presets: dict[tuple[str, str], None] = {}
    items: dict[bytes, _Item] = {}
    for group in groups:
        account = _account(group.root, known)
        name = (known.home_presets if account else known.presets).get(group.owner)
        if name:
            presets[account, name] = None
        elif group.root:
            items[group.root] = _group_item(group, summary, known)
    for place in places:
        if not place.is_direct and (place.tally.added or place.tally.changed):
            for item in _place_items(place, known):
                items.setdefault(item.path, item)
    return list(presets), list(_outermost(items))


def importance(kind: str) -> int:
    """Return the rank of a kind, 0 for what hurts most."""
    return IMPORTANCE.index(kind) if kind in IMPORTANCE else IMPORTANCE.index("")


def _group_item(group: Judgement, summary: Summary, known: Known) -> _Item:
    account = _account(group.root, known)
    top = summary.tops.get(group)
    if top is None:
        return _Item(account, False, group.root)
    is_file = not stat.S_ISDIR(top.mode)
    owner = known.users.get(top.uid, "")
    mode = stat.S_IMODE(top.mode)
    user = "" if owner == (account or "root") else owner
    usual = 0o644 if is_file else 0o755
    return _Item(account, is_file, group.root, user, None if mode == usual else mode)


def _place_items(place: Place, known: Known) -> Iterator[_Item]:
    account = _account(place.path, known)
    is_cache = _CACHE in place.path.split(b"/")
    if not is_cache and (account or place.path.startswith(_STATE)):
        yield _Item(account, place.is_file, place.path)


def _home(path: bytes, known: Known) -> bytes:
    above = [home for home in known.homes if path.startswith(home + b"/")]
    return max(above, key=len, default=b"")


def _account(path: bytes, known: Known) -> str:
    return known.homes.get(_home(path, known), "")


def _outermost(items: Mapping[bytes, _Item]) -> Iterator[_Item]:
    """Yield what does not lie below another."""
    for path, item in items.items():
        parts = path.split(b"/")
        above = (b"/".join(parts[:end]) for end in range(2, len(parts)))
        if not any(parent in items for parent in above):
            yield item


def _entry(item: _Item, known: Known) -> str:
    home = _home(item.path, known)
    key = "file" if item.is_file else "directory"
    more = [f"user = {_text(item.user)}"] if item.user else []
    more += [f'mode = "{item.mode:04o}"'] if item.mode is not None else []
    text, encoding = _path(item.path[len(home) + 1 :] if home else item.path)
    more = encoding + more
    return f"{{ {', '.join([f'{key} = {text}', *more])} }}" if more else text


def _path(path: bytes) -> tuple[str, list[str]]:
    try:
        text = path.decode()
    except UnicodeDecodeError:
        text = "\n"
    if text.isprintable():
        return _text(text), []
    from urllib.parse import quote_from_bytes

    return _text(quote_from_bytes(path, safe="/")), ['encoding = "percent"']


def _text(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _key(name: str) -> str:
    """Return a TOML key, bare where it can be."""
    plain = name.isascii() and name.replace("-", "").replace("_", "").isalnum()
    return name if plain else _text(name)


def _array(key: str, items: Iterable[str]) -> list[str]:
    """Return an array on one line, or with its items filled into lines."""
    words = list(items)
    if not words:
        return []
    line = f"{key} = [{', '.join(words)}]"
    if len(line) <= _WIDTH:
        return [line]
    lines, current = [f"{key} = ["], ""
    for word in words:
        if current and len(current) + len(word) > _WIDTH - 4:
            lines.append(f"  {current.rstrip()}")
            current = ""
        current += f"{word}, "
    return [*lines, f"  {current.rstrip()}", "]"]
