"""The service that looks, after boot."""

from petrichor.render.after import boot_text
from petrichor.render.target import make_target
from tests.unit.render import reading


def test_it_is_off_the_critical_path_and_reads_what_was_rendered() -> None:
    text = boot_text(make_target("nixos", ["petrichor=/n/bin/petrichor"], files="/n/files"))
    found = {key.decode(): value.decode() for _, key, value in reading.settings(text.encode())}
    assert found["ExecStart"] == "/n/bin/petrichor boot --config /n/files/declaration.json"
    assert found["Type"] == "exec" and found["IOSchedulingClass"] == "idle"
    assert "Before" not in found and "DefaultDependencies" not in found
