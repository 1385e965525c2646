"""From the TOML files of the table of programs to its written forms, with every mistake named.

Only ``scripts/write-programs`` and the tests come here; the command reads what was written.
"""

import json
import tomllib
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

from petrichor.config.keys import key_text
from petrichor.config.programrules import rules
from petrichor.config.programs import decoded
from petrichor.config.schema import Line, Mode, Owner, Table
from petrichor.model.errors import Mistake
from petrichor.model.program import Program, StatePath

Name = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
HazardName = Literal[
    "renamed", "mtime", "empty", "sqlite", "dynamic-user", "hardlinks", "generated"
]
Place = Annotated[str, Field(pattern=r"^/?[^/\x00-\x1f\x7f]+(/[^/\x00-\x1f\x7f]+)*$")]
Unit = Annotated[str, Field(pattern=r"^[A-Za-z0-9:_.\\@-]+\.(service|socket|timer|path|target)$")]


class PathTable(Table):
    """A path of a program's state; see :class:`petrichor.model.program.StatePath`."""

    path: Place
    kind: Literal["secret", "important", "normal", "cache"]
    type: Literal["directory", "file"] = "directory"
    mode: Mode | None = None
    user: Owner | None = None
    group: Owner | None = None
    method: Literal["auto", "bind", "symlink"] | None = None
    hazards: list[HazardName] = Field(default_factory=list)
    was: list[Place] = Field(default_factory=list)
    shared: list[Name] = Field(default_factory=list)


class ProgramTable(Table):
    """A program; see :class:`petrichor.model.program.Program`."""

    title: Line
    source: Line
    units: list[Unit] = Field(default_factory=list)
    system: list[PathTable] = Field(default_factory=list)
    home: list[PathTable] = Field(default_factory=list)


_SECTION: TypeAdapter[dict[Name, ProgramTable]] = TypeAdapter(dict[Name, ProgramTable])


def read_sections(sections: Mapping[str, str]) -> tuple[dict[str, Any], list[Mistake]]:
    """Return the whole table in its written form, and every mistake; keys are names of files."""
    tables: dict[str, ProgramTable] = {}
    homes: dict[str, str] = {}
    found: list[Mistake] = []
    for file, text in sections.items():
        try:
            section = _SECTION.validate_python(tomllib.loads(text))
        except tomllib.TOMLDecodeError as error:
            found.append(Mistake(file, "", str(error), "mend the syntax"))
        except ValidationError as error:
            found += _wrong(error, file)
        else:
            found += _twice(section, homes, file)
            tables |= section
            homes |= dict.fromkeys(section, file)
    document = {name: _plain(tables[name]) for name in sorted(tables)}
    for name, message, hint in rules(decoded(document)):
        found.append(Mistake(homes[name], name, message, hint))
    return document, found


def _wrong(error: ValidationError, file: str) -> Iterator[Mistake]:
    for item in error.errors(include_url=False, include_context=False):
        place = [part for part in item["loc"] if part != "[key]"]
        yield Mistake(file, key_text(place), item["msg"], "see petrichor.config.programfile")


def _twice(section: Mapping[str, object], known: Mapping[str, str], file: str) -> Iterator[Mistake]:
    for name in section.keys() & known.keys():
        yield Mistake(file, name, f"is also in {known[name]}", "join the two")


def _plain(table: ProgramTable) -> dict[str, Any]:
    return table.model_dump(by_alias=True, exclude_defaults=True)


def json_text(document: Mapping[str, Any]) -> str:
    """Return the file that the command reads: a line for each program, so that changes show."""
    lines = (
        f"{json.dumps(name)}: {json.dumps(table, ensure_ascii=False)}"
        for name, table in document.items()
    )
    return "{\n" + ",\n".join(lines) + "\n}\n"


_HEAD = """\
# Programs

Written by `scripts/write-programs` from `src/petrichor/programs/*.toml`: change those.

A name in `presets` of a store keeps the program's system paths; in `presets` of a user, those of
that home. A cache is known, so that a report can name its owner, but no preset keeps it. Neither
does a preset keep a file that its program replaces by renaming a new one over it: a mount refuses
that. Such rows say *not kept*. Each program names the document that its paths were taken from.
"""


def page(programs: Mapping[str, Program]) -> str:
    """Return ``docs/programs.md``."""
    return "\n".join([_HEAD, *(_section(program) for program in programs.values())])


def _section(program: Program) -> str:
    rows = [_row(item, f"`{item.path}`") for item in program.system]
    rows += [_row(item, f"`~/{item.path}`") for item in program.home]
    table = "\n".join(["| path | type | kind | |", "|---|---|---|---|", *rows])
    source = f"Source: {program.source}."
    return f"## {program.name}\n\n{program.title}. {source}\n\n{table}\n"


def _row(item: StatePath, shown: str) -> str:
    notes = [] if item.keepable else ["not kept"]
    notes += [] if item.mode is None else [f"mode {item.mode:04o}"]
    notes += [] if item.user is None else [f"user {item.user}"]
    notes += [hazard.value for hazard in item.hazards]
    notes += [f"was `{path}`" for path in item.was]
    return f"| {shown} | {item.type} | {item.worth} | {', '.join(notes)} |"
