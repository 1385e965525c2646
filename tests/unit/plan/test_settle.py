"""What a fresh dataset gets of its predecessor's properties."""

from petrichor.model.machine import ZfsDataset
from petrichor.plan.settle import SETTLED, SetProperty, settle
from petrichor.plan.volumes.zfs import NOT_INHERITED


def dataset(name: str = "p/root", createtxg: int = 9, **properties: str) -> ZfsDataset:
    return ZfsDataset(
        name=name,
        guid=createtxg,
        origin="",
        mounted=True,
        mountpoint="legacy",
        canmount="noauto",
        encryption_root="",
        createtxg=createtxg,
        properties={key.replace("_", ":"): value for key, value in properties.items()},
    )


def apply(steps: list[SetProperty], live: ZfsDataset) -> ZfsDataset:
    values = dict(live.properties)
    values |= {step.name: step.value for step in steps if step.dataset == live.name}
    return dataset(live.name, live.createtxg, **{k.replace(":", "_"): v for k, v in values.items()})


def test_the_first_dataset_is_only_marked() -> None:
    assert settle(dataset(), []) == [SetProperty("p/root", SETTLED, "on")]


def test_a_settled_dataset_is_left_alone() -> None:
    assert settle(dataset(petrichor_settled="on"), [dataset("p/retired/a", quota="1G")]) == []


def test_the_newest_settled_one_is_the_model() -> None:
    """One that a cut-off boot left was never settled: it lacks what it should have had."""
    retired = [
        dataset("p/retired/cut", 8),
        dataset("p/retired/new", 7, quota="2G", user_x="new", petrichor_settled="on"),
        dataset("p/retired/old", 3, quota="1G", petrichor_settled="on"),
    ]
    assert settle(dataset(), retired) == [
        SetProperty("p/root", "quota", "2G"),
        SetProperty("p/root", "user:x", "new"),
        SetProperty("p/root", SETTLED, "on"),
    ]


def test_where_none_was_settled_the_oldest_is_the_original() -> None:
    retired = [dataset("p/retired/b", 8, quota="2G"), dataset("p/retired/a", 3, quota="1G")]
    assert settle(dataset(), retired)[0] == SetProperty("p/root", "quota", "1G")


def test_a_reservation_moves_so_that_it_is_not_taken_twice() -> None:
    retired = [dataset("p/retired/a", reservation="5G")]
    assert settle(dataset(), retired)[:2] == [
        SetProperty("p/retired/a", "reservation", "none"),
        SetProperty("p/root", "reservation", "5G"),
    ]


def test_what_is_there_is_not_set_again_and_what_belongs_to_the_old_one_stays() -> None:
    same = {name: "x" for name in NOT_INHERITED if name not in ("reservation", "refreservation")}
    retired = [
        dataset("p/retired/a", quota="1G", **{k.replace(":", "_"): v for k, v in same.items()})
    ]
    steps = settle(dataset(quota="1G"), retired)
    assert steps == [SetProperty("p/root", SETTLED, "on")]


def test_done_once_it_is_done() -> None:
    live, retired = dataset(), [dataset("p/retired/a", quota="1G", reservation="1G")]
    assert settle(apply(settle(live, retired), live), retired) == []
