"""Units as data, and their one way to text."""

from collections.abc import Iterable
from dataclasses import dataclass

HEADER = "# Written by petrichor render; changes are lost when it runs again.\n"

Setting = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Section:
    """A section of a unit file with its settings, in order."""

    name: str
    settings: tuple[Setting, ...]


def section(name: str, settings: Iterable[Setting]) -> Section:
    """Make a section; settings without a value are left out."""
    return Section(name, tuple((key, value) for key, value in settings if value))


def unit_text(*sections: Section) -> str:
    """Return the text of a unit file."""
    parts = [HEADER]
    for item in sections:
        parts.append(f"\n[{item.name}]\n")
        parts += [f"{key}={value}\n" for key, value in item.settings]
    return "".join(parts)


def dropin(requires: Iterable[str] = (), wants: Iterable[str] = ()) -> str:
    """Return a drop-in that makes a unit pull in others and wait for them."""
    hard, soft = " ".join(requires), " ".join(wants)
    after = " ".join([*hard.split(), *soft.split()])
    return unit_text(section("Unit", [("Requires", hard), ("Wants", soft), ("After", after)]))
