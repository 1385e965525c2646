"""`petrichor init` on a real Btrfs: creates, refuses, runs twice, is cut off anywhere."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest

from petrichor.act.init import carry_out, layout_facts
from petrichor.config.load import load
from petrichor.model.accounts import Accounts
from petrichor.model.declaration import Declaration
from petrichor.plan.layout import layout_plan
from petrichor.system.accounts import read_accounts
from petrichor.system.btrfs import list_subvolumes
from petrichor.system.command import SystemRunner
from petrichor.system.mounts import mount_at, read_mounts
from tests.root.harness.cut import CutRunner, PowerCut, unmount_leftovers
from tests.root.harness.program import petrichor

RUNNER = SystemRunner()
STORED = "persist/root/etc/petrichor/petrichor.toml"


@pytest.fixture(autouse=True)
def nothing_stays_mounted() -> Iterator[None]:
    yield
    assert list(Path("/run").glob("petrichor-*")) == []
    unmount_leftovers()


@pytest.fixture
def device(btrfs: Path) -> str:
    found = mount_at(read_mounts(), PurePosixPath(btrfs))
    assert found is not None
    return found.source


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Where an installer will mount the new system."""
    place = tmp_path / "mnt"
    place.mkdir()
    return place


def state(top: Path) -> dict[str, tuple[str, bool]]:
    return {str(s.path): (s.uuid, s.read_only) for s in list_subvolumes(top)}


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o7777


def test_the_usual_layout(btrfs: Path, device: str, root: Path) -> None:
    done = petrichor(
        "--yes", "--root", root, "--json", "init", "--backend", "btrfs", "--device", device,
        "--nix", umask=0o077,
    )  # fmt: skip
    found = state(btrfs)
    assert set(found) == {".", "root", "home", "nix", "persist", "root-blank", "home-blank"}
    assert {name for name, (_, read_only) in found.items() if read_only} == {
        "root-blank",
        "home-blank",
    }
    assert all(mode(btrfs / name) == 0o755 for name in found)
    assert mode(btrfs / "retired") == 0o755
    text = (btrfs / STORED).read_bytes()
    assert load(text, "written.toml", Accounts()).volumes
    assert json.loads(done.stdout)["declaration"] == f"/{STORED}"
    assert list(root.iterdir()) == []


def test_a_second_run_has_nothing_to_do(btrfs: Path, device: str, root: Path) -> None:
    words = ("--yes", "--root", root, "init", "--backend", "btrfs", "--device", device)
    petrichor(*words)
    (btrfs / STORED).write_text("# mine\n" + (btrfs / STORED).read_text())
    before, text = state(btrfs), (btrfs / STORED).read_text()
    again = petrichor(*words[1:])
    assert "nothing to do" in again.stderr
    assert state(btrfs) == before and (btrfs / STORED).read_text() == text


def test_without_an_answer_nothing_is_done(btrfs: Path, device: str, root: Path) -> None:
    done = petrichor("--root", root, "init", "--backend", "btrfs", "--device", device, code=9)
    assert "create the subvolume root" in done.stderr
    assert set(state(btrfs)) == {"."}


DECLARED = """\
[volumes."/"]
backend = "btrfs"
device = "{device}"
subvolume = "deep/er/root"
baseline = "bases/root"

[volumes."/srv"]
backend = "btrfs"
device = "{device}"
subvolume = "a b %n *"

[filesystems."/persist"]
type = "btrfs"
device = "{device}"
options = ["noatime", "subvol=keep/persist"]

[persistence."/persist"]
directories = ["/var/log"]
"""
NAMED = {".", "deep/er/root", "bases/root", "a b %n *", "a b %n *-blank", "keep/persist"}


def write(tmp_path: Path, device: str) -> Path:
    config = tmp_path / "petrichor.toml"
    config.write_text(DECLARED.format(device=device))
    return config


def test_what_a_declaration_names(btrfs: Path, device: str, tmp_path: Path) -> None:
    config = write(tmp_path, device)
    petrichor("--yes", "--config", config, "init")
    before = state(btrfs)
    assert set(before) == NAMED
    assert config.read_text() == DECLARED.format(device=device)
    petrichor("--config", config, "init")
    assert state(btrfs) == before


def declaration(device: str) -> Declaration:
    return load(DECLARED.format(device=device).encode(), "x.toml", Accounts())


def plan_of(device: str) -> tuple[object, ...]:
    found = declaration(device)
    return layout_plan(found, layout_facts(found, RUNNER)).steps


