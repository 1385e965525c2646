"""What the initrd hands over."""

from petrichor.render.handover import handover_text
from petrichor.render.target import make_target
from tests.unit.render import reading


def test_units_and_files_are_in_run_before_the_root_is_switched() -> None:
    found = list(reading.settings(handover_text(make_target("dracut")).encode()))
    commands = [reading.command(value) for _, key, value in found if key == b"ExecStart"]
    assert commands == [
        [b"mkdir", b"-p", b"/run/systemd/system", b"/run/petrichor"],
        [b"cp", b"-r", b"/usr/lib/petrichor/handover/units/.", b"/run/systemd/system"],
        [b"cp", b"-r", b"/usr/lib/petrichor/handover/files/.", b"/run/petrichor"],
    ]
    settings = {key: value for _, key, value in found}
    assert settings[b"DefaultDependencies"] == b"no"
    assert b"initrd.target" in settings[b"Before"].split()
    assert settings[b"ConditionPathExists"] == b"/etc/initrd-release"
