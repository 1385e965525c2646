"""How the declaration is called on the system that is checked."""

from pathlib import Path

import pytest

from petrichor.cli.check import kept_name


@pytest.mark.parametrize(
    ("config", "root", "name"),
    [
        ("/etc/petrichor/petrichor.toml", "/", "/etc/petrichor/petrichor.toml"),
        ("/mnt/etc/petrichor/petrichor.json", "/mnt", "/etc/petrichor/petrichor.json"),
        ("/root/first.toml", "/mnt", "/root/first.toml"),
        # A blank /etc: the boot's own copy is read, and the owner's is the one to keep.
        ("/run/petrichor/declaration.json", "/", "/etc/petrichor/petrichor.toml"),
    ],
)
def test_name(config: str, root: str, name: str) -> None:
    assert str(kept_name(Path(config), Path(root))) == name
