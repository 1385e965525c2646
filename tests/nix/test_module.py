"""The module, evaluated by each module system that is at hand."""

from typing import Any

import pytest

from tests.nix.nix import evaluate, refusal


def call(lib: str, extra: str = "{ }") -> str:
    return f"import ./tests/nix/module.nix {{ lib = {lib}; extra = {extra}; }}"


def test_the_declaration_and_its_accounts(lib: str) -> None:
    found: dict[str, Any] = evaluate(call(lib))
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
def test_mistakes_name_the_option(lib: str, extra: str, name: str) -> None:
    assert name in refusal(call(lib, extra))


def test_a_scripted_initrd_is_refused(lib: str) -> None:
    failed = evaluate(call(lib, "{ boot.initrd.systemd.enable = false; }"))["failed"]
    assert [text.split()[0] for text in failed] == ["boot.initrd.systemd.enable"]
