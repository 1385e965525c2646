"""A Btrfs volume with a home on it, a store beside it, and the command that keeps and forgets."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath

from petrichor.cli.main import run
from petrichor.system.mounts import mount_at, read_mounts
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

    def start_over(self) -> None:
        """As before the first keep, but for the declaration."""
        for mount in reversed(read_mounts()):
            if PurePosixPath(self.home) in mount.mountpoint.parents:
                subprocess.run(["umount", mount.mountpoint], check=True)
        for place in (self.store, self.alice):
            if place.exists():
                shutil.rmtree(place)
        self.make_home()

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

    def run_again(self, *words: str) -> str:
        """Many times faster than `run`, for what is done after each of many points."""
        code, said = run_forked(["--config", str(self.config), "--yes", *words])
        assert code == 0, said
        return said

    def reset(self) -> None:
        """What a boot does: all mounts go, the volume is new, what is declared is mounted."""
        subprocess.run(["umount", "--recursive", self.home], check=True)
        tool("subvolume", "delete", self.top / "home")
        tool("subvolume", "snapshot", self.top / "blank", self.top / "home")
        words = ("-o", "subvol=home", self.device, self.home)
        subprocess.run(["mount", *words], check=True, capture_output=True)
        self.make_home()


def write(path: Path, text: str, mode: int = 0o640) -> None:
    missing = [above for above in path.parents if not above.exists()]
    for above in reversed(missing):
        above.mkdir()
        os.chown(above, ALICE, ALICE)
    path.write_text(text)
    os.chown(path, ALICE, ALICE)
    path.chmod(mode)


def contents(place: Path) -> dict[str, str]:
    found = (path for path in place.rglob("*") if path.is_file() and not path.is_symlink())
    return {str(path.relative_to(place)): path.read_text() for path in found}


def is_mount(path: Path) -> bool:
    return mount_at(read_mounts(), PurePosixPath(path)) is not None


def run_forked(argv: Sequence[str]) -> tuple[int, str]:
    """The command in a fork of this process, where all is imported: its exit code, what it said."""
    with tempfile.TemporaryFile("w+", errors="surrogateescape") as said:
        child = os.fork()
        if not child:
            code = 1
            try:
                sys.stdout = sys.stderr = said
                code = run(list(argv))
            finally:
                said.flush()
                os._exit(code)
        _, status = os.waitpid(child, 0)
        said.seek(0)
        return os.waitstatus_to_exitcode(status), said.read()


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
