"""Two volumes that are reset again and again, and the command that looks at what is left."""

import os
import subprocess
import time
import uuid
from pathlib import Path, PurePosixPath

from petrichor.act.steps import Moment, run_plan
from petrichor.model.declaration import BtrfsVolume, DirectoryVolume, Phase, Reset, Retention
from petrichor.plan.volumes.choose import reset_plan
from petrichor.system.command import SystemRunner
from petrichor.system.mounts import mount_at, read_mounts
from tests.root.harness.program import REPO


def tool(*arguments: str | Path) -> None:
    subprocess.run(["btrfs", *arguments], check=True, capture_output=True)


class Past:
    """A Btrfs volume at `seen`, and a directory volume at `bound`, that are reset again and again.

    As at a boot, nothing is mounted there meanwhile.
    """

    def __init__(self, top: Path, base: Path) -> None:
        self.top, self.seen, self.bound = top, base / "seen", base / "bound"
        mount = mount_at(read_mounts(), PurePosixPath(top))
        assert mount is not None
        self.device = mount.source
        self.live, self.content = top / "home", base / "content"
        for place in (self.seen, self.bound, self.content):
            place.mkdir()
        tool("subvolume", "create", top / "blank")
        (top / "blank/from the baseline").write_text("x")
        tool("subvolume", "snapshot", top / "blank", self.live)
        self.config = base / "petrichor.toml"
        self.config.write_text(
            f'[volumes."{self.seen}"]\nbackend = "btrfs"\ndevice = "{self.device}"\n'
            f'subvolume = "home"\nbaseline = "blank"\nreset = "retire"\n'
            f'[volumes."{self.bound}"]\nbackend = "directory"\ndirectory = "{self.content}"\n'
            f'reset = "retire"\n[loss]\nignore = ["**/ignored/"]\n'
        )
        common = {"phase": Phase.SYSTEM, "reset": Reset.RETIRE, "retention": Retention()}
        self.volumes = (
            BtrfsVolume(
                mountpoint=PurePosixPath(self.seen),
                device=self.device,
                subvolume=PurePosixPath("home"),
                baseline=PurePosixPath("blank"),
                **common,  # type: ignore[arg-type]
            ),
            DirectoryVolume(
                mountpoint=PurePosixPath(self.bound),
                directory=PurePosixPath(self.content),
                **common,  # type: ignore[arg-type]
            ),
        )
        self.began = int(time.time())
        self.ids: list[str] = []

    def boot(self, stamp: str = "", *, both: bool = True) -> str:
        """Set aside what is there, a second after the last; as a boot id this is unique."""
        seconds = self.began + len(self.ids)
        now = stamp or time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(seconds))
        moment = Moment(now, uuid.uuid4().hex)
        for volume in self.volumes[: 2 if both else 1]:
            run_plan(reset_plan(volume, {}), SystemRunner(), moment)
        self.ids.append(moment.boot)
        return moment.boot

    def mount(self) -> None:
        """As it is after a boot."""
        for *words, place in (
            ("-o", "subvol=home", self.device, str(self.seen)),
            ("--bind", str(self.content), str(self.bound)),
        ):
            subprocess.run(["mount", *words, place], check=True, capture_output=True)

    def unmount(self) -> None:
        for place in (self.seen, self.bound):
            subprocess.run(["umount", "--recursive", place], check=True, capture_output=True)

    def run(self, *words: str | bytes | Path, code: int = 0) -> tuple[str, str]:
        command = (REPO / ".venv/bin/python", "-m", "petrichor", "--config", self.config)
        done = subprocess.run(
            [os.fsencode(word) for word in (*command, *words)],
            cwd=REPO, stdin=subprocess.DEVNULL, capture_output=True, check=False,
        )  # fmt: skip
        assert done.returncode == code, done
        return os.fsdecode(done.stdout), os.fsdecode(done.stderr)
