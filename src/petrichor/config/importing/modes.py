"""Modes in chmod(1)'s symbolic form, as far as they need no earlier mode."""

import re
from typing import Final

_CLAUSE: Final = re.compile(r"([ugoa]*)=([rwx]*)")
_BITS: Final = {"r": 4, "w": 2, "x": 1}


def octal_mode(text: str) -> str | None:
    """Return a mode such as ``0750`` or ``u=rwx,g=rx,o=`` as four octal digits, else None."""
    if re.fullmatch(r"[0-7]{3,4}", text):
        return text.zfill(4)
    digits = dict.fromkeys("ugo", 0)
    for part in text.split(","):
        clause = _CLAUSE.fullmatch(part)
        if clause is None:
            return None
        bits = sum(_BITS[letter] for letter in set(clause[2]))
        who = clause[1] or "a"
        digits.update(dict.fromkeys("ugo" if "a" in who else who, bits))
    return "0" + "".join(map(str, digits.values()))
