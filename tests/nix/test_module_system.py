"""The stand-in for nixpkgs' module system decides as nixpkgs does: the same cases with both."""

from typing import Any

import pytest

from tests.nix.nix import evaluate, refusal

OPTIONS = """
  {
    options = {
      flag = mkOption { type = bool; default = false; };
      number = mkOption { type = ints.positive; default = 1; };
      word = mkOption { type = enum [ "a" "b" ]; };
      code = mkOption { type = nullOr (strMatching "[0-9]+"); default = null; };
      lines = mkOption { type = listOf str; default = [ ]; };
      items = mkOption { type = listOf (coercedTo str (name: { inherit name; }) item); default = [ ]; };
      things = mkOption { type = attrsOf item; default = { }; };
      deep.fixed = mkOption { type = str; readOnly = true; };
      doubled = mkOption { type = int; default = 0; apply = value: value * 2; };
    };
  }
"""
ITEM = """
  submodule (
    { name, config, ... }:
    {
      options.name = mkOption { type = str; default = name; };
      options.size = mkOption { type = int; default = 3; };
      options.area = mkOption { type = int; };
      config.area = mkDefault (config.size * config.size);
    }
  )
"""

VALUES: list[tuple[str, str, Any]] = [
    ("{ }", "flag", False),
    ("{ flag = true; }", "flag", True),
    ("{ config.flag = true; }", "flag", True),
    ("{ imports = [ { flag = true; } ]; }", "flag", True),
    ("{ lib, ... }: { flag = lib.mkIf true true; }", "flag", True),
    ("mkIf false { flag = true; }", "flag", False),
    ("{ config, ... }: mkIf (config.number == 1) { flag = true; }", "flag", True),
    (
        '{ config = mkMerge [ { lines = [ "x" ]; } (mkIf true { lines = [ "y" ]; }) ]; }',
        "lines",
        ["x", "y"],
    ),
    ('{ lines = mkMerge [ [ "x" ] (mkIf false [ "y" ]) ]; }', "lines", ["x"]),
    ("{ imports = [ { number = 7; } ]; number = mkDefault 2; }", "number", 7),
    ("{ imports = [ { number = 7; } ]; number = mkForce 2; }", "number", 2),
    ("{ imports = [ { flag = true; } ]; flag = true; }", "flag", True),
    ('{ number = mkDefault (throw "asked"); imports = [ { number = 4; } ]; }', "number", 4),
    ('{ code = "12"; }', "code", "12"),
    ('{ items = [ "x" ]; }', "items", [{"name": "x", "size": 3, "area": 9}]),
    ("{ things.x.size = 2; }", "things", {"x": {"name": "x", "size": 2, "area": 4}}),
    (
        "{ imports = [ { things.x.size = 2; } ]; things.x.area = 1; }",
        "things",
        {"x": {"name": "x", "size": 2, "area": 1}},
    ),
    ("{ things.x = mkIf false { size = 2; }; }", "things", {}),
    ("{ things = mkIf true { x = { }; }; }", "things", {"x": {"name": "x", "size": 3, "area": 9}}),
    ('{ deep.fixed = "x"; }', "deep.fixed", "x"),
    (
        '{ imports = [ { lines = [ "a" ]; } { lines = [ "b" ]; } ]; lines = [ "c" ]; }',
        "lines",
        ["b", "a", "c"],
    ),
    ("{ doubled = 4; }", "doubled", 8),
]

REFUSED: list[tuple[str, str, str]] = [
    ("{ }", "word", "option `word' was accessed but has no value"),
    ("{ flga = true; }", "flag", "option `flga' does not exist"),
    ("mkIf false { flga = true; }", "flag", "option `flga' does not exist"),
    ("{ deep.fxed = 1; }", "deep.fixed", "option `deep.fxed' does not exist"),
    ("{ things.x.sze = 2; }", "things.x.size", "option `things.x.sze' does not exist"),
    ("{ flag = 1; }", "flag", "option `flag' is not of type"),
    ("{ number = 0; }", "number", "option `number' is not of type"),
    ('{ word = "c"; }', "word", "option `word' is not of type"),
    ('{ code = "x"; }', "code", "option `code' is not of type"),
    ('{ lines = "x"; }', "lines", "option `lines' is not of type"),
    ("{ things.x.size = true; }", "things.x.size", "option `things.x.size' is not of type"),
    ("{ things = [ ]; }", "things", "option `things' is not of type"),
    ("{ imports = [ { number = 7; } ]; number = 2; }", "number", "`number' has conflicting"),
    (
        '{ imports = [ { deep.fixed = "x"; } ]; deep.fixed = "x"; }',
        "deep.fixed",
        "option `deep.fixed' is read-only",
    ),
    ("{ options.flag = mkOption { type = str; }; }", "flag", "`flag'"),
    ("{ options = { }; flag = true; }", "flag", "`flag'"),
]


def ask(lib: str, module: str, path: str) -> str:
    return (
        f"with {lib}; with types; let item = {ITEM}; in "
        f"(evalModules {{ modules = [ {OPTIONS} ({module}) ]; }}).config.{path}"
    )


@pytest.mark.parametrize(("module", "path", "value"), VALUES, ids=[case[0] for case in VALUES])
def test_values(lib: str, module: str, path: str, value: Any) -> None:
    assert evaluate(ask(lib, module, path)) == value


@pytest.mark.parametrize(("module", "path", "message"), REFUSED, ids=[case[0] for case in REFUSED])
def test_refusals(lib: str, module: str, path: str, message: str) -> None:
    assert message in refusal(ask(lib, module, path))
