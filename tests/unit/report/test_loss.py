"""The loss on one screen."""

import random
import tomllib

import pytest

from petrichor.model.loss import Change, Entry, Fate, Judgement, Share, Sort
from petrichor.report.loss import overview
from tests.unit.report.losses import DAY, FILE, KNOWN, NOBODY, SHARES, file, summed, unreadable


@pytest.fixture(autouse=True)
def _zone(utc: None) -> None:
    """Times are told in UTC."""


def told(*shares: Share, sort: Sort | None = None, rolled: Fate = Fate.LOST) -> list[str]:
    return list(overview(summed(*shares), KNOWN, ["/", "/home"], sort=sort, rolled=rolled))


def test_one_screen() -> None:
    assert (
        "\n".join(told(*SHARES))
        == """\
lost at the next reset of / and /home: 12 entries, 1.1M

SIZE  ADDED  CHANGED  REMOVED  OWNER   NEWEST            WHAT
  20      1        1           root    2023-11-14 22:13  OpenSSH (secret): /etc/ssh
  10      1                    alice   2023-11-14 22:13  Bash: /home/alice/.bash_history
  10      2                    garden  2023-11-14 22:13  garden.service: /var/lib/garden
  10      1                    alice   2023-11-14 22:13  Browser (cache): /home/alice/.cache/browser
of nobody known:
1.1M      3                    root    2023-11-14 22:13  /srv
  10               1        1  root    2023-11-14 22:13  /etc
  10      1                    root    2023-11-14 22:13  /naughty-file

kept:        1 entry, 10
ignored:     2 entries, 20 (/tmp/ 2)
hidden:      1 entry, 10 (under the mount at /home 1)

# what looks like state; add what you want to keep to the declaration:
[persistence."/persist/root"]
presets = ["openssh"]
directories = [{ directory = "/var/lib/garden", user = "garden", mode = "0750" }]
[persistence."/persist/root".users.alice]
files = [".bash_history"]"""
    )


def test_nothing_is_lost() -> None:
    assert told() == ["nothing is lost at the next reset of / and /home"]


def test_another_fate_in_detail() -> None:
    lines = told(*SHARES, rolled=Fate.IGNORED)
    assert lines[0] == "ignored at the next reset of / and /home: 2 entries, 20"
    assert any(line.startswith("lost: ") for line in lines)
    assert not any("[persistence" in line for line in lines)


@pytest.mark.parametrize(
    ("sort", "first"),
    [(Sort.PATH, "OpenSSH"), (Sort.SIZE, "OpenSSH"), (Sort.COUNT, "OpenSSH"), (None, "OpenSSH")],
)
def test_sorting(sort: Sort, first: str) -> None:
    assert first in told(*SHARES, sort=sort)[3]


def test_packages_are_told_as_one() -> None:
    made = [Judgement(Fate.REGENERATED, f"package {name}") for name in ("bash", "perl")]
    made.append(Judgement(Fate.REGENERATED, "tmpfiles.d"))
    lines = told(*(Share(b"/usr", judgement, [file(b"a"), file(b"b")]) for judgement in made))
    assert lines[-1] == "regenerated: 6 entries, 60 (packages 4; tmpfiles.d 2)"


def test_incomplete_says_so_at_its_end() -> None:
    shares = [Share(b"/a", NOBODY, [unreadable(b"%d" % i) for i in range(7)])]
    lines = told(*SHARES, *shares)
    assert lines[-7] == "incomplete: 7 entries could not be read:"
    assert lines[-6] == "  /a/0: Input/output error"
    assert lines[-1] == "  and 2 more (--all shows every entry)"
    assert "UNREADABLE" in lines[2]


def big() -> list[Share]:
    """Five hundred programs and a thousand directories, all of which look like state."""
    dice = random.Random(4)
    shares = list(SHARES)
    for number in range(500):
        root = b"/home/alice/.config/program with a long name %d" % number
        judgement = Judgement(Fate.LOST, "x", f"Program {number}", "secret", root)
        shares.append(Share(root, judgement, [file(b"x", uid=1000), file(b"y", Change.REMOVED)]))
    for number in range(1000):
        where = b"/var/lib/%d/%d" % (number % 30, number)
        shares.append(Share(where, NOBODY, [file(b"x", size=dice.randrange(1 << 20))]))
    for number in range(200):
        judgement = Judgement(Fate.REGENERATED, f"package {number}")
        shares.append(Share(b"/usr/bin", judgement, [file(b"%d" % number), unreadable(b"u")]))
    return shares


def test_it_is_one_screen_however_much_there_is() -> None:
    lines = told(*big())
    assert len(lines) <= 46  # 40, and 6 about what could not be read
    assert any("more programs and units" in line and "--all" in line for line in lines)
    assert any("left out" in line for line in lines)


def test_what_is_to_paste_is_toml() -> None:
    lines = told(*big())
    begin = next(i for i, line in enumerate(lines) if line.startswith("# what looks"))
    end = next(i for i, line in enumerate(lines) if line.startswith("incomplete")) - 1
    tree = tomllib.loads("\n".join(lines[begin:end]))
    assert tree["persistence"]["/persist/root"]["presets"] == ["openssh"]


def test_hostile_names_stay_on_their_lines() -> None:
    name = b"\n\x1b[2J\xff\t"
    entry = Entry(name, Change.ADDED, FILE, 1, 0, DAY)
    lines = told(Share(b"/srv/" + name, NOBODY, [entry, unreadable(name)]))
    assert all(line.isprintable() for line in lines)
    for fate in Fate:
        judgement = Judgement(fate, "unit \udcff\n", "\udcff\x1b.service", "", b"/\xff")
        lines = told(Share(b"/srv", judgement, [entry._replace(change=Change.UNREADABLE)]))
        assert all(line.isprintable() for line in lines)
    assert told(Share(b"/srv/" + name, NOBODY, [entry]))[3].endswith(
        "$'/srv/\\x0a\\x1b[2J\\xff\\x09/\\x0a\\x1b[2J\\xff\\x09'"
    )
