"""What looks like state, as lines that load as a declaration."""

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from petrichor.config.load import load
from petrichor.loss.summary import Summary
from petrichor.model.accounts import Accounts
from petrichor.model.declaration import KeptPath
from petrichor.model.loss import Change, Fate, Judgement, Share
from petrichor.report.losskeep import importance, stanza
from petrichor.report.losstree import grow, worth_a_line
from tests.unit.report.losses import KNOWN, NOBODY, directory, file, summed

VOLUMES = '[volumes."/"]\nbackend = "tmpfs"\n[filesystems."/persist"]\ntype = "ext4"\ndevice = "LABEL=p"\n'


def lines(*shares: Share, most: int = 99) -> tuple[list[str], int]:
    summary = summed(*shares)
    return stanza(summary, worth_a_line(grow(summary.folders), 8), KNOWN, most)


def kept(text: list[str]) -> tuple[KeptPath, ...]:
    return load((VOLUMES + "\n".join(text)).encode(), "c.toml", Accounts()).kept


def unit(root: bytes, kind: str = "") -> Judgement:
    return Judgement(Fate.LOST, owner="x.service", kind=kind, root=root)


def test_nothing_to_say() -> None:
    cache = Share(b"/var/lib/x", unit(b"/var/lib/x", "cache"), [file(b"a")])
    back = Share(b"/var/lib/y", unit(b"/var/lib/y"), [file(b"a", Change.REMOVED)])
    system = Share(b"/usr/bin", NOBODY, [file(b"a")])
    assert lines() == lines(cache, back, system) == ([], 0)


def test_directories_and_files_with_their_owners_and_modes() -> None:
    text, left = lines(
        Share(b"/var/lib", unit(b"/var/lib/garden"), [directory(b"garden", 0o750, 990)]),
        Share(b"/etc", unit(b"/etc/key"), [file(b"key")._replace(mode=0o100600)]),
        Share(b"/srv/www", NOBODY, [file(b"a"), file(b"b")]),
        Share(b"/var/lib/far", unit(b"/var/lib/far"), [file(b"a")]),
    )
    assert left == 0
    tree = tomllib.loads("\n".join(text))["persistence"]["/persist/root"]
    garden = {"directory": "/var/lib/garden", "user": "garden", "mode": "0750"}
    assert tree == {
        "directories": ["/var/lib/far", garden, "/srv/www"],
        "files": [{"file": "/etc/key", "mode": "0600"}],
    }


def test_what_lies_below_a_suggested_path_is_not_suggested_too() -> None:
    text, _ = lines(
        Share(b"/var/lib", unit(b"/var/lib/a"), [directory(b"a")]),
        Share(b"/var/lib/a/b", NOBODY, [file(b"x"), file(b"y")]),
    )
    assert text[1:] == ['directories = ["/var/lib/a"]']


def test_a_cache_is_not_suggested() -> None:
    many = [file(b"%d" % number) for number in range(9)]
    text, _ = lines(
        Share(b"/home/alice/.cache/thumbnails", NOBODY, many),
        Share(b"/root/.cache", NOBODY, many),
        Share(b"/home/alice/letters", NOBODY, many),
    )
    assert text == [
        '[persistence."/persist/root".users.alice]',
        'directories = ["letters"]',
    ]


def test_the_least_important_are_left_out_first() -> None:
    kinds = ["normal", "secret", "", "important"]
    shares = [
        Share(b"/p/" + k.encode(), unit(b"/p/x" + k.encode(), k), [file(b"a")]) for k in kinds
    ]
    text, left = lines(*shares, most=2)
    assert (text[1:], left) == (['directories = ["/p/xsecret", "/p/ximportant"]'], 2)
    assert importance("secret") < importance("unheard of") < importance("cache")


def test_presets_stand_where_the_paths_are() -> None:
    known = KNOWN._replace(home_presets={"OpenSSH": "ssh-client"})
    summary = Summary()
    for root in (b"/etc/ssh", b"/home/alice/.ssh"):
        judgement = Judgement(Fate.LOST, owner="OpenSSH", kind="secret", root=root)
        summary.add(Share(root, judgement, [file(b"key")]))
    assert stanza(summary, [], known, 9)[0] == [
        '[persistence."/persist/root"]',
        'presets = ["openssh"]',
        '[persistence."/persist/root".users.alice]',
        'presets = ["ssh-client"]',
    ]


NAMES = st.binary(min_size=1, max_size=9).filter(
    lambda name: not set(name) & {0, 0x2F} and name not in (b".", b"..")
)


@given(st.lists(NAMES, min_size=1, max_size=4, unique=True))
def test_any_name_loads_as_a_declaration(names: list[bytes]) -> None:
    summary = Summary()
    for name in names:
        summary.add(Share(b"/srv", unit(b"/srv/" + name), [directory(name)]))
    text, _ = stanza(summary, [], KNOWN, 99)
    found = {bytes(item.path) for item in kept(text)}
    assert found == {b"/srv/" + name for name in names}
