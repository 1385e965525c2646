"""A Btrfs volume with a home on it, a store beside it, and the command that keeps and forgets."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

from petrichor.cli.main import run
from tests.root.harness.past import tool
from tests.root.harness.program import REPO

ALICE = 1000


class Machine:
    """A volume at `home`, a store below `persist`, both of one Btrfs; /run and /etc are its own."""

    def __init__(self, top: Path, base: Path, device: str) -> None:
        self.top, self.home, self.persist = top, base / "home", base / "persist"
        self.store = self.persist / "root"
        for name in ("blank", "home", "persist"):
            tool("subvolume", "create", top / name)
        for name, place in (("home", self.home), ("persist", self.persist)):
            place.mkdir()
            words = ("-o", f"subvol={name}", device, place)
            subprocess.run(["mount", *words], check=True, capture_output=True)
        own_run()
        self.alice = self.home / "alice"
        self.make_home()
        self.config = base / "petrichor.toml"
        self.device = device
        self.config.write_text(self.text())

    def make_home(self) -> None:
        self.alice.mkdir(mode=0o700)
        os.chown(self.alice, ALICE, ALICE)

    def text(self, more: str = "") -> str:
        return (
            f'# mine\n[volumes."{self.home}"]\nbackend = "btrfs"\ndevice = "{self.device}"\n'
            f'subvolume = "home"\nbaseline = "blank"\nreset = "rollback"\n'
            f'[filesystems."{self.persist}"]\ntype = "btrfs"\ndevice = "{self.device}"\n'
            f'options = ["subvol=persist"]\n'
            f'[persistence."{self.store}"]\n'
            f'directories = ["{self.home}/kept"]  # the first\n{more}'
            f'[persistence."{self.store}".users.{ALICE}]\nhome = "{self.alice}"\n'
        )

    def in_store(self, path: Path) -> Path:
        return self.store / path.relative_to("/")

    def argv(self, *words: str | bytes | Path) -> list[bytes]:
        command = (REPO / ".venv/bin/python", "-m", "petrichor", "--config", self.config, "--yes")
        return [os.fsencode(word) for word in (*command, *words)]

    def run(self, *words: str | bytes | Path, code: int = 0) -> str:
        done = subprocess.run(
            self.argv(*words), cwd=REPO, stdin=subprocess.DEVNULL, capture_output=True, check=False
        )
        assert done.returncode == code, done
        return os.fsdecode(done.stdout + done.stderr)

    def reset(self) -> None:
        """What a boot does: all mounts go, the volume is new, what is declared is mounted."""
        subprocess.run(["umount", "--recursive", self.home], check=True)
        tool("subvolume", "delete", self.top / "home")
        tool("subvolume", "snapshot", self.top / "blank", self.top / "home")
        words = ("-o", "subvol=home", self.device, self.home)
        subprocess.run(["mount", *words], check=True, capture_output=True)
        self.make_home()


def quietly(argv: list[str]) -> Callable[[], None]:
    """The command in this process; what it says would count as writing."""

    def work() -> None:
        with open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        assert run(argv) == 0

    return work


def own_run() -> None:
    """Nothing of the host's /run is written."""
    place = Path("/run/petrichor")
    place.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", place], check=True)
