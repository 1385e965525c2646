"""The guard of this ring catches what it must and lets through what it may."""

import contextlib
import os
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.effects import Effect, watch

NOWHERE = "/petrichor-unit-test"

FORBIDDEN: dict[str, Callable[[], object]] = {
    "run": lambda: subprocess.run(["true"], check=True),
    "system": lambda: os.system("true"),
    "fork": os.fork,
    "spawn": lambda: os.posix_spawn("/bin/true", ["true"], {}),
    "open": lambda: Path(NOWHERE).write_bytes(b""),
    "os.open": lambda: os.open(NOWHERE, os.O_CREAT | os.O_WRONLY),
    "bytes": lambda: os.mkdir(os.fsencode(NOWHERE)),
    "mkdir": lambda: Path(NOWHERE).mkdir(),
    "chmod": lambda: os.chmod("/", 0o755),
    "dir_fd": lambda: os.mkdir("petrichor-unit-test", dir_fd=os.open("/", os.O_RDONLY)),
    "rename": lambda: os.rename(f"{tempfile.gettempdir()}/none", NOWHERE),
    "symlink": lambda: os.symlink("target", NOWHERE),
    "unlink": lambda: os.unlink(NOWHERE),
    "setxattr": lambda: os.setxattr("/", "user.petrichor", b""),
}


@pytest.mark.parametrize("name", FORBIDDEN)
def test_effects_are_caught_even_when_swallowed(name: str) -> None:
    with watch() as caught, contextlib.suppress(Effect):
        FORBIDDEN[name]()
    assert len(caught) == 1


def test_temporary_files_may_be_changed(tmp_path: Path) -> None:
    with watch() as caught:
        (tmp_path / "file").write_text("text", encoding="utf-8")
        (tmp_path / "link").symlink_to("/nowhere")
        fd = os.open(tmp_path, os.O_RDONLY)
        os.mkdir("below", dir_fd=fd)
        os.rename("below", "other", src_dir_fd=fd, dst_dir_fd=fd)
        os.close(fd)
        Path("/proc/self/stat").read_bytes()
    assert caught == []


def test_a_link_in_a_temporary_folder_does_not_lead_out(tmp_path: Path) -> None:
    (tmp_path / "out").symlink_to("/")
    with watch() as caught, contextlib.suppress(Effect):
        (tmp_path / "out" / "petrichor-unit-test").mkdir()
    assert caught
