"""What is asked of the kernel, and what is said when it refuses. Real ones: the root ring."""

import ctypes
import errno
from pathlib import Path

import pytest

from petrichor.model.errors import MachineError
from petrichor.system import namespace


class Library:
    """A C library that only takes note."""

    def __init__(self, *, unshare: int = 0, mount: int = 0) -> None:
        self.answers = {"unshare": unshare, "mount": mount}
        self.calls: list[tuple[object, ...]] = []

    def unshare(self, flags: int) -> int:
        self.calls.append(("unshare", flags))
        return self.answers["unshare"]

    def mount(self, *words: object) -> int:
        self.calls.append(("mount", *words))
        return self.answers["mount"]


@pytest.fixture
def proc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(namespace, "_PROC", tmp_path)
    return tmp_path


def use(library: Library, monkeypatch: pytest.MonkeyPatch) -> Library:
    monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: library)
    monkeypatch.setattr(ctypes, "get_errno", lambda: errno.EPERM)
    return library


PRIVATE = ("mount", b"none", b"/", None, 0x44000, None)


def test_own_mounts(proc: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library = use(Library(), monkeypatch)
    namespace.enter_own_mounts()
    assert library.calls == [("unshare", 0x20000), PRIVATE]
    assert list(proc.iterdir()) == []


def test_own_users_too(proc: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library = use(Library(), monkeypatch)
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setattr("os.getegid", lambda: 100)
    namespace.enter_own_mounts(as_user=True)
    assert library.calls == [("unshare", 0x10020000), PRIVATE]
    assert {file.name: file.read_text() for file in proc.iterdir()} == {
        "setgroups": "deny",
        "uid_map": "0 1000 1",
        "gid_map": "0 100 1",
    }


@pytest.mark.parametrize("failing", ["unshare", "mount"])
def test_a_refusal_says_why(proc: Path, monkeypatch: pytest.MonkeyPatch, failing: str) -> None:
    use(Library(**{failing: -1}), monkeypatch)
    with pytest.raises(MachineError, match="Operation not permitted") as caught:
        namespace.enter_own_mounts()
    assert "user.max_user_namespaces" in caught.value.hint


def test_maps_that_cannot_be_written(monkeypatch: pytest.MonkeyPatch, proc: Path) -> None:
    use(Library(), monkeypatch)
    monkeypatch.setattr(namespace, "_PROC", proc / "missing")
    with pytest.raises(MachineError, match="no user namespace"):
        namespace.enter_own_mounts(as_user=True)
