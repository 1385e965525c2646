"""The Nix code is written as RFC 166 says, as far as a reader without a parser can tell.

What is bound is used, `inherit` is used where it says the same, and lines end in time. A name counts
as used when it stands a second time in its file, so a name that is reused elsewhere may slip through.
"""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.nix.nix import REPO

FILES: Final = [REPO / "flake.nix"] + sorted(
    path
    for top in ("nix", "tests/nix")
    for path in (REPO / top).rglob("*.nix")
    if ".input." not in path.name  # others' examples, unchanged
)
LONGEST: Final = 100
"""Without the indentation, which RFC 166 does not count, and without what strings hold."""

NAME: Final = r"[a-zA-Z_][a-zA-Z0-9_'-]*"

# What is told apart in code, and in strings of both kinds.
PIECES: Final = {
    "code": re.compile(
        r"(?P<comment>#[^\n]*|/\*.*?\*/)|(?P<long>'')|(?P<short>\")|(?P<enter>\$?\{)|(?P<leave>\})"
        r"|(?P<other>[\w][\w'-]*|.)",
        re.DOTALL,
    ),
    "long": re.compile(
        r"(?P<escape>''\$|'''|''\\.|\$\$)|(?P<leave>'')|(?P<enter>\$\{)|(?P<line>\n)|(?P<text>.)",
        re.DOTALL,
    ),
    "short": re.compile(
        r"(?P<escape>\\.|\$\$)|(?P<leave>\")|(?P<enter>\$\{)|(?P<line>\n)|(?P<text>.)", re.DOTALL
    ),
}
SHOWN: Final = ("long", "short", "enter", "leave", "line", "other")


def code(text: str) -> str:
    """Return the text without comments, and of strings only what is between `${` and `}`."""
    found: list[str] = []
    inside, at = ["code"], 0
    while piece := PIECES[inside[-1]].match(text, at):
        kind, at = str(piece.lastgroup), piece.end()
        if kind in SHOWN:
            found.append(piece[0])
        if kind == "leave":
            inside.pop()
        elif kind in ("long", "short", "enter"):
            inside.append("code" if kind == "enter" else kind)
    return "".join(found)


def arguments(text: str) -> Iterator[str]:
    """Yield the names of functions' arguments."""
    for formals in re.findall(r"\{([^{}=;]*)\}\s*:", text):
        yield from re.findall(rf"(?:^|,)\s*({NAME})", formals)
    yield from re.findall(rf"(?<![\w.\"'/-])({NAME}):\s", text)


def bindings(text: str) -> Iterator[str]:
    """Yield the names that each `let` binds, up to its `in`."""
    stack: list[str] = []
    for word in re.finditer(rf"inherit\s*(?:\([^()]*\))?([^;]*);|{NAME}|[{{}}()\[\]=;]", text):
        token = word[0]
        if token in ("let", "{", "(", "["):
            stack.append(token)
        elif token in ("in", "}", ")", "]"):
            stack.pop()
        elif stack and stack[-1] == "let":
            if token.startswith("inherit"):
                yield from re.findall(NAME, word[1] or "")
            elif re.match(r"\s*=(?!=)", text[word.end() :]) and text[word.start() - 1] != ".":
                yield token


def unused(text: str) -> list[str]:
    """Return what is bound and stands nowhere else in the file."""
    plain = code(text)
    times = Counter(re.findall(NAME, plain))
    return [
        name
        for name in [*arguments(plain), *bindings(plain)]
        if times[name] == 1 and not name.startswith("_")
    ]


def repeated(text: str) -> list[str]:
    """Return assignments that `inherit` says: `a = a;` and `a = b.a;`."""
    return [
        found[0] for found in re.finditer(rf"(?<![\w.\"'-])({NAME}) = (?:{NAME}\.)*\1;", code(text))
    ]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(REPO)))
def test_style(path: Path) -> None:
    text = path.read_text("utf-8")
    assert "\t" not in text and text.endswith("\n") and not text.endswith("\n\n")
    assert not [line for line in text.splitlines() if line != line.rstrip()]
    assert not [line for line in code(text).splitlines() if len(line.lstrip()) > LONGEST]
    assert unused(text) == []
    assert repeated(text) == []


CASES: Final[list[tuple[str, list[str]]]] = [
    ("{ a, b }: a", ["b"]),
    ("{ a, b ? 3, ... }: b", ["a"]),
    ("x: y: x", ["y"]),
    ("_: 3", []),
    ("let a = 1; b = 2; in b", ["a"]),
    ("let a = 1; in { inherit a; }", []),
    ("let inherit (x) a b; in a", ["b"]),
    ('let a = 1; in "${a}"', []),
    ('let a = 1; in "a"', ["a"]),
    ("let a = 1; in ''a ''${a} ${\"a\"}''", ["a"]),
    ("let a = { b = 1; }; in a", []),
    ("let a = 1; # a\nin 2", ["a"]),
    ("{ url = http; }", []),
]


@pytest.mark.parametrize(("text", "names"), CASES)
def test_what_is_unused_is_found(text: str, names: list[str]) -> None:
    assert unused(text) == names


def test_what_inherit_says_is_found() -> None:
    assert repeated("{ a = a; b = x.y.b; c = x.d; d.a = a; }") == ["a = a;", "b = x.y.b;"]


def test_code_has_no_text_of_strings() -> None:
    text = "a \"b ${c + \"d\"} \\\" e\" ''f ${g} ''${h} ''' i'' # j\n{ k }"
    assert code(text) == "a \"${c + \"\"}\" ''${g}'' \n{ k }"
