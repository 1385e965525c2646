"""A machine that forgets: a declaration, the boot path rendered from it, and its disk."""

import copy
import io
import os
import shlex
import sys
import tarfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Self

from tests.vm import cpio, host
from tests.vm.image import Image
from tests.vm.machine import Boot, Drive, Job, Machine

HERE: Final = Path(__file__).parent
SOURCE: Final = host.REPO / "src" / "petrichor"
STARTER: Final = "#!/usr/bin/python3\nfrom petrichor.__main__ import main\nmain()\n"
SIZE: Final = 3 << 30  # bytes of the system's disk; it is sparse
UNITS: Final = "usr/lib/systemd/system"
KEY: Final = bytes(range(32))


def product() -> bytes:
    """Return the package under test and its starter as a tar for the machine's /."""
    memory = io.BytesIO()
    with tarfile.open(fileobj=memory, mode="w") as tar:
        for path in sorted(SOURCE.rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                inside = path.relative_to(SOURCE)
                tar.add(path, f"usr/lib/python3/dist-packages/petrichor/{inside}", filter=_owned)
        starter = tarfile.TarInfo("usr/bin/petrichor")
        starter.mode, starter.size = 0o755, len(STARTER)
        tar.addfile(starter, io.BytesIO(STARTER.encode()))
    return memory.getvalue()


def _owned(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = "root"
    member.mode = 0o644
    return member


def render(accounts: Path, declaration: Path, output: Path, *words: str) -> Path:
    """Run `petrichor render` with the accounts of a tree; return its output."""
    host.run([
        "env", f"PYTHONPATH={host.REPO / 'src'}", sys.executable, "-m", "petrichor",
        "--root", accounts, "--config", declaration,
        "render", "--output", output, *words,
    ])  # fmt: skip
    return output


def in_initrd() -> list[cpio.Entry]:
    """Return what lets a job run in the initrd too, right after the root was mounted."""
    return [
        cpio.file("usr/lib/ring/agent", (HERE / "guest/agent").read_text(), 0o755),
        cpio.file(f"{UNITS}/ring-initrd.service", (HERE / "guest/ring-initrd.service").read_text()),
        cpio.link(
            f"{UNITS}/initrd-root-fs.target.wants/ring-initrd.service", "../ring-initrd.service"
        ),
    ]


class Subject(Machine):
    """A machine with a disk of its own, its declaration and what is rendered from it."""

    file = "petrichor.toml"

    def __init__(
        self, image: Image, place: Path, declaration: str, *, backend: str, parent: str = "rpool"
    ) -> None:
        place.mkdir(parents=True)
        disk = place / "system"
        disk.touch()
        os.truncate(disk, SIZE)
        root = f"zfs:{parent}/root" if backend == "zfs" else "LABEL=system rootflags=subvol=root"
        drive = Drive(serial="system", path=disk)
        super().__init__(image, place, [drive], f"root={root}")
        self.settings = {"BACKEND": backend, "PARENT": parent}
        self.declaration = place / self.file
        self.declaration.write_text(declaration)
        self.rendered = self.render(place / "rendered")
        self.extra = list(cpio.tree(self.rendered / "initrd"))

    def render(self, output: Path) -> Path:
        """Render the boot path into a directory; return it."""
        return render(self.image.tree, self.declaration, output, "--target", "dracut")

    def job(self, name: str, *, initrd: str = "", **settings: str) -> Job:
        """Return a job of the running system, of the initrd, or both, with its variables."""
        return Job(
            script=self._script(name, settings) if name else "",
            initrd=self._script(initrd, settings) if initrd else "",
        )

    def _script(self, name: str, settings: dict[str, str]) -> str:
        variables = {**self.settings, **settings}.items()
        head = "".join(f"{key}={shlex.quote(value)}\n" for key, value in variables)
        jobs = HERE / "jobs"
        return head + (jobs / "library.sh").read_text() + (jobs / f"{name}.sh").read_text()

    def install(self, root: str, *, old: str = "", key: str = "") -> Boot:
        """Fill the disk, in a machine that runs from a disk of its own."""
        drives = [
            Drive(serial="content", path=self.image.content, spare=True),
            *self.drives,
        ]
        installer = Machine(self.image, self.place / "install", drives, "")
        installer.initrd = self.image.installer
        job = self.job("install", ROOT=root, OLD=old, KEY=key)
        job.files.update(self.content())
        return installer.boot(job)

    def content(self) -> dict[str, bytes]:
        """Return the files that the installer has beside its script."""
        return {
            "declaration.toml": self.declaration.read_bytes(),
            "product.tar": product(),
            "key": KEY,
        }

    def live(self, number: int, *, initrd: str = "", extra: Sequence[cpio.Entry] = ()) -> Boot:
        """Boot once, note what is there, and leave traces for the next boot."""
        return self.boot(self.job("life", initrd=initrd, NUMBER=str(number)), extra=extra)

    def fork(self, name: str) -> Self:
        """Return the same machine with a copy of its disk as it is now."""
        twin = copy.copy(self)
        twin.place = self.place / name
        twin.place.mkdir()
        twin.boots = 0
        disk = twin.place / "system"
        (drive,) = self.drives
        base: list[str | Path] = ["-F", drive.format, "-b", drive.path]
        host.run(["qemu-img", "create", "-q", "-f", "qcow2", *base, disk])
        twin.drives = (Drive(serial="system", path=disk, format="qcow2"),)
        return twin
