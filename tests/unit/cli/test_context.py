"""Where the declaration is read, and how a plan is agreed to."""

import logging
import sys
from pathlib import Path

import click
import pytest

from petrichor.cli import context as module
from petrichor.cli.context import Context, need_root, start_logging
from petrichor.model.errors import DeclarationError, DeclinedError, MachineError, PrivilegeError

Capture = pytest.CaptureFixture[str]


def test_toml_is_preferred_to_json_and_both_to_nothing(tmp_path: Path) -> None:
    context = Context(root=tmp_path)
    toml = tmp_path / "etc/petrichor/petrichor.toml"
    assert context.config_path == toml
    toml.parent.mkdir(parents=True)
    toml.with_suffix(".json").touch()
    assert context.config_path == toml.with_suffix(".json")
    toml.symlink_to("/no/such")  # a mistake to be told, not to be passed over
    assert context.config_path == toml
    assert Context(root=tmp_path, config=Path("x")).config_path == Path("x")


def test_a_root_that_forgot_its_declaration_has_that_of_its_boot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    booted = tmp_path / "declaration.json"
    monkeypatch.setattr(module, "DEFAULT_CONFIG", Path("/no/such/petrichor.toml"))
    monkeypatch.setattr(module, "BOOTED_CONFIG", booted)
    assert Context().config_path == Path("/no/such/petrichor.toml")
    booted.write_text("{}")
    assert Context().config_path == booted
    assert Context(root=tmp_path).config_path == tmp_path / "no/such/petrichor.toml"


def test_a_declaration_and_its_text(tmp_path: Path) -> None:
    place = tmp_path / "c.toml"
    place.write_text('[volumes."/tmp"]\nbackend = "tmpfs"\n')
    declaration, text = Context(config=place).read_declaration()
    assert [str(item.mountpoint) for item in declaration.volumes] == ["/tmp"]
    again = tmp_path / "c.json"
    again.write_text(text)
    assert Context(config=again).declaration() == declaration


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda place: None, "there is no declaration at"),
        (lambda place: place.mkdir(), "Is a directory"),
        (lambda place: place.symlink_to(place), "symbolic links"),
    ],
)
def test_a_declaration_that_cannot_be_read(tmp_path: Path, make, said: str) -> None:
    make(tmp_path / "c.toml")
    with pytest.raises(MachineError, match=said) as caught:
        Context(config=tmp_path / "c.toml").declaration()
    assert "--config" in caught.value.hint


def test_a_declaration_that_only_root_may_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", denied)
    with pytest.raises(MachineError, match="may not be read"):
        Context(config=tmp_path / "c.toml").declaration()


@pytest.mark.parametrize("data", [b"[", b"\xff", b"nonsense = 1"])
def test_a_declaration_with_mistakes(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "c.toml").write_bytes(data)
    with pytest.raises(DeclarationError):
        Context(config=tmp_path / "c.toml").declaration()


class Terminal:
    def __init__(self, tty: bool) -> None:
        self.isatty = lambda: tty


@pytest.mark.parametrize(
    ("answer", "agreed"), [(True, True), (False, False), (click.Abort(), False)]
)
def test_a_question(
    answer: bool | BaseException, agreed: bool, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    def confirm(*_words: object, **_more: object) -> bool:
        if isinstance(answer, BaseException):
            raise answer
        return answer

    monkeypatch.setattr(sys, "stdin", Terminal(tty=True))
    monkeypatch.setattr(click, "confirm", confirm)
    if agreed:
        Context().confirm(["one"], ["two"])
    else:
        with pytest.raises(DeclinedError):
            Context().confirm(["one"], ["two"])
    captured = capsys.readouterr()
    assert captured.err == "  one\n  destroys: two\n" and captured.out == ""


def test_nobody_to_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal(tty=False))
    with pytest.raises(DeclinedError) as caught:
        Context().confirm(["one"])
    assert "--yes" in caught.value.hint and caught.value.exit_code == 9
    Context(yes=True).confirm(["one"])


def test_who_is_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.os, "geteuid", lambda: 0)
    need_root("apply")
    monkeypatch.setattr(module.os, "geteuid", lambda: 1000)
    with pytest.raises(PrivilegeError, match="apply needs root") as caught:
        need_root("apply")
    assert "sudo petrichor apply" in caught.value.hint


def test_commands_are_shown_on_request(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    monkeypatch.setattr(logging, "basicConfig", lambda **more: seen.append(more["level"]))
    for verbose in (0, 1, 2, 3):
        start_logging(verbose)
    assert seen == [logging.INFO, logging.DEBUG, logging.DEBUG]
