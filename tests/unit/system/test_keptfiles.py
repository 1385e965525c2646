"""Kept files in a real folder."""

import os
import sqlite3
from pathlib import Path
from pathlib import PurePosixPath as P

from petrichor.model.declaration import KeptPath, Kind
from petrichor.system.keptfiles import beside, databases


def kept(name: str, kind: Kind = Kind.FILE) -> KeptPath:
    return KeptPath(path=P("/v", name), store=P("/s"), kind=kind, key=name)


def test_what_sqlite_made_is_known_by_its_first_bytes(tmp_path: Path) -> None:
    for place in ("v", "s/v"):
        (tmp_path / place).mkdir(parents=True)
    for place in ("v/here", "s/v/stored", "v/a directory's"):
        base = sqlite3.connect(tmp_path / place)
        base.execute("create table t (a)")
        base.close()
    (tmp_path / "v/text").write_text("SQLite format 3")
    os.mkfifo(tmp_path / "v/fifo")
    (tmp_path / "v/link").symlink_to("here")
    names = ("here", "stored", "text", "fifo", "link", "missing")
    asked = [*map(kept, names), kept("a directory's", Kind.DIRECTORY)]
    assert databases(tmp_path, asked) == {P("/v/here"), P("/s/v/stored")}


def test_what_lies_beside(tmp_path: Path) -> None:
    (tmp_path / "v").mkdir()
    for name in (b"conf", b"conf.tmp", b".conf.x", b"other", b"conf\xff"):
        (tmp_path / "v" / os.fsdecode(name)).touch()
    found = beside(tmp_path, [kept("conf"), kept("gone/x")])
    assert found == {
        P("/v/conf"): (".conf.x", "conf.tmp", os.fsdecode(b"conf\xff")),
        P("/v/gone/x"): (),
    }
