"""What the documents show is true: declarations load, commands parse, links lead somewhere."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import click
import pytest

from petrichor.cli.main import cli
from petrichor.config.load import load
from petrichor.model.accounts import Account, Accounts

REPO = Path(__file__).resolve().parents[2]
PAGES = [REPO / "README.md", *sorted((REPO / "docs").glob("*.md"))]
MANUAL = REPO / "docs/man/petrichor.toml.5"


def account(name: str, number: int) -> Account:
    home = PurePosixPath("/home") / name
    return Account(name=name, uid=number, gid=number, home=home)


ACCOUNTS = Accounts(users={"alice": account("alice", 1000), "colord": account("colord", 900)})


def blocks(page: Path, kind: str) -> list[str]:
    found = re.findall(r"^```(\w*)\n(.*?)^```$", page.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    return [text for name, text in found if name == kind]


def declarations() -> Iterator[tuple[str, str]]:
    for page in PAGES:
        for number, text in enumerate(blocks(page, "toml")):
            yield f"{page.name}:{number}", text
    examples = re.findall(
        r"^\.EX\n(.*?)^\.EE$", MANUAL.read_text("ascii"), re.DOTALL | re.MULTILINE
    )
    for example in examples:
        yield MANUAL.name, example.replace("\\(dq", '"').replace("\\-", "-")


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in declarations()])
def test_declarations_load(text: str) -> None:
    declaration = load(text.encode(), "petrichor.toml", ACCOUNTS)
    assert declaration.volumes
    assert declaration.kept


def commands() -> Iterator[tuple[str, str]]:
    for page in PAGES:
        for text in blocks(page, ""):
            for line in re.findall(r"^# (petrichor .*)$", text, re.MULTILINE):
                yield page.name, line


@pytest.mark.parametrize(("page", "line"), list(commands()))
def test_commands_parse(page: str, line: str) -> None:
    words = [word for word in shlex.split(line)[1:] if word != "…"]
    with cli.make_context("petrichor", list(words)) as context:
        verb = cli.resolve_command(context, [*context._protected_args, *context.args])[1]
        assert verb is not None
        arguments = words[words.index(verb.name or "") + 1 :]
        with verb.make_context(verb.name, arguments, parent=click.Context(cli)):
            pass


def test_there_are_commands_and_declarations() -> None:
    assert len(list(commands())) > 10
    assert len(list(declarations())) > 3


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", page.read_text("utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_that_are_named_exist(page: Path) -> None:
    named = re.findall(r"`((?:tests|docs|scripts|src)/[\w./-]+)`", page.read_text("utf-8"))
    named += [f"src/petrichor/{name}" for name in re.findall(
        r"`((?:model|config|plan|render|system|act|report|cli)/[\w./-]*\w\.py)\b",
        page.read_text("utf-8"))]  # fmt: skip
    assert [name for name in named if not (REPO / name).exists()] == []
