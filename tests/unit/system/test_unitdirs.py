"""The output of `systemctl show`: directories of units."""

from hypothesis import given
from hypothesis import strategies as st

from petrichor.system.unitdirs import UnitDirectory, parse_units

OUTPUT = b"""RuntimeDirectory=web web/sub
StateDirectory=
Id=web.service
ActiveState=active
DynamicUser=no

StateDirectory=dyn
CacheDirectory=dyn
ConfigurationDirectory=dyn
RuntimeDirectory=dyn
DynamicUser=yes
Id=dyn.service
ActiveState=inactive
"""


def test_directories() -> None:
    assert parse_units(OUTPUT) == [
        UnitDirectory(b"/run/web", "web.service", "RuntimeDirectory", True),
        UnitDirectory(b"/run/web/sub", "web.service", "RuntimeDirectory", True),
        UnitDirectory(
            *(b"/var/lib/private/dyn", "dyn.service", "StateDirectory", False, b"/var/lib/dyn")
        ),
        UnitDirectory(
            *(b"/var/cache/private/dyn", "dyn.service", "CacheDirectory", False, b"/var/cache/dyn")
        ),
        UnitDirectory(b"/etc/dyn", "dyn.service", "ConfigurationDirectory", False),
        UnitDirectory(b"/run/dyn", "dyn.service", "RuntimeDirectory", False),
    ]


def test_nothing() -> None:
    assert parse_units(b"") == parse_units(b"\n") == []


@given(st.binary())
def test_any_bytes(data: bytes) -> None:
    assert all(item.path.startswith(b"/") for item in parse_units(data))
