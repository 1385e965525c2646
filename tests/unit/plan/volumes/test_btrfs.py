"""Btrfs volumes: every way in which a reset can be cut off or fail, on a filesystem in memory."""

from itertools import product
from pathlib import PurePosixPath

import pytest

from petrichor.model.declaration import BtrfsVolume, Phase, Reset, Retention
from petrichor.model.names import parse_retired
from petrichor.model.steps import ResetPlan
from petrichor.plan.volumes import btrfs
from tests.unit.plan.volumes.simulated import Node, Tree, reset

TOP = "/run/petrichor/volume/home"
LIVE = PurePosixPath(f"{TOP}/@/home dir")


def volume(kind: Reset = Reset.RETIRE) -> BtrfsVolume:
    return BtrfsVolume(
        mountpoint=PurePosixPath("/home"),
        phase=Phase.SYSTEM,
        reset=kind,
        retention=Retention(),
        device="LABEL=data",
        subvolume=PurePosixPath("@/home dir"),
        baseline=PurePosixPath("home-blank"),
        options=("compress=zstd",),
    )


def plan(kind: Reset = Reset.RETIRE) -> ResetPlan:
    return btrfs.reset_plan(volume(kind), {})


def tree(*baseline: str) -> Tree:
    content = frozenset(baseline)
    nodes = {
        "/": Node(),
        "/run": Node(),
        TOP: Node(),
        f"{TOP}/@": Node(),
        str(LIVE): Node(content | {"first"}, subvolume=True),
        f"{TOP}/home-blank": Node(content, subvolume=True, read_only=True),
    }
    for path in list(map(PurePosixPath, nodes)):
        nodes |= {str(up): Node() for up in path.parents if str(up) not in nodes}
    return Tree(nodes, TOP)


def use(world: Tree, what: str) -> None:
    world.nodes[LIVE].content |= {what}


def retired(world: Tree) -> list[frozenset[str]]:
    found = [path for path in world.nodes if path.parent == PurePosixPath(f"{TOP}/retired")]
    for path in found:
        parsed = parse_retired(path.name)
        assert parsed is not None and parsed.volume == btrfs.retired_stem(volume())
    return [world.nodes[path].content for path in found if world.nodes[path].content]


def check(world: Tree, *lost: set[str]) -> None:
    live = world.nodes[LIVE]
    assert (live.content, live.subvolume, live.read_only) == (frozenset(), True, False)
    assert world.nodes[PurePosixPath(f"{TOP}/home-blank")].read_only
    assert list(world.below(str(LIVE))) == [LIVE]
    assert sorted(retired(world), key=sorted) == sorted(map(frozenset, lost), key=sorted)
    assert not world.mounted


def boot(world: Tree, number: int, kind: Reset = Reset.RETIRE, **trouble: int) -> bool:
    """A boot begins with nothing mounted."""
    world.mounted = False
    return reset(plan(kind), world, number, **trouble)


STEPS = len(plan().steps)


def test_three_boots() -> None:
    world = tree()
    for number in range(3):
        assert boot(world, number)
        use(world, f"of boot {number}")
    assert boot(world, 3)
    check(world, {"first"}, {"of boot 0"}, {"of boot 1"}, {"of boot 2"})


@pytest.mark.parametrize(("first", "second"), list(product(range(STEPS + 1), repeat=2)))
def test_power_cuts_after_any_two_steps(first: int, second: int) -> None:
    world = tree()
    boot(world, 1, cut_after=first)
    boot(world, 2, cut_after=second)
    assert boot(world, 3)
    check(world, {"first"})


@pytest.mark.parametrize("step", range(STEPS))
def test_a_step_that_fails_leaves_something_to_boot_with(step: int) -> None:
    world = tree()
    done = boot(world, 1, fails=step)
    blank = world.nodes[LIVE].content == frozenset()
    assert blank or world.nodes[LIVE].content == {"first"}
    assert not done or blank
    use(world, "second")
    assert boot(world, 2)
    check(world, *([{"first"}, {"second"}] if blank else [{"first", "second"}]))
    below = PurePosixPath(TOP) / btrfs.NEXT
    assert [path for path in world.nodes if path.parent == below] == []


@pytest.mark.parametrize("kind", Reset)
def test_without_a_baseline_nothing_moves(kind: Reset) -> None:
    world = tree()
    del world.nodes[PurePosixPath(f"{TOP}/home-blank")]
    assert not boot(world, 1, kind)
    assert world.nodes[LIVE].content == {"first"} and not world.mounted


def test_a_baseline_with_content() -> None:
    world = tree("installed")
    assert boot(world, 1)
    assert world.nodes[LIVE].content == {"installed"}
    assert retired(world) == [{"installed", "first"}]


@pytest.mark.parametrize("step", range(len(plan(Reset.ROLLBACK).steps)))
def test_rollback_drops_the_old_content_last(step: int) -> None:
    world = tree()
    boot(world, 1, Reset.ROLLBACK, fails=step)
    assert world.nodes[LIVE].content in ({"first"}, frozenset())
    assert boot(world, 2, Reset.ROLLBACK)
    assert world.nodes[LIVE].content == frozenset()


def test_rollback_leaves_nothing() -> None:
    world = tree()
    assert boot(world, 1, Reset.ROLLBACK)
    check(world)
    assert [step.destroys for step in plan(Reset.ROLLBACK).steps if step.destroys]


def test_order_mount_and_tools() -> None:
    order = btrfs.ordering(volume())
    assert order.after == order.requires == ("dev-disk-by\\x2dlabel-data.device",)
    mount = btrfs.mount_plan(volume())
    assert mount.options == ("subvol=/@/home dir", "compress=zstd")
    used = {step.tool for step in (*plan(Reset.ROLLBACK).steps, *plan().cleanup)}
    assert used == set(btrfs.assets(volume()))
    assert btrfs.retired(volume()) == PurePosixPath("retired")
