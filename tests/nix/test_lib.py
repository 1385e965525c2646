"""The pure functions of nix/lib.nix, and that every Nix file can be read."""

from pathlib import Path
from typing import Any

import pytest

from tests.nix.nix import REPO, evaluate, instantiate, refusal

FILES = sorted(
    path.relative_to(REPO) for top in ("nix", "tests/nix") for path in (REPO / top).rglob("*.nix")
)
LIB = "(import ./nix/lib.nix)"


def bind(device: str) -> dict[str, Any]:
    return {"device": device, "fsType": "none", "options": ["bind", "x-gvfs-hide"]}


VALUES: list[tuple[str, Any]] = [
    ('persistDirs "/persist/root" [ "/var/log" ]', {"/var/log": bind("/persist/root/var/log")}),
    ('persistDirs "/persist/root" [ ]', {}),
    (
        'persistDirs "/p" [ "/b" "/a/x" ]',
        {"/a/x": bind("/p/a/x"), "/b": bind("/p/b")},
    ),
    ('persistDirs "/p//q/" [ "//var//log/" ]', {"/var/log": bind("/p/q/var/log")}),
    ('persistDirs "/" [ "/srv" ]', {"/srv": bind("/srv")}),
    ('persistDirs "/p" [ "/a b/ü%\\n" ]', {"/a b/ü%\n": bind("/p/a b/ü%\n")}),
    ('persistMount "/nas/music" "/home/alice/Music"', {"/home/alice/Music": bind("/nas/music")}),
    ('octalMode "0750"', "0750"),
    ('octalMode "750"', "0750"),
    ('octalMode "u=rwx,g=rx,o="', "0750"),
    ('octalMode "u=rwx,g=,o="', "0700"),
    ('octalMode "a=rx,u=rwx"', "0755"),
    ('octalMode "=r"', "0444"),
    ('octalMode "ug=rw"', "0660"),
    ('octalMode "u+x"', None),
    ('octalMode "~0700"', None),
]

REFUSED: list[tuple[str, str]] = [
    ('persistDirs "/p" [ "var/log" ]', 'directory "var/log" is not absolute'),
    ('persistDirs "p" [ ]', 'root "p" is not absolute'),
    ('persistDirs "/p" [ "/var/../etc" ]', "holds '..'"),
    ('persistDirs "/p" [ "/a" "/a/" ]', '"/a" is listed twice'),
    ('persistDirs "/p" [ "/" ]', "the root cannot be a bind mount"),
    ('persistDirs "/p" [ 7 ]', "is no string"),
    ('persistDirs "/p" "/var"', "dirs is no list"),
    ('persistMount "/a" "b"', 'destination "b" is not absolute'),
]


@pytest.mark.parametrize("path", [*FILES, Path("flake.nix")], ids=str)
def test_every_file_parses(path: Path) -> None:
    done = instantiate("--parse", str(path))
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(("expression", "value"), VALUES, ids=[text for text, _ in VALUES])
def test_values(expression: str, value: Any) -> None:
    assert evaluate(f"{LIB}.{expression}") == value


@pytest.mark.parametrize(("expression", "message"), REFUSED, ids=[text for text, _ in REFUSED])
def test_refusals(expression: str, message: str) -> None:
    assert message in refusal(f"{LIB}.{expression}")
