"""Units as data."""

from petrichor.render.unit import HEADER, dropin, section, unit_text
from tests.unit.render import reading


def test_settings_keep_their_order_and_empty_ones_are_left_out() -> None:
    text = unit_text(section("Unit", [("B", "1"), ("A", ""), ("B", "2")]), section("Mount", []))
    assert text == f"{HEADER}\n[Unit]\nB=1\nB=2\n\n[Mount]\n"


def test_a_dropin_pulls_in_and_waits() -> None:
    text = dropin(requires=["a.service"], wants=["b.service", "c.service"])
    found = {key: value for _, key, value in reading.settings(text.encode())}
    assert found == {
        b"Requires": b"a.service",
        b"Wants": b"b.service c.service",
        b"After": b"a.service b.service c.service",
    }
