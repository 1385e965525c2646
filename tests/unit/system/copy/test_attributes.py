"""Attributes that a filesystem cannot hold never open a copy further; the rest: tests/root."""

import os
import struct
from pathlib import Path

import pytest

from petrichor.system.copy import attributes

USER_OBJ, USER, GROUP_OBJ, MASK, OTHER = 0x01, 0x02, 0x04, 0x10, 0x20


def acl(*entries: tuple[int, int, int]) -> bytes:
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)


@pytest.mark.parametrize(
    ("mode", "group", "mask", "narrowed"),
    [(0o660, 0, 6, 0o600), (0o664, 4, 6, 0o644), (0o4770, 7, 5, 0o4750), (0o640, 6, 4, 0o640)],
)
def test_without_its_list_the_group_gets_what_the_group_had(
    mode: int, group: int, mask: int, narrowed: int
) -> None:
    entries = (USER_OBJ, 6, 0), (USER, 6, 1000), (GROUP_OBJ, group, 0), (MASK, mask, 0)
    assert attributes._narrowed(mode, acl(*entries, (OTHER, 4, 0))) == narrowed


def test_what_cannot_be_held_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "from").touch()
    (tmp_path / "from").chmod(0o660)
    (tmp_path / "to").touch()
    found = {"user.note": b"x", attributes.ACL: acl((GROUP_OBJ, 0, 0), (MASK, 6, 0))}
    monkeypatch.setattr(attributes, "extended", lambda _: list(found))
    monkeypatch.setattr(attributes, "_value", lambda _, name: found[name])
    monkeypatch.setattr(attributes, "_set", lambda *_: False)
    lost: set[str] = set()
    facts = os.stat(tmp_path / "from")
    attributes.give(bytes(tmp_path / "from"), bytes(tmp_path / "to"), facts, lost)
    assert lost == set(found)
    assert (tmp_path / "to").stat().st_mode & 0o7777 == 0o600


def test_the_list_comes_after_everything_else() -> None:
    names = [attributes.ACL, "user.z", "security.capability", "system.posix_acl_default"]
    assert max(names, key=attributes._openness) == attributes.ACL
