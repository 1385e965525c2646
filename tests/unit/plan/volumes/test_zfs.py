"""ZFS volumes: every way in which a reset can be cut off or fail, on a pool in memory."""

from itertools import product
from pathlib import PurePosixPath

import pytest

from petrichor.model.declaration import Phase, Reset, Retention, ZfsVolume
from petrichor.model.names import parse_retired
from petrichor.model.steps import ResetPlan, Role
from petrichor.plan.volumes import zfs
from tests.unit.plan.volumes.simulated import Pool, RefusedError, reset

LIVE = "rpool/root"
BLANK = frozenset({"baseline"})


def volume(kind: Reset = Reset.RETIRE) -> ZfsVolume:
    return ZfsVolume(
        mountpoint=PurePosixPath("/"),
        phase=Phase.INITRD,
        reset=kind,
        retention=Retention(),
        dataset=LIVE,
        baseline="blank",
    )


def plan(kind: Reset = Reset.RETIRE, **properties: str) -> ResetPlan:
    return zfs.reset_plan(volume(kind), properties)


def pool() -> Pool:
    """A pool whose root has a baseline and is in use."""
    made = Pool("rpool", LIVE, "rpool/home")
    made.datasets[LIVE].content = BLANK
    made.snapshot(LIVE, "blank")
    use(made, "first")
    return made


def use(world: Pool, what: str) -> None:
    world.datasets[LIVE].content |= {what}


def retired(world: Pool) -> list[frozenset[str]]:
    """What was set aside, the empty ones left out; every name is one that is for good."""
    found = {name: item for name, item in world.datasets.items() if "/retired/" in name}
    for name in found:
        parsed = parse_retired(name.rpartition("/")[2])
        assert parsed is not None and parsed.volume == "root", name
    return [item.content for item in found.values() if item.content != BLANK]


def check(world: Pool, *lost: set[str]) -> None:
    """The volume is blank, owns its baseline, and all that it ever held is set aside."""
    live = world.datasets[LIVE]
    assert (live.content, live.origin) == (BLANK, None)
    assert [item.name for item in live.snapshots] == ["blank"]
    assert live.properties["mountpoint"] == "legacy"
    assert sorted(retired(world), key=sorted) == sorted((BLANK | item for item in lost), key=sorted)
    assert all(item.origin is live.snapshots[0] for name, item in world.datasets.items()
               if "/retired/" in name)  # fmt: skip


STEPS = len(plan().steps)


def test_three_boots() -> None:
    world = pool()
    for boot in range(3):
        assert reset(plan(), world, boot)
        use(world, f"of boot {boot}")
    assert reset(plan(), world, 3)
    check(world, {"first"}, {"of boot 0"}, {"of boot 1"}, {"of boot 2"})


@pytest.mark.parametrize("cut", range(STEPS + 1))
def test_a_power_cut_after_any_step(cut: int) -> None:
    world = pool()
    reset(plan(), world, 1, cut_after=cut)
    assert reset(plan(), world, 2)
    check(world, {"first"})


@pytest.mark.parametrize(("first", "second"), list(product(range(STEPS + 1), repeat=2)))
def test_two_power_cuts(first: int, second: int) -> None:
    world = pool()
    reset(plan(), world, 1, cut_after=first)
    reset(plan(), world, 2, cut_after=second)
    assert reset(plan(), world, 3)
    check(world, {"first"})


@pytest.mark.parametrize("step", range(STEPS))
def test_a_step_that_fails_leaves_the_old_content_to_boot_with(step: int) -> None:
    world = pool()
    done = reset(plan(), world, 1, fails=step)
    assert BLANK | {"first"} in (world.datasets[LIVE].content, *retired_or_live(world))
    if done:  # the step was not needed
        check(world, {"first"})
    else:
        assert world.datasets[LIVE].content == BLANK | {"first"}
    use(world, "second")
    assert reset(plan(), world, 2)
    check(world, *([{"first"}, {"second"}] if done else [{"first", "second"}]))


def retired_or_live(world: Pool) -> list[frozenset[str]]:
    return [item.content for item in world.datasets.values()]


@pytest.mark.parametrize(("cut", "step"), list(product(range(STEPS + 1), range(STEPS))))
def test_a_cut_and_then_a_failure(cut: int, step: int) -> None:
    world = pool()
    reset(plan(), world, 1, cut_after=cut)
    reset(plan(), world, 2, fails=step)
    if LIVE in world.datasets and world.datasets[LIVE].content != BLANK:
        use(world, "more")
        assert reset(plan(), world, 3)
        check(world, {"first", "more"})
    else:
        assert reset(plan(), world, 3)
        check(world, {"first"})


