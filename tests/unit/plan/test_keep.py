"""Kept paths: what is made, owned and mounted, for cases by hand and for thousands at random."""

from dataclasses import replace
from pathlib import PurePosixPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from petrichor.model.accounts import Account, Accounts
from petrichor.model.declaration import (
    Declaration,
    FileMethod,
    Filesystem,
    Home,
    KeptPath,
    Kind,
    Ownership,
    Phase,
    TmpfsVolume,
    Volume,
)
from petrichor.model.names import is_within
from petrichor.model.plan import KeepPlan, Make, Place
from petrichor.plan.keep import MACHINE_ID, KeepFacts, keep_plan, method_of

P = PurePosixPath
STORE = P("/persist/root")
ALICE = P("/home/alice")
ACCOUNTS = Accounts(
    users={
        "alice": Account(name="alice", uid=1000, gid=100, home=ALICE),
        "colord": Account(name="colord", uid=70, gid=71, home=P("/")),
    },
    groups={"colord": 71, "adm": 4},
)
FACTS = KeepFacts(accounts=ACCOUNTS)
ROOT_VOLUME = TmpfsVolume(mountpoint=P("/"), phase=Phase.INITRD)
HOME_VOLUME = TmpfsVolume(mountpoint=P("/home"), phase=Phase.SYSTEM)
PERSIST = Filesystem(mountpoint=P("/persist"), type="ext4", device="LABEL=persist")


def system(path: str, **rest) -> KeptPath:
    return KeptPath(path=P(path), store=STORE, key=path, **({"kind": Kind.DIRECTORY} | rest))


def users(path: str, **rest) -> KeptPath:
    return system(str(ALICE / path), account="alice", home=ALICE, **rest)


def declare(*kept: KeptPath, volumes: tuple[Volume, ...] = (ROOT_VOLUME,), **rest) -> Declaration:
    homes = (Home(user="alice", path=ALICE, mode=0o700, key="alice"),)
    chosen = homes if any(item.account for item in kept) else ()
    return Declaration(
        **{"volumes": volumes, "filesystems": (PERSIST,), "kept": kept, "homes": chosen} | rest
    )


def plan(*kept: KeptPath, phase: Phase = Phase.INITRD, **rest) -> KeepPlan:
    return keep_plan(declare(*kept, **rest), phase, FACTS)


def made(found: KeepPlan) -> dict[str, tuple[str, str, int | None]]:
    return {str(item.path): (item.user, item.group, item.mode) for item in found.places}


def test_a_directory_is_made_on_both_sides_and_bound() -> None:
    owner = Ownership(user="colord", mode=0o750)
    found = plan(system("/var/lib/colord", ownership=owner))
    assert made(found) == {
        "/persist/root": ("0", "0", 0o755),
        "/persist/root/var": ("0", "0", 0o755),
        "/persist/root/var/lib": ("0", "0", 0o755),
        "/persist/root/var/lib/colord": ("70", "71", 0o750),
        "/var": ("0", "0", 0o755),
        "/var/lib": ("0", "0", 0o755),
        "/var/lib/colord": ("70", "71", 0o750),
    }
    (bind,) = found.binds
    assert (str(bind.source), str(bind.target)) == (
        "/persist/root/var/lib/colord",
        "/var/lib/colord",
    )
    assert bind.options == ("bind", "X-fstrim.notrim", "x-gvfs-hide", "x-gdu.hide")
    assert found.mounts_needed == (P("/"), P("/persist"))
    assert found.stores_needed == (P("/persist"),)


def test_a_home_and_what_leads_to_a_kept_path_in_it_are_the_users() -> None:
    found = made(plan(users(".config/deep/x"), users(".ssh/keys")))
    for side in ("", "/persist/root"):
        assert found[f"{side}/home"] == ("0", "0", 0o755)
        assert found[f"{side}/home/alice"] == ("1000", "100", 0o700)
        assert found[f"{side}/home/alice/.config"] == ("1000", "100", 0o755)
        assert found[f"{side}/home/alice/.config/deep/x"] == ("1000", "100", 0o755)
        assert found[f"{side}/home/alice/.ssh"] == ("1000", "100", 0o700)
    assert "/" not in found and "/persist" not in found


