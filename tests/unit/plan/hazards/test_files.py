"""Files that are kept alone: what their programs do to them, and what belongs to them."""

from dataclasses import replace

import pytest

from petrichor.config.programs import program_table
from petrichor.model.declaration import Declaration, FileMethod, KeptPath, Kind
from petrichor.model.finding import Finding
from petrichor.model.machine import Machine
from petrichor.plan.hazards.files import file_hazards
from tests.unit.plan.hazards.facts import DECLARATION, MACHINE, STORE, P, kept, mount, without_kept

PROGRAMS = program_table().values()
AUTO, BIND, LINK = FileMethod.AUTO, FileMethod.BIND, FileMethod.SYMLINK
HOME = "/home/alice"


def one(path: str, method: FileMethod = AUTO, home: str = "") -> KeptPath:
    return replace(kept(path, Kind.FILE), method=method, home=P(home) if home else None)


def found(item: KeptPath, machine: Machine = MACHINE) -> list[Finding]:
    declaration: Declaration = replace(without_kept("/etc"), kept=(item,))
    return list(file_hazards(declaration, machine, PROGRAMS))


@pytest.mark.parametrize(
    ("item", "told"),
    [
        (one(f"{HOME}/.gitconfig"), True),
        (one(f"{HOME}/.gitconfig", BIND), True),
        (one(f"{HOME}/.gitconfig", LINK), True),
        (one(f"{HOME}/.bash_history", LINK), False),  # bash writes where a link leads
        (one(f"{HOME}/.bash_history"), True),
        (one("/var/lib/logrotate.status", BIND), True),
        (one("/srv/people/bob/.gitconfig", home="/srv/people/bob"), True),
        (one("/srv/people/bob/.gitconfig"), False),  # nobody's home
        (one(f"{HOME}/.profile"), False),
        (one("/etc/machine-id"), False),
        (kept(f"{HOME}/.gitconfig", Kind.DIRECTORY), False),
    ],
)
def test_the_table_of_programs_knows_who_renames(item: KeptPath, *, told: bool) -> None:
    assert [finding.code for finding in found(item)] == ["kept-renamed"] * told


@pytest.mark.parametrize(
    ("item", "todo"),
    [
        (one(f"{HOME}/.gitconfig"), 'say method = "copy"'),  # its directory is the whole home
        (one(f"{HOME}/.bash_history"), 'say method = "symlink", which it follows'),
        (
            one(f"{HOME}/.config/mimeapps.list"),
            f'keep its directory: petrichor keep {HOME}/.config; or say method = "copy"',
        ),
        (
            one("/srv/a b/.config/mimeapps.list", home="/srv/a b"),
            """keep its directory: petrichor keep '/srv/a b/.config'; or say method = "copy\"""",
        ),
    ],
)
def test_what_mends_it(item: KeptPath, todo: str) -> None:
    (finding,) = found(item)
    assert finding.todo == todo


def test_what_comes_along_with_its_directory_is_safe() -> None:
    inside = replace(DECLARATION, kept=(kept(HOME), one(f"{HOME}/.gitconfig")))
    assert list(file_hazards(inside, MACHINE, PROGRAMS)) == []


@pytest.mark.parametrize(
    ("item", "codes"),
    [
        (one("/srv/app/db"), ["kept-database"]),
        (one("/srv/app/db", BIND), ["kept-database"]),
        (one("/srv/app/db", LINK), []),  # SQLite writes beside what the link leads to
        (one("/srv/app/other"), []),
    ],
)
@pytest.mark.parametrize("place", [P("/srv/app/db"), STORE / "srv/app/db"])
def test_a_database_alone(item: KeptPath, codes: list[str], place: P) -> None:
    machine = replace(MACHINE, databases=frozenset({place}))
    findings = found(item, machine)
    assert [finding.code for finding in findings] == codes
    assert all("petrichor keep /srv/app;" in finding.todo for finding in findings)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("conf.tmp", True),
        ("conf.tmp.1234", True),
        (".conf.tmp", True),
        ("conf.4XK7Q1", True),
        (".conf.aBcDeF", True),
        ("conf.backup", False),
        ("conf.20261123", False),
        ("conf2.tmp", False),
        ("config.tmp", False),
        ("other", False),
    ],
)
def test_leftovers_of_failed_renames(name: str, *, told: bool) -> None:
    item = one("/srv/app/conf", BIND)
    machine = replace(MACHINE, beside={item.path: (name,)})
    assert found(item, machine) == []  # nothing is mounted there
    mounts = (*MACHINE.mounts, mount(9, "/srv/app/conf", "zfs", "rpool/persist"))
    codes = [finding.code for finding in found(item, replace(machine, mounts=mounts))]
    assert codes == ["kept-leftovers"] * told
