"""The manual pages are clean roff, and name every verb, option, exit code and key."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from petrichor.cli.main import VERBS, cli
from petrichor.config.jsonschema import json_schema
from petrichor.model.errors import PetrichorError

MAN = Path(__file__).resolve().parents[2] / "docs/man"
PAGES = sorted(MAN.glob("*.[1-9]"))
COMMAND = MAN / "petrichor.8"
FILE = MAN / "petrichor.toml.5"


def run(*command: str) -> str:
    result = subprocess.run(
        command, text=True, capture_output=True, stdin=subprocess.DEVNULL, check=False
    )
    assert result.returncode == 0, result.stderr
    return result.stdout + result.stderr


def plain(roff: str) -> str:
    """Text without its markup."""
    lines = [line for line in roff.splitlines() if not line.startswith('.\\"')]
    text = "\n".join(re.sub(r"^\.[A-Z]{1,2}\b", "", line) for line in lines)
    return re.sub(r"\\f[A-Z]", "", text).replace("\\-", "-").replace("\\(dq", '"')


def words(page: Path) -> str:
    return plain(page.read_text(encoding="ascii"))


def test_both_pages_are_there() -> None:
    assert {COMMAND, FILE} <= set(PAGES)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_roff_has_no_complaint(page: Path) -> None:
    if not shutil.which("groff"):
        pytest.fail("groff is not installed", pytrace=False)
    assert run("groff", "-ww", "-man", "-Tutf8", "-z", str(page)) == ""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_name_line_can_be_indexed(page: Path) -> None:
    assert re.search(
        r"^\.SH NAME\n\S+ \\- .{10,90}$", page.read_text(encoding="ascii"), re.MULTILINE
    )


def section(page: Path, level: str, name: str) -> str:
    """The text below one heading, up to the next."""
    heading = re.compile(
        rf"^\.{level} {name}\b.*?\n(.*?)(?=^\.S[SH] |\Z)", re.DOTALL | re.MULTILINE
    )
    found = heading.search(page.read_text(encoding="ascii"))
    assert found is not None, f"no section for {name}"
    return plain(found[1])


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_and_its_options_are_described(verb: str) -> None:
    text = section(COMMAND, "SS", verb)
    command = cli.get_command(click.Context(cli), verb)
    assert command is not None
    assert [name for name in options(command) if name not in text] == []


def options(command: click.Command) -> Iterator[str]:
    for parameter in command.params:
        if isinstance(parameter, click.Option) and not parameter.hidden:
            yield parameter.opts[0] if len(parameter.opts) == 1 else max(parameter.opts, key=len)


def test_the_global_options_are_described() -> None:
    text = section(COMMAND, "SH", "OPTIONS")
    assert [name for name in options(cli) if name not in text] == []


def test_every_exit_code_is_listed() -> None:
    listed = section(COMMAND, "SH", "EXIT CODES")
    codes = {int(code) for code in re.findall(r"^ (\d+)$", listed, re.MULTILINE)}
    assert codes >= {0, 1, 2} | {kind.exit_code for kind in kinds(PetrichorError)}


def kinds(base: type[PetrichorError]) -> Iterator[type[PetrichorError]]:
    yield base
    for kind in base.__subclasses__():
        yield from kinds(kind)


def test_every_key_of_the_declaration_is_described() -> None:
    schema = json_schema()
    tables: list[dict[str, Any]] = [schema, *schema["$defs"].values()]
    keys = {key for table in tables for key in table["properties"]}
    text = words(FILE)
    assert {key for key in keys if not re.search(rf"\b{key}\b", text)} == set()


def test_every_value_that_is_chosen_from_is_described() -> None:
    text = words(FILE)
    assert {value for value in choices(json_schema()) if f'"{value}"' not in text} == set()


def choices(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        yield from node.get("enum", [])
        yield from (choice for value in node.values() for choice in choices(value))
    elif isinstance(node, list):
        yield from (choice for value in node for choice in choices(value))
