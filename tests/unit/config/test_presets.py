"""Presets are data that must be right in itself."""

import pytest

from petrichor.config.presets import PresetMissingError, load_preset, preset_table
from tests.unit.config.reading import read


@pytest.mark.parametrize("name", sorted(preset_table()))
def test_every_preset_loads_alone(name: str) -> None:
    preset = load_preset(name)
    assert preset.source
    declaration = read(
        f"""
[volumes."/"]
backend = "tmpfs"
[filesystems."/persist"]
type = "xfs"
device = "UUID=1"
[persistence."/persist/root"]
presets = ["{name}"]
"""
    )
    assert len(declaration.kept) == len(preset.directories) + len(preset.files) > 0
    assert {kept.preset for kept in declaration.kept} == {name}
    assert not any(kept.ownership.user for kept in declaration.kept)  # numbers differ by machine


def test_all_presets_load_together() -> None:
    names = ", ".join(f'"{name}"' for name in preset_table())
    assert read(f'+[persistence."/persist/more"]\npresets = [{names}]').kept


def test_an_unknown_preset_names_those_there_are() -> None:
    with pytest.raises(PresetMissingError) as caught:
        load_preset("gentoo")
    assert caught.value.known == tuple(sorted(preset_table()))
