"""From another tool's configuration, as JSON, to the persistence part of a declaration."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from petrichor.config.importing import impermanence, preservation
from petrichor.config.importing.assembling import assemble
from petrichor.config.importing.reading import Reader
from petrichor.config.importing.records import Imported
from petrichor.config.keys import reading_order
from petrichor.config.load import parse
from petrichor.model.errors import DeclarationError

SOURCES: Final[Mapping[str, Callable[[Reader, Mapping[str, Any]], None]]] = {
    "impermanence": impermanence.read,
    "preservation": preservation.read,
}
"""What can be imported, by the name of the NixOS module."""


def translate(data: bytes, file: str, source: str) -> Imported:
    """Return what ``data``, the JSON of the module ``source``, says in our words.

    Raises:
        DeclarationError: with every mistake, each by its key in ``file``.
    """
    document, mistakes = parse(data, file, form="json")
    reader = Reader(file)
    reader.mistakes += mistakes
    SOURCES[source](reader, document)
    result = assemble(reader)
    if reader.mistakes:
        unique = dict.fromkeys(reader.mistakes)
        raise DeclarationError(
            sorted(unique, key=lambda mistake: reading_order(mistake.key)), what=file
        )
    notes = sorted(reader.notes, key=lambda note: reading_order(note.key))
    return Imported(document=result, notes=tuple(notes))