def test_a_home_of_its_own_mode_and_two_users_in_one_home() -> None:
    homes = (
        Home(user="alice", path=ALICE, mode=0o711, key="a"),
        Home(user="bob", path=P("/home/bob"), mode=0o755, key="b"),
    )
    found = made(plan(users("x"), homes=homes))
    assert found["/home/alice"] == found["/persist/root/home/alice"] == ("1000", "100", 0o711)
    assert found["/home/bob"] == ("bob", "", 0o755)


@pytest.mark.parametrize("place", ["/var/lib/private", "/var/cache/private", "/var/log/private"])
def test_private_directories_are_0700_on_both_sides(place: str) -> None:
    for kept in (system(place), system(f"{place}/x")):
        found = made(plan(kept))
        assert found[place] == found[f"/persist/root{place}"] == ("0", "0", 0o700)


def test_a_wish_for_the_parent_reaches_the_nearest_one_alone() -> None:
    wish = Ownership(user="colord", group="adm", mode=0o710)
    found = made(plan(system("/srv/a/b/c", parent=wish)))
    assert found["/srv/a/b"] == found["/persist/root/srv/a/b"] == ("70", "4", 0o710)
    assert found["/srv/a"] == ("0", "0", 0o755)


@pytest.mark.parametrize("path", ["/etc/x", "/var/x", "/home/x", "/usr/x"])
def test_a_wish_for_the_parent_never_reaches_the_directories_of_all(path: str) -> None:
    found = made(plan(system(path, parent=Ownership(user="alice", mode=0o700))))
    assert found[str(P(path).parent)] == ("0", "0", 0o755)


def test_the_most_specific_wish_wins() -> None:
    parent = system("/srv/a", ownership=Ownership(mode=0o750))
    child = system("/srv/a/b", parent=Ownership(mode=0o700))
    for order in ((parent, child), (child, parent)):
        assert made(plan(*order))["/persist/root/srv/a"] == ("0", "0", 0o750)
    wished = system("/srv/x/2", parent=Ownership(mode=0o711))
    assert made(plan(system("/srv/x/1"), wished))["/srv/x"] == ("0", "0", 0o711)


def test_what_a_kept_directory_brings_along_is_not_bound_again() -> None:
    found = plan(system("/srv"), system("/srv/a"), system("/srv/f", kind=Kind.FILE))
    assert [str(bind.target) for bind in found.binds] == ["/srv"]
    assert {"/persist/root/srv/a", "/persist/root/srv/f"} <= made(found).keys()
    assert not {"/srv/a", "/srv/f"} & made(found).keys()


def test_files() -> None:
    kept = system("/etc/adjtime", kind=Kind.FILE, method=FileMethod.AUTO)
    there = KeepFacts(accounts=ACCOUNTS, existing=frozenset({kept.source}))
    bound = keep_plan(declare(kept), Phase.INITRD, there)
    assert method_of(kept, there) is FileMethod.BIND and len(bound.binds) == 1
    assert {item.make for item in bound.places if item.path.name == "adjtime"} == {Make.FILE}
    linked = keep_plan(declare(kept), Phase.INITRD, FACTS)
    assert method_of(kept, FACTS) is FileMethod.SYMLINK and linked.binds == ()
    assert [item for item in linked.places if item.path.name == "adjtime"] == [
        Place(path=kept.path, make=Make.LINK, user="0", group="0", mode=None,
              content="/persist/root/etc/adjtime")
    ]  # fmt: skip


