"""The pages of docs/ that speak of NixOS say what the module says."""

from tests.nix.nix import REPO, evaluate, options_page

DOCS = REPO / "docs"


def test_the_options_are_described(lib: str) -> None:
    page = (DOCS / "nixos-options.md").read_text(encoding="utf-8")
    assert page == evaluate(options_page(lib)), "scripts/write-options writes it anew"
