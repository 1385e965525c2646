"""The verdict after boot, case by case."""

from dataclasses import replace
from pathlib import PurePosixPath as P

import pytest

from petrichor.config.load import load
from petrichor.model.accounts import Accounts
from petrichor.model.mount import Mount
from petrichor.model.status import (
    Canary,
    KeptState,
    KeptStatus,
    Observation,
    SeenPath,
    VolumeState,
    VolumeStatus,
)
from petrichor.plan.verdict import verdict

BOOT, OTHER = "b" * 32, "0" * 32
TEXT = """
[volumes."/"]
backend = "zfs"
dataset = "rpool/root"
[volumes."/home"]
backend = "btrfs"
device = "/dev/sda2"
subvolume = "home"
[volumes."/tmp"]
backend = "tmpfs"
[volumes."/srv"]
backend = "directory"
directory = "/persist/volumes/srv"
[filesystems."/persist"]
type = "zfs"
device = "rpool/persist"
[persistence."/persist/root"]
directories = ["/var/log"]
files = ["/etc/machine-id", { file = "/etc/adjtime", method = "symlink" }]
"""
DECLARATION = load(TEXT.encode(), "t.toml", Accounts())


def mount(at: str, kind: str, source: str, root: str = "/", *, deleted: bool = False) -> Mount:
    return Mount(
        id=1 if at == "/" else sum(at.encode()),
        parent=0 if at == "/" else 1,
        device="0:1",
        root=P(root),
        mountpoint=P(at),
        options=("rw",),
        type=kind,
        source=source,
        deleted=deleted,
    )


MOUNTS = {
    item.mountpoint: item
    for item in (
        mount("/", "zfs", "rpool/root"),
        mount("/home", "btrfs", "/dev/sda2", "/home"),
        mount("/tmp", "tmpfs", "tmpfs"),
        mount("/srv", "zfs", "rpool/persist", "/volumes/srv"),
        mount("/persist", "zfs", "rpool/persist"),
        mount("/var/log", "zfs", "rpool/persist", "/root/var/log"),
    )
}
PATHS = {
    P("/var/log"): SeenPath(identity=(2, 7)),
    P("/persist/root/var/log"): SeenPath(identity=(2, 7)),
    P("/etc/machine-id"): SeenPath(identity=(1, 9)),
    P("/persist/root/etc/machine-id"): SeenPath(identity=(2, 9)),
    P("/etc/adjtime"): SeenPath(link="/persist/root/etc/adjtime"),
}
GOOD = Observation(
    boot=BOOT,
    time="2026-11-23T02:00:00+00:00",
    reset_skipped=False,
    reset_begun=True,
    mounts=tuple(MOUNTS.values()),
    paths=PATHS,
    equal=frozenset({P("/etc/machine-id")}),
)


def volume(seen: Observation, at: str) -> VolumeStatus:
    return next(v for v in verdict(DECLARATION, seen).volumes if v.mountpoint == P(at))


def kept(seen: Observation, at: str) -> KeptStatus:
    return next(k for k in verdict(DECLARATION, seen).kept if k.path == P(at))


def but(*items: Mount) -> tuple[Mount, ...]:
    return tuple({**MOUNTS, **{item.mountpoint: item for item in items}}.values())


def without(at: str) -> tuple[Mount, ...]:
    return tuple(item for path, item in MOUNTS.items() if path != P(at))


def test_all_is_well() -> None:
    status = verdict(DECLARATION, GOOD)
    assert status.is_good, status
    assert [v.mountpoint for v in status.volumes] == [P("/"), P("/home"), P("/srv"), P("/tmp")]
    assert [v.backend for v in status.volumes] == ["zfs", "btrfs", "directory", "tmpfs"]
    assert [k.path for k in status.kept] == sorted(k.path for k in status.kept)


