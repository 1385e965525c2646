"""The command line as its user meets it: options anywhere, one message, the exit code."""

import errno
import json
from pathlib import Path

import click
import pytest

from petrichor.cli import main as module
from petrichor.cli.main import VERBS, run
from petrichor.model.errors import RefusedError

CONFIG = '[volumes."/no/such/place"]\nbackend = "tmpfs"\n'


@pytest.fixture
def config(tmp_path: Path) -> str:
    place = tmp_path / "petrichor.toml"
    place.write_text(CONFIG)
    return str(place)


Capture = pytest.CaptureFixture[str]


def test_help_names_every_verb(capsys: Capture) -> None:
    assert run(["--help"]) == 0
    out = capsys.readouterr().out
    assert all(f"\n  {verb} " in out for verb in VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help(verb: str, capsys: Capture) -> None:
    assert run([verb, "--help"]) == 0
    assert f"petrichor {verb}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "missing command"),
        (["frobnicate"], "frobnicate"),
        (["--frobnicate"], "--frobnicate"),
        (["status", "--frobnicate"], "--frobnicate"),
        (["status", "too", "much"], "unexpected extra arguments"),
        (["render"], "--target"),
        (["render", "--target", "gentoo", "--output", "/x"], "gentoo"),
        (["reset"], "MOUNTPOINT"),
        (["--root", "/no/such", "check"], "/no/such"),
        (["--config"], "--config"),
    ],
)
def test_a_wrong_request_is_one_line_and_a_hint(
    words: list[str], said: str, capsys: Capture
) -> None:
    assert run(words) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    first, hint, end = captured.err.split("\n")
    assert first.startswith("petrichor: ") and said in first
    assert hint.startswith("  hint: petrichor") and hint.endswith("--help")
    assert end == ""


@pytest.mark.parametrize("verb", ["render", "apply", "reset"])
@pytest.mark.parametrize("after", [False, True])
def test_json_is_refused_where_there_is_none(verb: str, after: bool, capsys: Capture) -> None:
    more = {"render": ["--target", "nixos", "--output", "/x"], "reset": ["/home"]}.get(verb, [])
    words = [verb, *more, "--json"] if after else ["--json", verb, *more]
    assert run(words) == 2
    assert "JSON" in capsys.readouterr().err


@pytest.mark.parametrize("verb", ["status", "boot", "try", "schema", "reset"])
@pytest.mark.parametrize("after", [False, True])
def test_root_is_refused_where_it_means_nothing(
    verb: str, after: bool, tmp_path: Path, capsys: Capture
) -> None:
    words = [verb, *(["/home"] if verb == "reset" else [])]
    option = ["--root", str(tmp_path)]
    assert run([*words, *option] if after else [*option, *words]) == 2
    assert "running system" in capsys.readouterr().err


def test_global_options_stand_before_or_behind_the_verb(config: str, capsys: Capture) -> None:
    answers = []
    for words in (
        ["--config", config, "--json", "status"],
        ["status", "--json", "--config", config],
        ["--json", "status", "--config", config, "--yes"],
    ):
        assert run(words) == 1
        answers.append(json.loads(capsys.readouterr().out)["volumes"])
    assert answers[0] == answers[1] == answers[2] != []
    assert run(["--config", config, "status"]) == 1  # the next run remembers nothing
    assert capsys.readouterr().out.startswith("boot ")


class Failing(click.Command):
    def __init__(self, error: BaseException) -> None:
        super().__init__("schema")
        self.error = error

    def invoke(self, ctx: click.Context) -> None:
        raise self.error


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (RefusedError("no", hint="yes"), 6, "petrichor: no\n  hint: yes\n"),
        (RefusedError("no"), 6, "petrichor: no\n"),
        (
            OSError(errno.ENOSPC, "No space left", "/a\nb"),
            7,
            "petrichor: $'/a\\x0ab': No space left\n",
        ),
        (OSError(errno.EIO, "I/O error"), 7, "petrichor: this machine: I/O error\n"),
        (KeyboardInterrupt(), 130, "petrichor: interrupted"),
        (BrokenPipeError(errno.EPIPE, "Broken pipe"), 141, ""),
    ],
)
def test_what_goes_wrong_becomes_one_message_and_a_code(
    error: BaseException, code: int, said: str, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setattr(module.Verbs, "get_command", lambda *_: Failing(error))
    monkeypatch.setattr(module, "_nobody_reads", lambda: 141)
    assert run(["schema"]) == code
    assert capsys.readouterr().err.strip("\n").startswith(said.strip("\n"))


def test_an_error_of_ours_in_the_program_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.Verbs, "get_command", lambda *_: Failing(ZeroDivisionError()))
    with pytest.raises(ZeroDivisionError):
        run(["schema"])
