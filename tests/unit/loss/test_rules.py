"""The empty rules: a source that knows nothing answers every question."""

from petrichor.loss.rules import Rules


def test_nothing_is_known() -> None:
    source = Rules().source
    assert source.target(b"/x") is None and source.content(b"/x") is None
    assert (*source.made(), *source.units()[0], *source.units()[1]) == ()
    assert source.packages() is None