@pytest.mark.parametrize("at", ["/", "/home", "/srv", "/tmp"])
def test_a_canary_of_another_boot_means_not_reset(at: str) -> None:
    seen = replace(GOOD, canaries={P(at): Canary(boot=OTHER, state=VolumeState.RESET)})
    status = volume(seen, at)
    assert status.state is VolumeState.NOT_RESET and OTHER in status.detail
    assert not verdict(DECLARATION, seen).is_good


@pytest.mark.parametrize("state", [VolumeState.RESET, VolumeState.NOT_RESET, VolumeState.SKIPPED])
def test_a_canary_of_this_boot_repeats_its_verdict(state: VolumeState) -> None:
    seen = replace(GOOD, reset_begun=False, canaries={P("/"): Canary(boot=BOOT, state=state)})
    assert volume(seen, "/").state is state


def test_skipped_on_request_is_good() -> None:
    canary = {P("/"): Canary(boot=OTHER, state=VolumeState.RESET)}
    seen = replace(GOOD, reset_skipped=True, reset_begun=False, canaries=canary)
    status = verdict(DECLARATION, seen)
    assert status.is_good
    states = {str(v.mountpoint): v.state for v in status.volumes}
    assert states["/"] is states["/home"] is VolumeState.SKIPPED
    assert states["/tmp"] is VolumeState.RESET  # whatever the command line says


def test_nothing_was_reset_where_no_reset_was_begun() -> None:
    """The first look after `apply`: no canary yet, and none of it was reset at this boot."""
    seen = replace(GOOD, reset_begun=False)
    assert volume(seen, "/").state is VolumeState.NOT_RESET
    assert volume(seen, "/tmp").state is VolumeState.RESET


def test_a_blank_volume_is_no_proof_where_its_unit_failed() -> None:
    seen = replace(GOOD, failed=frozenset({"petrichor-reset@home.service"}))
    found = volume(seen, "/home")
    assert (found.state, found.detail) == (
        VolumeState.NOT_RESET,
        "petrichor-reset@home.service failed",
    )
    assert volume(seen, "/").state is VolumeState.RESET


def test_a_canary_that_cannot_be_read_proves_nothing() -> None:
    seen = replace(GOOD, unreadable=frozenset({P("/home")}))
    assert volume(seen, "/home").state is VolumeState.UNKNOWN


@pytest.mark.parametrize(
    "other",
    [
        mount("/", "zfs", "rpool/retired/root-x"),
        mount("/", "ext4", "rpool/root"),
        mount("/home", "btrfs", "/dev/sda2", "/"),
        mount("/home", "btrfs", "/dev/sda2", "/retired/home"),
        mount("/tmp", "ext4", "/dev/sda1"),
        mount("/srv", "zfs", "rpool/persist", "/volumes/other"),
    ],
    ids=lambda m: f"{m.mountpoint} {m.source} {m.root}",
)
def test_something_else_is_mounted(other: Mount) -> None:
    status = volume(replace(GOOD, mounts=but(other)), str(other.mountpoint))
    assert status.state is VolumeState.NOT_MOUNTED
    assert other.source in status.detail


def test_a_directory_on_a_subvolume_of_another_name() -> None:
    store = mount("/persist", "btrfs", "/dev/sda3", "/@store")
    home = mount("/srv", "btrfs", "/dev/sda3", "/@store/volumes/srv")
    assert volume(replace(GOOD, mounts=but(store, home)), "/srv").state is VolumeState.RESET
    elsewhere = home._replace(device="0:2")
    seen = replace(GOOD, mounts=but(store, elsewhere))
    assert volume(seen, "/srv").state is VolumeState.NOT_MOUNTED


def test_nothing_is_mounted() -> None:
    assert volume(replace(GOOD, mounts=without("/home")), "/home").state is VolumeState.NOT_MOUNTED


