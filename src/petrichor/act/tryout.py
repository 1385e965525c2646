"""``try``: the whole cycle on a machine image that is thrown away.

Everything is mounted in a namespace of this process, the image lies on a tmpfs in it, and its loop
device detaches itself: however the process ends, also by SIGKILL, nothing is left behind.
"""

import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Final

from petrichor.act.init import carry_out as lay_out
from petrichor.act.init import layout_facts, refuse_if_told
from petrichor.act.reset import carry_out as reset_volume
from petrichor.act.reset import prepare as prepare_reset
from petrichor.config.load import load
from petrichor.model.accounts import Accounts
from petrichor.model.declaration import Declaration, Phase
from petrichor.model.errors import CommandError, MachineError, ToolMissingError
from petrichor.model.mounttable import MountTable
from petrichor.plan.boot import BootFacts, BootPlan, boot_plan
from petrichor.plan.keep import KeepFacts
from petrichor.plan.layout import layout_plan
from petrichor.plan.volumes.choose import mount_plan
from petrichor.render.fstab import fstab
from petrichor.render.tmpfiles import tmpfiles
from petrichor.system.command import Runner
from petrichor.system.mounts import read_mounts
from petrichor.system.namespace import enter_own_mounts

RUN: Final = Path("/run")
BASE: Final = RUN / "petrichor-try"
"""Where the machine of the trial lies, on a tmpfs of our own over /run."""
MACHINE: Final = BASE / "machine"
IMAGE_SIZE: Final = 512 << 20
"""Bytes; the image is sparse, and some five megabytes of it are written."""
PROMISE: Final = b"remember me\n"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: what should be so, and whether it is."""

    text: str
    passed: bool


@dataclass(slots=True)
class Story:
    """What happened so far; ``tell`` is called for every line as soon as it is known."""

    tell: Callable[[str], None] = lambda _: None
    checks: list[Check] = field(default_factory=list)

    def say(self, text: str) -> None:
        """Tell what is being done."""
        self.tell(text)

    def check(self, text: str, passed: bool) -> None:
        """Tell what was found."""
        self.checks.append(Check(text, passed))
        self.tell(f"  {'ok    ' if passed else 'WRONG '} {text}")

    @property
    def passed(self) -> bool:
        """Tell whether everything looked at is as it should be."""
        return bool(self.checks) and all(check.passed for check in self.checks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A machine to try: its declaration, and the files by which it is seen to forget and keep."""

    declaration: Declaration
    naughty: tuple[PurePosixPath, ...]
    kept: tuple[PurePosixPath, ...]
    retired: Path
    """Where retired volumes lie."""
    prefix: PurePosixPath
    """Where the stores' filesystems are mounted."""


def begin(runner: Runner) -> tuple[Trial, str]:
    """Enter a namespace of our own and make a machine; tell why it is not one on Btrfs, if so.

    Raises:
        MachineError: not even a namespace can be had.
    """
    obstacle = _enter(runner)
    if not obstacle:
        try:
            return btrfs_trial(runner), ""
        except CommandError as error:
            obstacle = f"no Btrfs can be mounted here: {error.message.splitlines()[-1]}"
    return directory_trial(), obstacle


def _enter(runner: Runner) -> str:
    """Enter the namespace; return why there can be no Btrfs image in it, or an empty string."""
    obstacle = _obstacle(runner)
    as_user = os.geteuid() != 0
    try:
        enter_own_mounts(as_user=as_user)
    except MachineError:
        if as_user:
            raise
        as_user, obstacle = True, "this root may not mount"  # that of a container
        enter_own_mounts(as_user=True)
    if as_user:
        _own_root(runner)
    else:
        _own_run(runner)
    for path in (BASE, MACHINE):
        path.mkdir()
    return obstacle


def _obstacle(runner: Runner) -> str:
    """Return why there can be no Btrfs image here, or an empty string."""
    if os.geteuid() != 0:
        return "this is not root"
    if not os.path.exists("/dev/loop-control"):
        return "this machine has no loop devices"
    try:
        runner.run(("mkfs.btrfs", "--version"), changes=False)
        runner.run(("btrfs", "--version"), changes=False)
        runner.run(("losetup", "--find"), changes=False)
    except ToolMissingError as error:
        return error.message
    except CommandError:
        return "this machine has no free loop device"
    return ""


def _own_run(runner: Runner) -> None:
    """Put an empty /run over that of the machine: resets mount below it, and leave names there.

    NixOS finds its tools through links in /run, so links are carried over.
    """
    links = _links(RUN)
    _mount_tmpfs(runner, RUN)
    for name, target in links.items():
        (RUN / name).symlink_to(target)


