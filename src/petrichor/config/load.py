"""From bytes to a declaration: parse, validate, build, check; every mistake in one report."""

import json
import re
import tomllib
from collections import Counter
from typing import Any, Final

from petrichor.config.build import build
from petrichor.config.check import check
from petrichor.config.keys import key_text, reading_order
from petrichor.config.shape import Path, validate
from petrichor.model.accounts import Accounts
from petrichor.model.declaration import Declaration
from petrichor.model.errors import DeclarationError, Mistake

_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def load(data: bytes, file: str, accounts: Accounts) -> Declaration:
    """Return the declaration that ``data`` holds; ``file`` names it in messages.

    A file that ends in ``.json`` is JSON, any other is TOML.

    Raises:
        DeclarationError: with every mistake that was found, in the order of the keys.
    """
    document, mistakes = parse(data, file)
    shape = validate(document, file)
    mistakes += shape.mistakes
    if shape.table is not None:
        built = build(shape.table, file, accounts)
        known = shape.layout_known and built.layout_known
        mistakes += built.mistakes
        mistakes += check(built.declaration, file, accounts, layout_known=known)
        if not mistakes:
            return built.declaration
    unique = dict.fromkeys(mistakes)
    raise DeclarationError(sorted(unique, key=lambda mistake: reading_order(mistake.key)))


def parse(data: bytes, file: str, *, form: str = "") -> tuple[dict[str, Any], list[Mistake]]:
    """Return the document that ``data`` holds, and what its parser should not have let pass.

    Without ``form``, ``json`` or ``toml``, the end of the file's name decides.
    """
    is_json = form == "json" or (not form and file.endswith(".json"))
    try:
        text = data.decode()
        document = _json(text) if is_json else tomllib.loads(text)
    except UnicodeDecodeError as error:
        hint = 'write other bytes as %NN and add encoding = "percent" to the entry'
        raise _refusal(file, f"byte {error.start} is not UTF-8", hint) from None
    except RecursionError:
        raise _refusal(file, "is nested too deeply", "mend the syntax") from None
    except ValueError as error:
        raise _refusal(file, f"{error}", "mend the syntax") from None
    if not isinstance(document, dict):
        raise _refusal(file, "must be a table", "see petrichor.toml(5)")
    return document, [Mistake(file, key_text(path), *what) for path, *what in _doubtful(document)]


def _refusal(file: str, message: str, hint: str) -> DeclarationError:
    return DeclarationError([Mistake(file, "", message, hint)])


class _Object(dict[str, Any]):
    """A JSON object that knows which of its keys were written twice."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__((_text(key), value) for key, value in pairs)
        counts = Counter(key for key, _ in pairs)
        self.twice = [_text(key) for key, count in counts.items() if count > 1]
        self.broken = [_text(key) for key in counts if _text(key) != key]


def _json(text: str) -> Any:
    return json.loads(text, object_pairs_hook=_Object)


def _text(text: str) -> str:
    """Return ``text`` with its lone surrogates replaced: JSON can write them, UTF-8 cannot."""
    return _SURROGATE.sub("\ufffd", text)


def _doubtful(document: Any) -> list[tuple[Path, str, str]]:
    """Return what a parser lets pass and a reader would not; lone surrogates are replaced."""
    found: list[tuple[Path, str, str]] = []
    surrogate = ("holds half of a surrogate pair", 'write bytes as %NN with encoding = "percent"')
    waiting: list[tuple[Path, Any]] = [((), document)]
    while waiting:
        path, here = waiting.pop()
        if isinstance(here, _Object):
            found += [((*path, key), "is written twice", "remove one") for key in here.twice]
            found += [((*path, key), *surrogate) for key in here.broken]
        items = here.items() if isinstance(here, dict) else enumerate(here)
        for key, value in list(items):
            if isinstance(value, dict | list):
                waiting.append(((*path, key), value))
            elif isinstance(value, str) and _text(value) != value:
                here[key] = _text(value)
                found.append(((*path, key), *surrogate))
    return found
