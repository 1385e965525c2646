"""Where rendered files go, and what a running system's kept paths need."""

from dataclasses import replace
from pathlib import PurePosixPath as P

from petrichor.config.load import load
from petrichor.model.accounts import Accounts
from petrichor.model.declaration import KeptPath, Kind
from petrichor.model.plan import Bind, Copy, KeepPlan, Make, Place
from petrichor.plan.apply import (
    CONF,
    GRUB,
    HANDOVER,
    MODULE,
    difference,
    installation,
    keep_now,
    keep_part,
    to_unmount,
)
from petrichor.plan.boot import BootPlan

TREE = {
    P("dracut/90petrichor/module-setup.sh"): "setup",
    P("initrd/usr/lib/systemd/system/a.service"): "early",
    P("initrd/usr/lib/petrichor/handover/units/b.service"): "late",
    P("system/usr/lib/systemd/system/b.service"): "late",
    P("system/usr/lib/systemd/system/local-fs.target.d/petrichor.conf"): "dropin",
    P("system/usr/lib/petrichor/declaration.json"): "{}",
    P("kernel-cmdline"): "",
}


def test_files_go_where_dracut_and_systemd_look() -> None:
    found = installation(TREE, None, grub=True)
    assert set(found.lasting) == {
        CONF,
        MODULE / "module-setup.sh",
        MODULE / "initrd/usr/lib/systemd/system/a.service",
        HANDOVER / "units/b.service",
    }
    assert dict(found.running) == {
        P("/run/petrichor/declaration.json"): "{}",
        P("/run/systemd/system/b.service"): "late",
        P("/run/systemd/system/local-fs.target.d/petrichor.conf"): "dropin",
    }
    assert list(found.lasting) == sorted(found.lasting)


def test_the_machine_id_goes_to_grub_where_there_is_one() -> None:
    assert GRUB not in installation(TREE, "a" * 32, grub=False).lasting
    assert GRUB not in installation(TREE, None, grub=True).lasting
    text = installation(TREE, "a" * 32, grub=True).lasting[GRUB]
    assert f"systemd.machine_id={'a' * 32}" in text and text.startswith("# Written by petrichor")


def keep(*places: Place, binds: tuple[Bind, ...] = (), stores: tuple[str, ...] = ()) -> KeepPlan:
    return KeepPlan(
        places=places, binds=binds, mounts_needed=(), stores_needed=tuple(P(s) for s in stores)
    )


def boot(early: KeepPlan, late: KeepPlan) -> BootPlan:
    return BootPlan(
        declaration=load(b'[volumes."/tmp"]\nbackend = "tmpfs"\n', "t.toml", Accounts()),
        resets=(),
        initrd_mounts=(),
        system_mounts=(),
        initrd_keep=early,
        system_keep=late,
    )


def place(path: str, make: Make = Make.DIRECTORY, content: str = "") -> Place:
    return Place(path=P(path), make=make, user="0", group="0", mode=0o755, content=content)


def test_both_phases_happen_at_once_on_a_running_system() -> None:
    early = keep(
        place("/b"),
        place("/etc/machine-id", Make.COPY, "/sysroot/persist/etc/machine-id"),
        binds=(Bind(source=P("/persist/b"), target=P("/b"), options=()),),
        stores=("/persist",),
    )
    late = keep(
        place("/a"),
        place("/b"),
        place("/home/link", Make.COPY, "/persist/x"),
        binds=(Bind(source=P("/persist/a"), target=P("/a"), options=()),),
        stores=("/other", "/persist"),
    )
    now = keep_now(boot(early, late))
    assert [str(item.path) for item in now.places] == ["/a", "/b", "/etc/machine-id", "/home/link"]
    assert [item.content for item in now.places[2:]] == ["/persist/etc/machine-id", "/persist/x"]
    assert [str(bind.target) for bind in now.binds] == ["/a", "/b"]
    assert now.stores_needed == (P("/other"), P("/persist"))


def test_unmounting_begins_with_the_deepest() -> None:
    before = [P("/a"), P("/a/b"), P("/c"), P("/d")]
    shown = {P("/a"), P("/a/b"), P("/d")}
    assert to_unmount(before, [P("/d"), P("/e")], shown) == [P("/a/b"), P("/a")]


def test_a_part_has_what_leads_to_its_paths() -> None:
    def place(path: str) -> Place:
        return Place(path=P(path), make=Make.DIRECTORY, user="0", group="0", mode=0o755)

    def kept(path: str) -> KeptPath:
        return KeptPath(path=P(path), store=P("/persist"), kind=Kind.DIRECTORY, key="")

    paths = ("/persist/a", "/a", "/persist/srv", "/persist/srv/b", "/srv", "/srv/b")
    binds = [Bind(source=P(f"/persist{at}"), target=P(at), options=()) for at in ("/a", "/srv/b")]
    whole = KeepPlan(
        places=tuple(map(place, paths)), binds=tuple(binds), mounts_needed=(), stores_needed=()
    )
    part = keep_part(whole, [kept("/srv/b")])
    assert [str(item.path) for item in part.places] == list(paths[2:])
    assert [str(bind.target) for bind in part.binds] == ["/srv/b"]
    assert keep_part(whole, []).is_empty


def test_the_difference_is_told_by_path_and_store() -> None:
    def kept(path: str, store: str, key: str = "") -> KeptPath:
        return KeptPath(path=P(path), store=P(store), kind=Kind.DIRECTORY, key=key)

    before = [kept("/a", "/persist"), kept("/b", "/persist"), kept("/c", "/persist", "first")]
    after = [kept("/b", "/other"), kept("/c", "/persist", "second"), kept("/d", "/persist")]
    added, gone = difference(before, after)
    assert added == [after[0], after[2]] and gone == before[:2]


def test_copied_files_of_both_phases_and_of_a_part() -> None:
    copies = [
        Copy(source=P(f"/p{path}"), target=P(path), mounts_needed=(), stores_needed=(), way=())
        for path in ("/a", "/b")
    ]
    both = [replace(keep(), copies=(copy,)) for copy in copies]
    found = keep_now(boot(*both))
    assert list(found.copies) == copies
    kept = KeptPath(path=P("/b"), store=P("/p"), kind=Kind.FILE, key="k")
    assert list(keep_part(found, [kept]).copies) == copies[1:]