def _own_root(runner: Runner) -> None:
    """Put a root of our own below this process, with all of the machine's but /run in it.

    In a user namespace the machine's root belongs to a user that is not there, and
    systemd-tmpfiles refuses to make anything on a way that another user owns.
    """
    root, links = Path("/"), _links(RUN)
    top = {item.name: item.is_dir() for item in root.iterdir() if not item.is_symlink()}
    top_links = _links(root)
    _mount_tmpfs(runner, RUN)  # any place that surely exists
    for name, target in top_links.items():
        (RUN / name).symlink_to(target)
    for name, is_directory in top.items():
        if is_directory and name != RUN.name:
            (RUN / name).mkdir()
            bind = ("mount", "-n", "--rbind", "--", str(root / name), str(RUN / name))
            with suppress(CommandError):  # a network filesystem that does not answer
                runner.run(bind, changes=True)
    (RUN / RUN.name).mkdir()
    os.chroot(RUN)
    os.chdir("/")
    for name, target in links.items():
        (RUN / name).symlink_to(target)


def _links(directory: Path) -> dict[str, str]:
    return {item.name: os.readlink(item) for item in directory.iterdir() if item.is_symlink()}


def _mount_tmpfs(runner: Runner, where: Path) -> None:
    mount = ("mount", "-n", "-t", "tmpfs", "-o", "mode=0755", "tmpfs", str(where))
    runner.run(mount, changes=True)


def btrfs_trial(runner: Runner) -> Trial:
    """Make a Btrfs in a file and return the machine on it.

    Raises:
        CommandError: the kernel has no Btrfs, or no loop device was to be had.
    """
    image, top = BASE / "image", BASE / "top"
    with image.open("wb") as file:
        file.truncate(IMAGE_SIZE)
    top.mkdir()
    runner.run(("mkfs.btrfs", "--quiet", str(image)), changes=True)
    # This mount owns the loop device, which detaches itself with the last one.
    mount = ("mount", "-n", "-t", "btrfs", "-o", "loop,subvolid=5", str(image), str(top))
    runner.run(mount, changes=True)
    found = MountTable(read_mounts()).at(PurePosixPath(top))
    assert found is not None
    text = f"""\
[volumes."/"]
backend = "btrfs"
device = "{found.source}"
subvolume = "root"

[volumes."/home"]
backend = "btrfs"
device = "{found.source}"
subvolume = "home"

[filesystems."/persist"]
type = "btrfs"
device = "{found.source}"
options = ["subvol=/persist"]

[persistence."/persist/root"]
directories = ["/var/lib/garden", "/home/alice/Documents"]
"""
    return Trial(
        declaration=load(text.encode(), "the trial's declaration", Accounts()),
        naughty=(PurePosixPath("/naughty-file"), PurePosixPath("/home/alice/naughty-file")),
        kept=(
            PurePosixPath("/var/lib/garden/roses"),
            PurePosixPath("/home/alice/Documents/letter"),
        ),
        retired=top / "retired",
        prefix=PurePosixPath(MACHINE),
    )


def directory_trial() -> Trial:
    """Return a machine whose home is a plain directory; its root cannot be one."""
    text = f"""\
[volumes."/home"]
backend = "directory"
directory = "{BASE}/disk/home"

[persistence."{BASE}/disk/persist"]
directories = ["/home/alice/Documents"]
"""
    (BASE / "disk").mkdir()
    return Trial(
        declaration=load(text.encode(), "the trial's declaration", Accounts()),
        naughty=(PurePosixPath("/home/alice/naughty-file"),),
        kept=(PurePosixPath("/home/alice/Documents/letter"),),
        retired=BASE / "disk/retired",
        prefix=PurePosixPath("/"),
    )


def run_trial(trial: Trial, runner: Runner, story: Story) -> None:
    """Go through the cycle: init, keep, write, reset, look."""
    declaration = trial.declaration
    plan = layout_plan(declaration, layout_facts(declaration, runner))
    refuse_if_told(plan)
    story.say("init: what the declaration names is created")
    lay_out(plan.steps, runner, progress=lambda step: story.say(f"  {step.describe()}"))

    story.say("boot: volumes are mounted, kept paths come back")
    boot = boot_plan(declaration, BootFacts(keep=KeepFacts(accounts=Accounts())))
    _boot(trial, boot, runner)
    for bind in (*boot.initrd_keep.binds, *boot.system_keep.binds):
        story.say(f"  {bind.target} is kept in {bind.source}")

    story.say("use: files are written")
    for path in (*trial.naughty, *trial.kept):
        _inside(path).parent.mkdir(parents=True, exist_ok=True)
        _inside(path).write_bytes(PROMISE)
        story.say(f"  {path}")
    identities = {path: _inside(path).stat().st_ino for path in trial.kept}

    story.say("shutdown, and at the next boot every volume is reset")
    _shut_down(runner)
    for volume, _ in boot.resets:
        reset = prepare_reset(declaration, volume.mountpoint, runner)
        for line in reset.describe():
            story.say(f"  {line}")
        reset_volume(reset, runner)
    _boot(trial, boot, runner)
    _judge(trial, boot, identities, story)


