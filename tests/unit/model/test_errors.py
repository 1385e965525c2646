"""Every class of failure has an exit code of its own, and every message says where."""

from collections.abc import Iterator

import pytest

from petrichor.model import errors
from petrichor.model.errors import DeclarationError, Mistake, PetrichorError


def classes() -> Iterator[type[PetrichorError]]:
    for value in vars(errors).values():
        if isinstance(value, type) and issubclass(value, PetrichorError):
            yield value


def test_failures_have_their_own_codes() -> None:
    codes = [kind.exit_code for kind in classes() if kind is not PetrichorError]
    failures = [code for code in codes if code > 2]
    assert sorted(failures) == sorted(set(failures))
    assert min(codes) == 2  # 0 and 1 are answers
    assert max(codes) < 100  # 126 and up belong to the shell


@pytest.mark.parametrize("kind", list(classes()), ids=lambda kind: kind.__name__)
def test_every_class_says_what_it_is(kind: type[PetrichorError]) -> None:
    assert kind.__doc__


def test_an_error_keeps_message_and_hint() -> None:
    error = PetrichorError("what", hint="do this")
    assert (str(error), error.message, error.hint) == ("what", "what", "do this")
    assert PetrichorError("what").hint == ""


@pytest.mark.parametrize(
    ("mistake", "text"),
    [
        (Mistake("f", "a.b", "is wrong", "mend it"), "f: a.b: is wrong\n  hint: mend it"),
        (Mistake("f", "", "is wrong", "mend it"), "f: is wrong\n  hint: mend it"),
        (Mistake("f", "a", "is wrong", ""), "f: a: is wrong"),
    ],
)
def test_a_mistake_names_file_and_key(mistake: Mistake, text: str) -> None:
    assert mistake.describe() == text


def test_mistakes_are_counted_and_all_shown() -> None:
    one, two = Mistake("f", "a", "x", ""), Mistake("f", "b", "y", "")
    assert str(DeclarationError([one])) == "1 mistake in the declaration\nf: a: x"
    assert DeclarationError([one, two]).message.startswith("2 mistakes")
    assert DeclarationError([one, two]).mistakes == (one, two)