def test_cut_off_after_every_step(btrfs: Path, device: str) -> None:
    """Each run does one step more than nothing, and is cut off; the last finds all done."""
    found = declaration(device)
    for _ in range(20):
        steps = layout_plan(found, layout_facts(found, RUNNER)).steps
        if not steps:
            break
        with pytest.raises(PowerCut):
            carry_out((*steps, steps[-1]), CutRunner(1))
        unmount_leftovers()
    assert plan_of(device) == ()
    assert set(state(btrfs)) == NAMED
    assert all(state(btrfs)[name][1] for name in ("bases/root", "a b %n *-blank"))


def make(top: Path, name: str) -> Path:
    subprocess.run(["btrfs", "-q", "subvolume", "create", top / name], check=True)
    return top / name


def test_content_without_a_baseline_is_refused(btrfs: Path, device: str, root: Path) -> None:
    live = make(btrfs, "root")
    (live / "etc").mkdir()
    words = ("--yes", "--root", root, "init", "--backend", "btrfs", "--device", device)
    done = petrichor(*words, code=6)
    assert "root on" in done.stderr and "holds etc" in done.stderr
    assert "--baseline-from-content" in done.stderr
    assert set(state(btrfs)) == {".", "root"}

    live.chmod(0o711)
    (live / ".petrichor-canary").touch()
    petrichor(*words, "--baseline-from-content")
    assert (btrfs / "root-blank/etc").is_dir()
    assert not (btrfs / "root-blank/.petrichor-canary").exists()
    assert mode(btrfs / "root-blank") == mode(live) == 0o711
    assert state(btrfs)["root-blank"][1]
    assert "/etc/petrichor" in (btrfs / STORED).read_text()


def test_an_empty_root_that_nobody_may_enter_is_opened(
    btrfs: Path, device: str, root: Path
) -> None:
    make(btrfs, "root").chmod(0o700)
    make(btrfs, "home").chmod(0o711)
    petrichor("--yes", "--root", root, "init", "--backend", "btrfs", "--device", device)
    assert mode(btrfs / "root") == mode(btrfs / "root-blank") == 0o755
    assert mode(btrfs / "home") == mode(btrfs / "home-blank") == 0o711


def test_a_folder_in_place_of_a_subvolume_is_refused(btrfs: Path, device: str, root: Path) -> None:
    (btrfs / "home-blank").mkdir()
    words = ("--yes", "--root", root, "init", "--backend", "btrfs", "--device", device)
    done = petrichor(*words, code=6)
    assert "home-blank" in done.stderr and "is not a subvolume" in done.stderr
    assert set(state(btrfs)) == {"."}


def test_a_reset_that_was_cut_off_is_no_reason_to_lose_the_baseline(
    btrfs: Path, device: str, root: Path
) -> None:
    words = ("--yes", "--root", root, "init", "--backend", "btrfs", "--device", device)
    petrichor(*words)
    baseline = state(btrfs)["root-blank"]
    (btrfs / "root").rename(btrfs / "retired/root-x")
    petrichor(*words)
    assert state(btrfs)["root-blank"] == baseline
    assert list((btrfs / "root").iterdir()) == []


def test_a_declaration_of_the_system_is_never_overwritten(
    btrfs: Path, device: str, root: Path
) -> None:
    own = root / "etc/petrichor/petrichor.toml"
    own.parent.mkdir(parents=True)
    own.write_text("# mine")
    petrichor("--yes", "--root", root, "init", "--backend", "btrfs", "--device", device)
    assert own.read_text() == "# mine"
    assert not (btrfs / STORED).exists()


def test_a_declaration_goes_where_it_is_told(
    btrfs: Path, device: str, root: Path, tmp_path: Path
) -> None:
    config = tmp_path / "etc/first.toml"
    petrichor(
        "--yes",
        "--config",
        config,
        "--root",
        root,
        "init",
        "--backend",
        "btrfs",
        "--device",
        device,
    )
    assert load(config.read_bytes(), "first.toml", read_accounts()).volumes
    assert not (btrfs / STORED).exists()
    petrichor("--config", config, "init")


def test_no_btrfs(tmp_path: Path, root: Path) -> None:
    device = tmp_path / "empty"
    device.write_bytes(bytes(1 << 20))
    words = ("--yes", "--root", root, "init", "--backend", "btrfs", "--device", "/dev/null")
    done = petrichor(*words, code=3)
    assert "/dev/null" in done.stderr
