"""`apply` that adopts, killed before each call that changes something."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from petrichor.act import staging
from tests.root.harness import dracut
from tests.root.harness.keeping import Machine, contents, is_mount, quietly, write
from tests.root.harness.killing import CountPoints, kill_everywhere
from tests.root.harness.program import REPO

DECLARED = 'directories = ["dir", "none"]\nfiles = ["notes", "letter"]\n'
VOLUME = {
    "dir/a": "a", "dir/inner/second": "a", "dir/both": "of the volume",
    "notes": "notes", "letter": "of the volume",
}  # fmt: skip
STORE = {"dir/both": "of the store", "dir/only": "of the store", "letter": "of the store"}
KEPT = {"volume": VOLUME, "store": {"notes": "notes"} | STORE}
"""What there is at the paths afterwards, by the side that was taken where both had something."""


@pytest.fixture
def machine(machine: Machine, tmp_path: Path) -> Iterator[Machine]:
    folder = tmp_path / "mounts"
    folder.mkdir()
    with dracut.machine_with_dracut(folder):
        yield machine
        machine.start_over()


def fresh(machine: Machine) -> None:
    machine.start_over()
    dracut.without_apply()
    machine.config.write_text(machine.text() + DECLARED)
    for name, text in VOLUME.items():
        if name != "dir/inner/second":
            write(machine.alice / name, text)
    (machine.alice / "dir/inner").mkdir()
    os.link(machine.alice / "dir/a", machine.alice / "dir/inner/second")
    for name, text in STORE.items():
        write(machine.in_store(machine.alice) / name, text)


def part(found: dict[str, str], top: str) -> dict[str, str]:
    return {name: text for name, text in found.items() if name.split("/")[0] == top}


def check_whole(machine: Machine, point: str) -> None:
    """Each side of each path is complete somewhere: at its path, in the store, or set aside."""
    seen, store = (contents(place) for place in (machine.alice, machine.in_store(machine.alice)))
    tops = {name.split("/")[0] for name in (*seen, *store)}
    for name in {name.split("/")[0] for name in VOLUME}:
        there = [part(seen, name), part(store, name)]
        aside = [
            {path.replace(top, name, 1): text for path, text in part(store, top).items()}
            for top in tops if top.startswith(f"{name}.petrichor-")
        ]  # fmt: skip
        for content in (part(VOLUME, name), part(STORE, name)):
            assert not content or content in (*there, *aside), (point, name)


@pytest.mark.parametrize("take", KEPT)
def test_killed_anywhere(machine: Machine, count_points: CountPoints, take: str) -> None:
    """A second run ends it; the initrd holds all that it is said to hold."""
    words = ["apply", "--take", take, "--petrichor", str(REPO / ".venv/bin/petrichor")]
    argv = ["--config", str(machine.config), "--yes", *words]

    def check(point: str) -> None:
        check_whole(machine, point)
        if (dracut.MODULE / "built").exists():
            assert dracut.wanted() <= dracut.built(), point
        machine.run_again(*words)
        assert all(is_mount(machine.alice / top) for top in ("dir", "letter", "notes", "none"))
        assert contents(machine.alice) == KEPT[take], point
        check_whole(machine, point)
        assert dracut.wanted() <= dracut.built(), point
        assert "nothing to do" in machine.run_again(*words), point
        prefix = os.fsdecode(staging.PREFIX)
        left = [path for path in machine.store.rglob("*") if path.name.startswith(prefix)]
        assert left == [], point
        assert os.listdir(machine.store / ".petrichor") == ["declared.json"], point

    points = kill_everywhere(quietly(argv), fresh=lambda: fresh(machine), check=check)
    count_points(f"apply --take {take}", points, least=150)