def _inside(path: PurePosixPath) -> Path:
    return MACHINE / path.relative_to("/")


def _boot(trial: Trial, boot: BootPlan, runner: Runner) -> None:
    """Mount what the units of a boot would mount, with the text that is rendered for them."""
    plans = [mount_plan(volume) for volume in boot.declaration.volumes]
    rest = [(item.where, item.type, item.what, item.options) for item in plans]
    rest += [
        (item.mountpoint, item.type, item.device, item.options)
        for item in boot.declaration.filesystems
    ]
    for where, kind, what, options in sorted(rest, key=lambda item: item[0].parts):
        chosen = ",".join((*options, "X-mount.mkdir"))
        argv = ("mount", "-n", "-t", kind, "-o", chosen, "--", what, str(_inside(where)))
        runner.run(argv, changes=True)
    for phase, keep in ((Phase.INITRD, boot.initrd_keep), (Phase.SYSTEM, boot.system_keep)):
        if keep.is_empty:
            continue
        made, mounts = BASE / f"{phase}.tmpfiles", BASE / f"{phase}.fstab"
        made.write_text(_tmpfiles(trial, boot, phase))
        mounts.write_text(fstab(keep.binds, trial.prefix))
        runner.run(("systemd-tmpfiles", "--create", str(made)), changes=True)
        prefix = ("--target-prefix", str(MACHINE))
        runner.run(("mount", "-n", "--all", "--fstab", str(mounts), *prefix), changes=True)


def _tmpfiles(trial: Trial, boot: BootPlan, phase: Phase) -> str:
    """Return the rendered text; places in a store lie where that is mounted."""
    keep = boot.initrd_keep if phase is Phase.INITRD else boot.system_keep
    stores = boot.declaration.stores
    inner = [item for item in keep.places if not any(s in item.path.parents for s in stores)]
    outer = [item for item in keep.places if item not in inner]
    return tmpfiles(outer, trial.prefix) + tmpfiles(inner, PurePosixPath(MACHINE))


def _shut_down(runner: Runner) -> None:
    """Unmount all that is mounted on the machine, what was mounted last first."""
    mounts = [item.mountpoint for item in read_mounts()]
    for point in reversed(mounts):
        if point == PurePosixPath(MACHINE) or PurePosixPath(MACHINE) in point.parents:
            runner.run(("umount", "-n", "--", str(point)), changes=True)


def _judge(
    trial: Trial, boot: BootPlan, identities: dict[PurePosixPath, int], story: Story
) -> None:
    """Look at the machine after its reset."""
    story.say("what is left:")
    for path in trial.naughty:
        story.check(f"{path} is gone", not os.path.lexists(_inside(path)))
    for path in trial.kept:
        story.check(f"{path} is there, unchanged", _read(_inside(path)) == PROMISE)
        story.check(f"{path} is the same file in the store", _inode(path) == identities[path])
    for volume, _ in boot.resets:
        top = _inside(volume.mountpoint)
        held = {item.name for item in top.iterdir()} - _made(boot, volume.mountpoint)
        story.check(f"nothing else is on the volume of {volume.mountpoint}", not held)
    old = sorted(trial.retired.iterdir()) if trial.retired.is_dir() else []
    for path in trial.naughty:
        names = (path.name, f"{path.parent.name}/{path.name}")
        found = any(_read(place / name) == PROMISE for place in old for name in names)
        story.check(f"{path} can still be found on the retired volume", found)


def _made(boot: BootPlan, mountpoint: PurePosixPath) -> set[str]:
    """Return the names at the top of a volume that kept paths and mounts need."""
    needed: Iterable[PurePosixPath] = [
        *(place.path for place in (*boot.initrd_keep.places, *boot.system_keep.places)),
        *(volume.mountpoint for volume in boot.declaration.volumes),
        *(item.mountpoint for item in boot.declaration.filesystems),
    ]
    inside = (path for path in needed if mountpoint in path.parents)
    return {path.relative_to(mountpoint).parts[0] for path in inside}


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _inode(path: PurePosixPath) -> int | None:
    try:
        return _inside(path).stat().st_ino
    except OSError:
        return None
