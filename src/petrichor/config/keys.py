"""How a key of the declaration is written in messages."""

import json
import re
from collections.abc import Sequence
from typing import Final

_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")


def key_text(parts: Sequence[str | int]) -> str:
    """Join keys as TOML writes them, quoting those that are not bare; numbers are indexes."""
    text = ""
    for part in parts:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += ("." if text else "") + (part if _BARE.fullmatch(part) else _quoted(part))
    return text


def _quoted(part: str) -> str:
    return json.dumps(part, ensure_ascii=not part.isprintable())


def reading_order(key: str) -> list[tuple[bool, int, str]]:
    """Return a sort key that puts ``files[2]`` before ``files[10]``."""
    pieces = re.findall(r"[0-9]+|[^0-9]+", key)
    return [(p.isdecimal(), int(p) if p.isdecimal() and len(p) < 10 else 0, p) for p in pieces]
