"""Which commands a layout becomes. That they do what they say, the root and vm rings show."""

import os
from pathlib import Path, PurePosixPath

import pytest

from petrichor.act.init import carry_out, layout_facts, refuse_if_told, write_declaration
from petrichor.config.load import load
from petrichor.model.accounts import Accounts
from petrichor.model.errors import MachineError, RefusedError
from petrichor.plan.layout import (
    CreateDataset,
    HoldSnapshot,
    LayoutPlan,
    LayoutStep,
    MakeDirectory,
    Refusal,
    Spot,
    TakeSnapshot,
)
from tests.unit.act.test_steps import Script
from tests.unit.system.fakes import FakeRunner


def test_zfs_commands_in_order() -> None:
    script, told = Script(), list[LayoutStep]()
    steps = (
        CreateDataset("tank/os", mountable=False),
        CreateDataset("tank/os/root"),
        TakeSnapshot("tank/os/root@blank"),
        HoldSnapshot("tank/os/root@blank"),
    )
    carry_out(steps, script, progress=told.append)
    assert [" ".join(argv) for argv in script.calls] == [
        "zfs create -o mountpoint=none -o canmount=off tank/os",
        "zfs create -o mountpoint=legacy tank/os/root",
        "zfs snapshot tank/os/root@blank",
        "zfs hold petrichor tank/os/root@blank",
    ]
    assert len(script.changing) == 4 and tuple(told) == steps


def test_plain_directories_lie_below_the_root(tmp_path: Path) -> None:
    script = Script()
    carry_out([MakeDirectory(Spot("", PurePosixPath("/srv/-x")))], script, tmp_path)
    assert script.calls == [("mkdir", "-p", "--", f"{tmp_path}/srv/-x")]


def test_the_umask_is_given_back() -> None:
    before = os.umask(0o077)
    try:
        carry_out([], Script())
        assert os.umask(0o077) == 0o077
    finally:
        os.umask(before)


def test_a_pool_that_is_not_imported() -> None:
    text = b'[volumes."/"]\nbackend = "zfs"\ndataset = "tank/root"\n'
    answers = {"zpool get -H -p -o value bootfs tank": b"-\n"}
    declaration = load(text, "x.toml", Accounts())

    class Missing(FakeRunner):
        def run(self, argv, **options):
            result = super().run(argv, changes=False, ok=(0, 1))
            stderr = b"" if result.code == 0 else b"cannot open 'tank': no such pool"
            return type(result)(argv=result.argv, code=result.code, stderr=stderr)

    with pytest.raises(MachineError, match="there is no pool tank"):
        layout_facts(declaration, Missing({}))
    assert layout_facts(declaration, Missing(answers)).datasets == {}


def test_every_refusal_is_told() -> None:
    refuse_if_told(LayoutPlan(steps=()))
    refusals = (Refusal("a is full", "empty it"), Refusal("b is full", "empty it"))
    with pytest.raises(RefusedError, match="a is full; b is full") as caught:
        refuse_if_told(LayoutPlan(steps=(), refusals=refusals))
    assert caught.value.hint == "empty it"


def test_a_declaration_is_never_replaced(tmp_path: Path) -> None:
    place = tmp_path / "etc/petrichor/petrichor.toml"
    write_declaration(place, "first")
    with pytest.raises(RefusedError):
        write_declaration(place, "second")
    assert place.read_text() == "first"
    link = tmp_path / "link.toml"
    link.symlink_to("nowhere")
    with pytest.raises(RefusedError):
        write_declaration(link, "second")
