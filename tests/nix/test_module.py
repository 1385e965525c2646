"""The module, evaluated by nixpkgs' own lib: set NIXPKGS_LIB to the directory that holds it."""

from typing import Any

import pytest

from tests.nix.nix import REAL_LIB, evaluate, refusal

pytestmark = pytest.mark.skipif(not REAL_LIB, reason="NIXPKGS_LIB names no lib of nixpkgs")


def call(extra: str = "{ }") -> str:
    return f"import ./tests/nix/module.nix {{ lib = import {REAL_LIB}; extra = {extra}; }}"


def test_the_declaration_and_its_accounts() -> None:
    found: dict[str, Any] = evaluate(call())
    store = found["declaration"]["persistence"]["/persist/root"]
    assert found["failed"] == []
    assert store["directories"][1]["mode"] == "0750"
    assert store["users"]["alice"]["home"] == "/home/alice"
    assert found["env"]["passwd"] == "alice:x:1000:100::/home/alice:/bin/sh\n"
    assert found["k"] == ["systemd.machine_id=0123456789abcdef0123456789abcdef"]


@pytest.mark.parametrize(
    ("extra", "name"),
    [
        ('{ petrichor.onFailure = "panic"; }', "petrichor.onFailure"),
        ("{ petrichor.volume = { }; }", "petrichor.volume"),
        ('{ petrichor.volumes."/".datset = "x"; }', "datset"),
    ],
)
def test_mistakes_name_the_option(extra: str, name: str) -> None:
    assert name in refusal(call(extra))


def test_a_scripted_initrd_is_refused() -> None:
    failed = evaluate(call("{ boot.initrd.systemd.enable = false; }"))["failed"]
    assert [text.split()[0] for text in failed] == ["boot.initrd.systemd.enable"]