def test_a_link_may_lead_to_a_file_that_is_still_to_come_but_not_out_of_the_store() -> None:
    assert kept(GOOD, "/etc/adjtime").state is KeptState.PRESENT
    elsewhere = {**PATHS, P("/etc/adjtime"): SeenPath(link="/nix/x")}
    assert kept(replace(GOOD, paths=elsewhere), "/etc/adjtime").state is KeptState.REPLACED
    file = {**PATHS, P("/etc/adjtime"): SeenPath(identity=(1, 4))}
    assert kept(replace(GOOD, paths=file), "/etc/adjtime").state is KeptState.NO_SOURCE


@pytest.mark.parametrize("at", ["/var/log", "/etc/adjtime", "/etc/machine-id"])
def test_nothing_is_kept_in_a_store_that_is_not_mounted(at: str) -> None:
    status = kept(replace(GOOD, mounts=without("/persist")), at)
    assert status.state is KeptState.NO_SOURCE and "/persist" in status.detail


def test_kept_paths_that_do_not_show_their_store() -> None:
    other = {**PATHS, P("/var/log"): SeenPath(identity=(1, 5))}
    plain = replace(GOOD, paths=other, mounts=without("/var/log"))
    assert kept(plain, "/var/log").state is KeptState.NOT_MOUNTED
    assert kept(replace(GOOD, paths=other), "/var/log").state is KeptState.REPLACED
    gone = mount("/var/log", "zfs", "rpool/persist", "/root/var/log", deleted=True)
    assert kept(replace(plain, mounts=but(gone)), "/var/log").state is KeptState.DELETED
    missing = {path: item for path, item in other.items() if path != P("/persist/root/var/log")}
    assert kept(replace(plain, paths=missing), "/var/log").state is KeptState.NO_SOURCE


def test_what_only_root_may_look_at_is_unknown_and_not_missing() -> None:
    seen = replace(GOOD, unreadable=frozenset({P("/persist/root/var/log")}))
    assert kept(seen, "/var/log").state is KeptState.UNKNOWN


def test_the_machine_id_is_a_copy() -> None:
    assert kept(GOOD, "/etc/machine-id").state is KeptState.PRESENT
    seen = replace(GOOD, equal=frozenset())
    assert kept(seen, "/etc/machine-id").state is KeptState.NOT_MOUNTED


RC, IN_STORE = P("/etc/rc"), P("/persist/root/etc/rc")
COPIED = load(f'{TEXT.replace("machine-id", "x")}'.replace(
    '{ file = "/etc/adjtime", method = "symlink" }', '{ file = "/etc/rc", method = "copy" }'
).encode(), "t.toml", Accounts())  # fmt: skip
HERE, THERE, ELSEWHERE = ({RC: SeenPath(identity=(1, 3))}, {IN_STORE: SeenPath(identity=(2, 3))},
                          {RC: SeenPath(identity=(1, 4), link="/x")})  # fmt: skip


@pytest.mark.parametrize(
    ("paths", "copied", "equal", "state"),
    [
        (HERE | THERE, True, True, KeptState.PRESENT),
        (HERE | THERE, True, False, KeptState.NOT_SAVED),
        (HERE | THERE, False, False, KeptState.NOT_COPIED),
        (THERE, False, False, KeptState.NOT_COPIED),
        (THERE, True, False, KeptState.NOT_SAVED),
        (HERE, False, False, KeptState.NOT_SAVED),
        ({}, False, False, KeptState.PRESENT),
        (ELSEWHERE | THERE, True, False, KeptState.REPLACED),
    ],
)
def test_a_copied_file(paths, copied, equal, state: KeptState) -> None:  # type: ignore[no-untyped-def]
    marks, same = (frozenset({RC} if is_so else ()) for is_so in (copied, equal))
    seen = replace(GOOD, paths={**PATHS, **paths}, copied=marks, equal=GOOD.equal | same)
    found = next(item for item in verdict(COPIED, seen).kept if item.path == RC)
    assert found.state is state
    assert bool(found.detail) is (state is not KeptState.PRESENT)
