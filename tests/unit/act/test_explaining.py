"""Where a path leads, link by link."""

import os
from pathlib import Path, PurePosixPath

import pytest

from petrichor.act.explaining import follow
from petrichor.model.errors import MachineError


def places(path: Path | str) -> list[str]:
    return [str(place) for _, place in follow(PurePosixPath(path))]


def test_a_path_without_links(tmp_path: Path) -> None:
    assert places(tmp_path / "a/b") == [f"{tmp_path}/a/b"]
    assert places("/") == ["/"]


def test_links_above_it_are_followed_and_told(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "abs").symlink_to(tmp_path / "link")
    ((links, place),) = follow(PurePosixPath(tmp_path / "abs/x"))
    assert str(place) == f"{tmp_path}/real/x"
    assert [str(link) for link, _ in links] == [f"{tmp_path}/abs", f"{tmp_path}/link"]


def test_a_link_is_a_place_and_so_is_what_it_leads_to(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("d/../c")
    assert places(tmp_path / "a") == [f"{tmp_path}/a", f"{tmp_path}/b", f"{tmp_path}/c"]


def test_dots_go_up_from_where_a_link_led(tmp_path: Path) -> None:
    (tmp_path / "deep/er").mkdir(parents=True)
    (tmp_path / "link").symlink_to("deep/er")
    assert places(tmp_path / "link/../x") == [f"{tmp_path}/deep/x"]


def test_a_circle_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(MachineError, match="too many links"):
        places(tmp_path / "a")


def test_names_of_any_bytes(tmp_path: Path) -> None:
    name = os.fsdecode(b"\xff\n")
    (tmp_path / name).symlink_to("-x")
    assert places(tmp_path / name) == [f"{tmp_path}/{name}", f"{tmp_path}/-x"]
