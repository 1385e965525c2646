"""Places whose path holds a newline: made by commands, since tmpfiles.d cannot name them.

Each command fails harmlessly where something stands already, so what exists is left as it is.
"""

from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import Final

from petrichor.model.plan import Make, Place
from petrichor.render.escape import unit_word
from petrichor.render.target import Target
from petrichor.render.tmpfiles import holds_newline

TOOLS: Final = ("mkdir", "cp", "ln", "chown")


def command_lines(places: Iterable[Place], prefix: PurePosixPath, target: Target) -> Iterator[str]:
    """Yield the command lines of a unit that make these places, outermost first."""
    for tool, *words in commands(places, prefix):
        yield " ".join([target.tool(tool), *(unit_word(word) for word in words)])


def commands(places: Iterable[Place], prefix: PurePosixPath) -> Iterator[tuple[str, ...]]:
    """Yield the commands that make these places below ``prefix``, outermost first."""
    for place in places:
        if holds_newline(place):
            yield from _commands(place, str(prefix / place.path.relative_to("/")))


def _commands(place: Place, path: str) -> Iterator[tuple[str, ...]]:
    match place.make:
        case Make.DIRECTORY:
            yield "mkdir", f"--mode={place.mode or 0o755:04o}", "--", path
        case Make.FILE | Make.COPY:
            yield "cp", "--no-clobber", "--", place.content or "/dev/null", path
        case Make.LINK:
            yield "ln", "-s", "-T", "--", place.content, path
    if place.make is not Make.LINK and (place.user, place.group) != ("0", "0"):
        yield "chown", "--from=0:0", "-h", "--", f"{place.user}:{place.group}", path
