"""Who writes, seen on this very process."""

import os
from pathlib import Path, PurePosixPath

from petrichor.system.openfiles import Writer, find_writers


def test_only_what_is_open_for_writing_and_inside(tmp_path: Path) -> None:
    for name in ("read", "written", "beside"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").touch()
    wanted = [PurePosixPath(tmp_path / name) for name in ("read", "written")]
    with (
        (tmp_path / "read/file").open(),
        (tmp_path / "written/file").open("a"),
        (tmp_path / "beside/file").open("a"),
    ):
        found = find_writers(wanted)
    name = Path("/proc/self/comm").read_text().rstrip("\n")
    assert found == [Writer(os.getpid(), name, PurePosixPath(tmp_path / "written/file"))]
    assert find_writers(wanted) == []