@pytest.mark.parametrize("root", ["rpool", LIVE])
@pytest.mark.parametrize(("first", "second"), list(product(range(STEPS + 1), repeat=2)))
def test_an_encrypted_volume_also_one_that_holds_the_key(
    root: str, first: int, second: int
) -> None:
    world = pool()
    for name, item in world.datasets.items():
        item.key = world.datasets[root] if name.startswith(root) else None
    reset(plan(), world, 1, cut_after=first)
    reset(plan(), world, 2, cut_after=second)
    assert reset(plan(), world, 3) and reset(plan(), world, 4)
    check(world, {"first"})
    assert world.datasets[LIVE].key is world.datasets[root]


def test_without_a_baseline_nothing_moves() -> None:
    world = pool()
    world.datasets[LIVE].snapshots.clear()
    assert not reset(plan(), world, 1)
    assert world.datasets[LIVE].content == BLANK | {"first"}


def test_snapshots_of_others_stay_with_what_they_show() -> None:
    world = pool()
    world.snapshot(LIVE, "backup")
    assert reset(plan(), world, 1)
    old = next(item for name, item in world.datasets.items() if "/retired/" in name)
    assert [item.name for item in old.snapshots] == ["backup"]
    assert [item.name for item in world.datasets[LIVE].snapshots] == ["blank"]


def test_children_go_along_and_the_rest_stays() -> None:
    world = pool()
    world.run("zfs", "create", "-p", f"{LIVE}/child")
    assert reset(plan(), world, 1)
    assert f"{LIVE}/child" not in world.datasets and "rpool/home" in world.datasets
    assert any(name.endswith("/child") for name in world.datasets)


def test_local_properties_go_to_the_successor_save_those_of_its_place() -> None:
    told = {"quota": "10G", "com.sun:auto-snapshot": "false", "petrichor:settled": "on"}
    told |= {"mountpoint": "/", "canmount": "noauto", "keylocation": "prompt", "reservation": "1G"}
    world = pool()
    steps = zfs.reset_plan(volume(), told)
    assert reset(steps, world, 1)
    assert world.datasets[LIVE].properties == {
        "mountpoint": "legacy",
        "quota": "10G",
        "com.sun:auto-snapshot": "false",
    }


def test_rollback() -> None:
    world = pool()
    world.snapshot(LIVE, "newer")
    assert reset(plan(Reset.ROLLBACK), world, 1)
    assert world.datasets[LIVE].content == BLANK
    assert [item.name for item in world.datasets[LIVE].snapshots] == ["blank"]


def test_rollback_is_named_as_what_it_is() -> None:
    assert [step.destroys != "" for step in plan(Reset.ROLLBACK).steps] == [True]
    assert not any(step.destroys for step in plan().steps)


def test_rollback_stops_at_a_clone_of_a_newer_snapshot() -> None:
    world = pool()
    world.snapshot(LIVE, "newer")
    world.run("zfs", "clone", f"{LIVE}@newer", "rpool/copy")
    assert not reset(plan(Reset.ROLLBACK), world, 1)
    assert world.datasets[LIVE].content == BLANK | {"first"}


def test_proofs_change_nothing() -> None:
    proofs = [step.arguments[0] for step in plan().steps if step.role is Role.PROOF]
    assert proofs and set(proofs) == {"list"}


def test_the_pool_of_the_simulator_refuses_what_zfs_refuses() -> None:
    world = pool()
    for argv in (
        ("zfs", "promote", LIVE),
        ("zfs", "rename", "-u", LIVE, "rpool/home"),
        ("zfs", "rename", "-u", LIVE, "rpool/none/root"),
        ("zfs", "clone", f"{LIVE}@none", "rpool/x"),
    ):
        with pytest.raises(RefusedError):
            world.run(*argv)


def test_order_mount_and_tools() -> None:
    order = zfs.ordering(volume())
    assert {"zfs-import.target", "zfs-import-rpool.service"} <= {*order.after} & {*order.wants}
    assert order.requires == ()
    mount = zfs.mount_plan(volume())
    assert (mount.what, mount.type, mount.options) == (LIVE, "zfs", ())
    assert {step.tool for step in plan().steps} == set(zfs.assets(volume()))
    assert zfs.container(volume()) == "rpool/retired"
