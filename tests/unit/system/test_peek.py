"""What stands at a place, if anything does."""

from pathlib import Path

from petrichor.system.peek import look_into


def test_what_stands_there(tmp_path: Path) -> None:
    (tmp_path / "b").touch(0o600)
    (tmp_path / "a").mkdir()
    tmp_path.chmod(0o711)
    found = look_into(tmp_path)
    assert found is not None
    assert found.entries == ("a", "b")
    assert found.mode == 0o711
    file = look_into(tmp_path / "b")
    assert file is not None
    assert (file.entries, file.mode) == ((), 0o600)
    assert look_into(tmp_path / "no") is None
    assert look_into(tmp_path / "b" / "no") is None
