"""What is rendered for."""

from pathlib import PurePosixPath

import pytest

from petrichor.model.errors import UsageError
from petrichor.render.target import Kind, make_target


def test_tools_and_places() -> None:
    target = make_target("nixos", ["zfs=/nix/store/x-zfs/bin/zfs"], files="/nix/store/x-files")
    assert target.kind is Kind.NIXOS
    assert target.tool("zfs") == "/nix/store/x-zfs/bin/zfs" and target.tool("mount") == "mount"
    assert target.files == PurePosixPath("/nix/store/x-files")
    assert target.initrd_files == PurePosixPath("/usr/lib/petrichor")


@pytest.mark.parametrize(
    "path", ["zfs", "/a b", "/a%i", "/a$b", '/a"b', "/a\\b", "/a;b", "", "/a\n"]
)
def test_a_path_that_a_unit_would_read_otherwise_is_refused(path: str) -> None:
    with pytest.raises(UsageError) as caught:
        make_target("dracut", [f"zfs={path}"])
    assert caught.value.hint
    if path:
        with pytest.raises(UsageError):
            make_target("dracut", files=path)


@pytest.mark.parametrize("text", ["zfs", "=/x"])
def test_a_tool_needs_a_name_and_a_path(text: str) -> None:
    with pytest.raises(UsageError, match="no '='"):
        make_target("dracut", [text])