def test_a_copied_file_is_made_on_neither_side() -> None:
    kept = users(".config/x/rc", kind=Kind.FILE, method=FileMethod.COPY)
    there = KeepFacts(accounts=ACCOUNTS, existing=frozenset({kept.source}))
    for facts in (FACTS, there):
        found = keep_plan(declare(kept), Phase.INITRD, facts)
        (copy,) = found.copies
        assert (copy.source, copy.target) == (kept.source, kept.path)
        assert copy.stores_needed == (P("/persist"),)
        assert copy.mounts_needed == (P("/"), P("/persist"))
        assert found.binds == ()
        paths = {item.path for item in found.places}
        assert {kept.path.parent, kept.source.parent} <= paths
        assert not {kept.path, kept.source} & paths


def test_no_directory_between_a_copied_file_and_what_carries_it_may_be_a_link() -> None:
    kept = users(".config/rc", kind=Kind.FILE, method=FileMethod.COPY)
    (copy,) = plan(kept, volumes=(HOME_VOLUME,), phase=Phase.SYSTEM).copies
    assert [str(path) for path in copy.way] == [
        "/home/alice",
        "/home/alice/.config",
        "/persist/root",
        "/persist/root/home",
        "/persist/root/home/alice",
        "/persist/root/home/alice/.config",
    ]


def test_a_users_file_is_his_alone() -> None:
    found = made(plan(users(".bash_history", kind=Kind.FILE)))
    assert found["/persist/root/home/alice/.bash_history"] == ("1000", "100", 0o600)


@pytest.mark.parametrize("method", FileMethod)
def test_a_kept_machine_id_is_copied(method: FileMethod) -> None:
    kept = system(str(MACHINE_ID), kind=Kind.FILE, method=method)
    found = plan(kept)
    assert found.binds == ()
    (place,) = [item for item in found.places if item.path == MACHINE_ID]
    assert (place.make, place.content, place.mode) == (
        Make.COPY, "/sysroot/persist/root/etc/machine-id", 0o444
    )  # fmt: skip


def test_a_declared_machine_id_is_written_unless_etc_is_kept() -> None:
    number = "0123456789abcdef" * 2
    found = plan(machine_id=number)
    (place,) = [item for item in found.places if item.path == MACHINE_ID]
    assert (place.make, place.content, place.mode) == (Make.FILE, f"{number}\n", 0o444)
    assert plan(machine_id=number, phase=Phase.SYSTEM).is_empty
    covered = plan(system("/etc"), machine_id=number)
    assert MACHINE_ID not in {item.path for item in covered.places}


def test_each_phase_takes_what_lies_on_its_volumes() -> None:
    kept = (system("/var/log"), users("x"))
    both = (ROOT_VOLUME, HOME_VOLUME)
    early, late = (plan(*kept, phase=phase, volumes=both) for phase in Phase)
    assert [str(bind.target) for bind in early.binds] == ["/var/log"]
    assert [str(bind.target) for bind in late.binds] == ["/home/alice/x"]
    assert late.mounts_needed == (P("/home"), P("/persist"))
    assert P("/home") not in {item.path for item in late.places}


def test_a_store_where_no_filesystem_is_declared_is_made_from_the_top() -> None:
    found = plan(system("/srv/x"), volumes=(TmpfsVolume(mountpoint=P("/srv"), phase=Phase.SYSTEM),),
                 filesystems=(), phase=Phase.SYSTEM)  # fmt: skip
    assert "/persist" in made(found) and found.stores_needed == ()
    assert found.mounts_needed == (STORE, P("/srv")), "the machine's fstab may mount it"


def test_options() -> None:
    kept = system("/srv/x", hide=False, allow_trash=True, options=("nosuid",))
    assert plan(kept).binds[0].options == ("bind", "X-fstrim.notrim", "x-gvfs-trash", "nosuid")


# Random declarations, as the checks of the configuration let them through.

NAMES = st.sampled_from(
    ["etc", "var", "lib", "home", "private", "a b", ".ssh", "x%", "\udcff", "n\nl"]
)
OWNERS = st.builds(
    Ownership,
    user=st.none() | st.sampled_from(["colord", "7", "unknown"]),
    group=st.none() | st.sampled_from(["adm", "8"]),
    mode=st.none() | st.sampled_from([0o700, 0o750, 0o1777]),
)


