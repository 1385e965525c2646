"""Directory volumes: every way in which a reset can be cut off or fail, on a tree in memory."""

from itertools import product
from pathlib import PurePosixPath

import pytest

from petrichor.model.declaration import DirectoryVolume, Phase, Reset, Retention
from petrichor.model.names import parse_retired
from petrichor.model.steps import ResetPlan
from petrichor.plan.volumes import directory
from tests.unit.plan.volumes.simulated import Node, Tree, reset

LIVE = PurePosixPath("/persist/volumes/home %")


def volume(kind: Reset = Reset.RETIRE) -> DirectoryVolume:
    return DirectoryVolume(
        mountpoint=PurePosixPath("/home"),
        phase=Phase.SYSTEM,
        reset=kind,
        retention=Retention(),
        directory=LIVE,
    )


def plan(kind: Reset = Reset.RETIRE) -> ResetPlan:
    return directory.reset_plan(volume(kind), {})


def tree() -> Tree:
    nodes = {"/": Node(), "/persist": Node(), "/persist/volumes": Node()}
    return Tree(nodes | {str(LIVE): Node(frozenset({"first"}))})


def retired(world: Tree) -> list[frozenset[str]]:
    found = [path for path in world.nodes if path.parent.name == "retired"]
    assert all(parse_retired(path.name) for path in found)
    return [world.nodes[path].content for path in found if world.nodes[path].content]


STEPS = len(plan().steps)


@pytest.mark.parametrize(("first", "second"), list(product(range(STEPS + 1), repeat=2)))
def test_power_cuts_after_any_two_steps(first: int, second: int) -> None:
    world = tree()
    reset(plan(), world, 1, cut_after=first)
    reset(plan(), world, 2, cut_after=second)
    assert reset(plan(), world, 3)
    assert world.nodes[LIVE].content == frozenset() and retired(world) == [{"first"}]


@pytest.mark.parametrize("kind", Reset)
@pytest.mark.parametrize("step", range(STEPS))
def test_a_step_that_fails_leaves_the_old_content(step: int, kind: Reset) -> None:
    world = tree()
    done = reset(plan(kind), world, 1, fails=step)
    assert world.nodes[LIVE].content == (frozenset() if done else {"first"})
    world.nodes[LIVE].content |= {"second"}
    assert reset(plan(kind), world, 2)
    assert world.nodes[LIVE].content == frozenset()
    assert kind is Reset.ROLLBACK or sorted({"first", "second"}) == sorted(
        name for content in retired(world) for name in content
    )


def test_rollback_deletes_after_boot_and_says_so() -> None:
    world = tree()
    assert reset(plan(Reset.ROLLBACK), world, 1)
    assert retired(world) == []
    assert not any(step.destroys for step in plan(Reset.ROLLBACK).steps)
    assert [step.destroys for step in plan(Reset.ROLLBACK).discard] != []
    assert plan().discard == ()


def test_order_mount_and_tools() -> None:
    assert directory.ordering(volume()).after == ()
    mount = directory.mount_plan(volume())
    assert (mount.what, mount.type, mount.options) == (str(LIVE), "none", ("bind",))
    assert directory.assets(volume()) == ()
    assert directory.retired(volume()) == PurePosixPath("/persist/volumes/retired")
