"""What a switch of NixOS finds."""

from pathlib import PurePosixPath

import pytest

from petrichor.render.target import Kind, make_target
from petrichor.render.tree import render
from tests.unit.render import reading
from tests.unit.render.declarations import CASES

SYSTEM = PurePosixPath("system/lib/systemd/system")
APPLY = SYSTEM / "petrichor-apply.service"


def rendered(name: str, kind: Kind = Kind.NIXOS) -> dict[PurePosixPath, str]:
    target = make_target(kind, ["petrichor=/n/bin/petrichor"], files="/n/files")
    return dict(render(CASES[name].plan(), target, "{}\n"))


def settings(text: str) -> dict[str, str]:
    return {key.decode(): value.decode() for _, key, value in reading.settings(text.encode())}


@pytest.mark.parametrize("name", CASES)
def test_every_service_of_the_boot_is_left_alone(name: str) -> None:
    tree = rendered(name)
    services = [path for path in tree if path.parent == SYSTEM and path.suffix == ".service"]
    assert APPLY in services
    for path in services:
        found = settings(tree.get(path.with_name(f"{path.name}.d") / "switch.conf", ""))
        left_alone = {"X-StopOnRemoval": "false", "X-RestartIfChanged": "false"}
        assert found == ({} if path == APPLY else left_alone), path


@pytest.mark.parametrize("name", CASES)
def test_the_unit_that_follows_runs_at_a_switch_and_at_no_boot(name: str) -> None:
    tree = rendered(name)
    found = settings(tree[APPLY])
    words = "apply --live --yes --config /n/files/declaration.json"
    assert found["ExecStart"] == f"/n/bin/petrichor {words}"
    assert found["Before"].split()[-1] == "sysinit-reactivation.target"
    pulling = [path for path, text in tree.items() if "Wants=petrichor-apply.service" in text]
    assert pulling == [SYSTEM / "sysinit-reactivation.target.d/petrichor.conf"]


def test_elsewhere_nothing_speaks_of_a_switch() -> None:
    assert not [path for path in rendered("directory-only", Kind.DRACUT) if "switch" in str(path)]


def test_the_stores_are_mounted_before() -> None:
    assert settings(rendered("zfs-retire")[APPLY])["RequiresMountsFor"] == "/persist"