@st.composite
def entries(draw: st.DrawFn) -> KeptPath:
    own = draw(st.booleans())
    base = ALICE if own else P("/")
    return KeptPath(
        path=base.joinpath(*draw(st.lists(NAMES, min_size=1, max_size=4))),
        store=STORE,
        kind=draw(st.sampled_from(Kind)),
        key="k",
        method=draw(st.sampled_from(FileMethod)),
        ownership=draw(OWNERS),
        parent=draw(OWNERS),
        account="alice" if own else None,
        home=base if own else None,
    )


@st.composite
def declarations(draw: st.DrawFn) -> Declaration:
    chosen: dict[PurePosixPath, KeptPath] = {}
    for item in draw(st.lists(entries(), max_size=12)):
        files = [other for other in chosen.values() if other.kind is Kind.FILE]
        above = any(is_within(item.path, other.path) for other in files)
        below = item.kind is Kind.FILE and any(is_within(path, item.path) for path in chosen)
        point = item.path in (P("/home"), ALICE) or item.path in ALICE.parents
        if not (above or below or point):
            chosen.setdefault(item.path, item)
    late = draw(st.booleans())
    volumes = (ROOT_VOLUME, HOME_VOLUME) if late else (ROOT_VOLUME,)
    number = draw(st.none() | st.just("0" * 32))
    return declare(*chosen.values(), volumes=volumes, machine_id=number)


@settings(max_examples=150, deadline=None)
@given(declarations(), st.sampled_from(Phase), st.randoms(use_true_random=False))
def test_the_order_of_the_declaration_does_not_matter(declaration, phase, random) -> None:
    kept = list(declaration.kept)
    random.shuffle(kept)
    shuffled = replace(declaration, kept=tuple(kept), homes=declaration.homes[::-1])
    assert keep_plan(declaration, phase, FACTS) == keep_plan(shuffled, phase, FACTS)


@settings(max_examples=150, deadline=None)
@given(declarations(), st.sampled_from(Phase))
def test_what_holds_for_every_plan(declaration: Declaration, phase: Phase) -> None:
    found = keep_plan(declaration, phase, FACTS)
    paths = [place.path for place in found.places]
    assert len(set(paths)) == len(paths), "each place once"
    for place in found.places:
        ours = [up for up in place.path.parents if up in paths]
        assert all(paths.index(up) < paths.index(place.path) for up in ours), "parents first"
        check_place(place, declaration)
    for bind in found.binds:
        assert not any(other.target in bind.target.parents for other in found.binds)
        assert bind.source == STORE / bind.target.relative_to("/")
        assert {bind.source, bind.target} <= set(paths), "nothing is bound that is not made"
    volumes = {item.path: declaration.volume_of(item.path) for item in declaration.kept}
    wanted = {path for path, volume in volumes.items() if volume and volume.phase is phase}
    covered = {path for path in wanted if any(up in wanted for up in path.parents)}
    shown = {bind.target for bind in found.binds}
    shown |= {item.path for item in found.places if item.make in (Make.LINK, Make.COPY)}
    shown |= {copy.target for copy in found.copies}
    assert shown == wanted - covered
    assert bool(found.stores_needed) == bool(wanted)


def check_place(place: Place, declaration: Declaration) -> None:
    kept = {item.path for item in declaration.kept}
    seen = P("/") / place.path.relative_to(STORE) if is_within(place.path, STORE) else place.path
    assert place.path not in (P("/"), P("/persist")), "what carries a store is not ours to make"
    if seen in (P("/etc"), P("/var"), P("/home")) and seen not in kept:
        assert (place.user, place.group, place.mode) == ("0", "0", 0o755)
    if seen == ALICE:
        assert (place.user, place.group, place.mode) == ("1000", "100", 0o700)
    if is_within(seen, ALICE) and place.user != "1000":
        wishes = [item for item in declaration.kept if seen in (item.path, item.path.parent)]
        assert any(w.user for item in wishes for w in (item.ownership, item.parent)) or (
            any(item.account is None for item in declaration.kept if is_within(item.path, seen))
        )
