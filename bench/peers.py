"""The commands that users have today, each with the options that come nearest to the loss."""

import shutil
import sys
from pathlib import Path
from typing import Final

from bench.disk import PLACE, Disk, mount, run
from bench.measure import Command

PRINTED: Final = "%p %i %s %m %U %G %T@ %C@ %y\\n"
SNAPPER: Final = Path("/etc/snapper/configs/t")
_INFO: Final = """\
<?xml version="1.0"?>
<snapshot><type>single</type><num>{0}</num><date>2026-01-01 00:00:00</date></snapshot>
"""


def program() -> str:
    """Our installed entry point."""
    return str(Path(sys.executable).with_name("petrichor"))


def petrichor(disk: Disk, *arguments: str, name: str, rows: int | None = None) -> Command:
    """Ours, by the installed entry point; with `rows` it ends each with a NUL."""
    whole = (
        program(),
        "--config",
        str(disk.config),
        "diff",
        "--volume",
        str(disk.live),
        *arguments,
    )
    return Command(name, (whole,), rows, b"\0" if rows is not None else b"\n")


def find(disk: Disk, rows: int) -> Command:
    whole = ("find", str(disk.live), "-xdev", "-printf", PRINTED)
    return Command("find -xdev -printf", (whole,), rows)


def gdu(disk: Disk) -> Command:
    return Command("gdu -npx", (("gdu", "-npx", str(disk.live)),))


def rsync(disk: Disk, *, names: bool) -> Command:
    options = ("-naHAX", *(["-i"] if names else []), "--delete")
    whole = ("rsync", *options, f"{disk.live}/", f"{disk.blank}/")
    return Command(" ".join(whole[:-2]), (whole,))


def send(disk: Disk, frozen: Path, *, whole: bool) -> Command:
    """Needs a read-only snapshot, and prints what was done, not what differs."""
    parent = () if whole else ("-p", str(disk.blank))
    sent = ("btrfs", "send", "-q", "--no-data", *parent, str(frozen))
    return Command("btrfs send --no-data, dump", (sent, ("btrfs", "receive", "--dump")))


def twowalk(disk: Disk) -> Command:
    whole = (sys.executable, "-m", "bench.twowalk", str(disk.blank), str(disk.live))
    return Command("two walks, Python", (whole,))


def snapper(disk: Disk) -> list[Command]:
    """On two read-only snapshots, and against the live tree, where it falls back to a walk.

    The live tree needs a directory `.snapshots`.  It sees a mount of its own, so that Petrichor
    and the others do not see its snapshots.
    """
    if not shutil.which("snapper"):
        return []
    seen, kept = PLACE / "snapper", disk.top / "snapshots"
    run("btrfs", "subvolume", "create", kept)
    for number, source in ((1, "blank"), (2, "root")):
        folder = kept / str(number)
        folder.mkdir()
        (folder / "info.xml").write_text(_INFO.format(number), encoding="utf-8")
        run("btrfs", "subvolume", "snapshot", "-r", disk.top / source, folder / "snapshot")
    seen.mkdir()
    mount(disk, "root", seen)
    mount(disk, "snapshots", seen / ".snapshots")
    SNAPPER.parent.mkdir()
    SNAPPER.write_text(f'SUBVOLUME="{seen}"\nFSTYPE="btrfs"\n', encoding="utf-8")
    status = ("snapper", "--no-dbus", "-c", "t", "status")

    def forget() -> None:
        """What it found the last time would be printed again."""
        for cached in kept.glob("*/filelist-*"):
            cached.unlink()

    return [
        Command("snapper, two snapshots", ((*status, "1..2"),), before=forget),
        Command("snapper, live", ((*status, "1..0"),), before=forget),
    ]


def installed(commands: list[Command]) -> list[Command]:
    """Without those whose program this machine does not have."""
    return [one for one in commands if all(shutil.which(part[0]) for part in one.pipeline)]
