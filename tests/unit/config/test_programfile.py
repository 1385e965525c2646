"""The TOML files of the table of programs: what was written of them is current, mistakes are named."""

import json
from pathlib import Path

import pytest

from petrichor.config import programs
from petrichor.config.programfile import json_text, page, read_sections

REPO = Path(__file__).resolve().parents[3]
PLACE = REPO / "src/petrichor" / programs.FILE
AGAIN = "run scripts/write-programs"
ONE = '[one]\ntitle = "One"\nsource = "one(1)"\nhome = [{ path = ".one", kind = "normal" }]\n'


def sections() -> dict[str, str]:
    return {file.name: file.read_text("utf-8") for file in sorted(PLACE.parent.glob("*.toml"))}


def test_the_table_has_no_mistake() -> None:
    assert [mistake.describe() for mistake in read_sections(sections())[1]] == []


def test_what_was_written_is_current() -> None:
    document, _ = read_sections(sections())
    assert PLACE.read_text("utf-8") == json_text(document), AGAIN
    written = (REPO / "docs/programs.md").read_text("utf-8")
    assert written == page(programs.decoded(document)), AGAIN


def test_the_table_is_large() -> None:
    assert len(programs.program_table()) >= 120


def test_the_written_form_means_the_same() -> None:
    document, found = read_sections({"a.toml": ONE})
    assert found == []
    assert programs.decoded(json.loads(json_text(document))) == programs.decoded(document)
    assert "| `~/.one` | directory | normal |  |" in page(programs.decoded(document))


def program(path: str) -> str:
    return f'[two]\ntitle = "Two"\nsource = "two(1)"\nhome = [{{ {path} }}]\n'


@pytest.mark.parametrize(
    ("text", "key", "message"),
    [
        ("[one", "", "Expected"),
        ("[One]\ntitle = 'a'\nsource = 'b'", "One", "pattern"),
        ("[one]\nsource = 'b'", "one.title", "required"),
        ("[one]\ntitle = ''\nsource = 'b'", "one.title", "pattern"),
        ("[one]\ntitle = 'a'\nsource = ''", "one.source", "pattern"),
        ("[one]\ntitle = 'a'\nsource = 'b'\nunits = ['a b.service']", "one.units[0]", "pattern"),
        ("[one]\ntitle = 'a'\nsource = 'b'\nunits = ['sshd']", "one.units[0]", "pattern"),
        ("[one]\ntitle = 'a'\nsource = 'b'\npaths = []", "one.paths", "Extra"),
        (program("path = 'a'"), "two.home[0].kind", "required"),
        (program("path = 'a', kind = 'dear'"), "two.home[0].kind", "Input should be 'secret'"),
        (program("path = 'a', kind = 'cache', type = 'link'"), "two.home[0].type", "directory"),
        (program("path = 'a', kind = 'cache', mode = '0999'"), "two.home[0].mode", "pattern"),
        (program("path = 'a', kind = 'cache', hazards = ['x']"), "two.home[0].hazards[0]", "mtime"),
        (program("path = 'a//b', kind = 'cache'"), "two.home[0].path", "pattern"),
        (program("path = 'a/', kind = 'cache'"), "two.home[0].path", "pattern"),
        (program("path = 'a', kind = 'cache', was = ['']"), "two.home[0].was[0]", "pattern"),
        (program("path = '/a', kind = 'cache'"), "two", "wrong list"),
    ],
)
def test_a_mistake_is_named(text: str, key: str, message: str) -> None:
    (found,) = read_sections({"a.toml": text})[1]
    assert (found.file, found.key) == ("a.toml", key)
    assert message in found.message
    assert found.hint


def test_a_program_in_two_files_is_named() -> None:
    (found,) = read_sections({"a.toml": ONE, "b.toml": ONE})[1]
    assert found.describe().startswith("b.toml: one: is also in a.toml")


def test_all_mistakes_come_at_once() -> None:
    assert len(read_sections({"a.toml": "[one", "b.toml": program("path = 'a'")})[1]) == 2
