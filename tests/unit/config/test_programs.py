"""The table of programs as it is read by every run."""

from petrichor.config.programs import decoded, program_table
from petrichor.model.declaration import FileMethod, Kind
from petrichor.model.program import Hazard, StatePath, Worth


def test_the_table_is_read_once_and_sorted() -> None:
    table = program_table()
    assert program_table() is table
    assert list(table) == sorted(table)
    assert all(name == program.name for name, program in table.items())


def test_all_that_can_be_said_of_a_path_is_read() -> None:
    path = {
        "path": ".config/x",
        "kind": "secret",
        "type": "file",
        "mode": "0600",
        "method": "symlink",
        "hazards": ["renamed", "sqlite"],
        "was": [".x"],
        "shared": ["y"],
    }
    owned = {"path": "/var/lib/x", "kind": "normal", "user": "x", "group": "y"}
    table = {"title": "X", "source": "x(1)", "units": ["x.service"]}
    program = decoded({"x": {**table, "system": [owned], "home": [path]}})["x"]
    assert (program.name, program.title, program.source) == ("x", "X", "x(1)")
    assert program.units == ("x.service",)
    assert program.system == (
        StatePath(path="/var/lib/x", worth=Worth.NORMAL, user="x", group="y"),
    )
    assert program.home == (
        StatePath(
            path=".config/x",
            worth=Worth.SECRET,
            type=Kind.FILE,
            mode=0o600,
            method=FileMethod.SYMLINK,
            hazards=(Hazard.RENAMED, Hazard.SQLITE),
            was=(".x",),
            shared=("y",),
        ),
    )
