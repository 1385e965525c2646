"""``apply`` from end to end: look, decide, and carry out in an order that can be cut off.

What lasts comes first and the initrd right after it, so that a machine that loses its power
boots either the old way or the new one.
"""

import shutil
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from petrichor.act import install
from petrichor.config.load import load
from petrichor.model.accounts import Accounts
from petrichor.model.declaration import KeptPath
from petrichor.model.errors import DeclarationError, MachineError, ToolMissingError, UsageError
from petrichor.model.mounttable import MountTable
from petrichor.model.plan import Bind, KeepPlan, Make
from petrichor.model.text import show
from petrichor.plan.apply import (
    GRUB,
    RUNTIME_FILES,
    Installation,
    installation,
    keep_now,
    to_unmount,
)
from petrichor.plan.boot import BootPlan
from petrichor.render.after import DECLARATION
from petrichor.render.target import make_target
from petrichor.render.tree import render
from petrichor.system.command import Runner
from petrichor.system.files import read_if_present
from petrichor.system.mounts import read_mounts
from petrichor.system.systemd import daemon_reload

_UPDATE_GRUB = PurePosixPath("/usr/sbin/update-grub")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is to be applied, where, and what may be hidden."""

    plan: BootPlan
    declaration_json: str
    accounts: Accounts
    root: Path
    hide: tuple[PurePosixPath, ...] = ()
    program: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What ``apply`` will do; ``lines`` say it, and are empty when there is nothing."""

    root: Path
    wanted: Installation
    files: tuple[PurePosixPath, ...]
    remove: tuple[PurePosixPath, ...]
    build: bool
    grub: bool
    keep: KeepPlan
    mount: tuple[PurePosixPath, ...]
    unmount: tuple[PurePosixPath, ...]

    @property
    def lines(self) -> list[str]:
        """Return the plan as lines to read."""
        lines = [f"write    {show(path)}" for path in self.files]
        lines += [f"remove   {show(path)}" for path in self.remove]
        lines += ["update   the menu of GRUB"] if self.grub else []
        lines += ["build    the initrds of all kernels"] if self.build else []
        lines += [f"keep     {show(path)}" for path in self.mount]
        lines += [f"unmount  {show(path)}" for path in self.unmount]
        return lines


def prepare(request: Request) -> Work:
    """Look at the machine and decide; nothing is changed.

    Raises:
        RefusedError: a mount would hide data.
        MachineError: a store is not mounted, or this is no machine with dracut.
        ToolMissingError: dracut is not installed.
    """
    root = request.root
    _need_dracut(root)
    target = make_target("dracut", [f"petrichor={request.program or _program(root)}"])
    tree = render(request.plan, target, request.declaration_json)
    grub = install.below(root, GRUB.parent).is_dir() and install.below(root, _UPDATE_GRUB).exists()
    wanted = installation(tree, request.plan.declaration.machine_id, grub=grub)
    live = root == Path("/")
    keep = keep_now(request.plan)
    _check_hide(keep, request.hide)
    if live:
        install.check_stores(keep)
        install.refuse_hidden(install.find_hidden(keep, request.hide))
    texts = {**wanted.lasting, **(wanted.running if live else {})}
    files, remove = install.changed(texts, root), install.superfluous(wanted, root)
    build = not install.initrd_is_current(wanted, root)
    return Work(
        root=root,
        wanted=wanted,
        files=tuple(files),
        remove=tuple(remove),
        build=build,
        grub=GRUB in remove or (GRUB in wanted.lasting and (build or GRUB in files)),
        keep=keep,
        mount=tuple(_new(keep)) if live else (),
        unmount=tuple(_gone(keep, request.accounts)) if live else (),
    )


def carry_out(work: Work, runner: Runner) -> Iterator[str]:
    """Do it, and yield what there is to say about it."""
    install.write_files(work.wanted.lasting, work.root)
    install.remove_files(work.remove, work.root)
    if work.grub:
        install.update_grub(work.root, runner)
    if work.build:
        yield "building the initrds; this takes a while"
        install.build_initrd(work.wanted, work.root, runner)
    if work.root != Path("/"):
        yield f"the system at {work.root} is ready; its kept paths appear when it boots"
        return
    pending = install.unmount(work.unmount, runner)
    install.bring_back(work.keep, runner)
    install.write_files(work.wanted.running, work.root)
    daemon_reload(runner)
    yield f"{len(work.keep.binds)} kept paths are mounted"
    for path in pending:
        yield f"{show(path)} is in use; it is unmounted at the next boot"


def _need_dracut(root: Path) -> None:
    if not install.below(root, PurePosixPath("/usr/lib/dracut/modules.d")).is_dir():
        hint = "on Debian: apt install dracut; on NixOS: use the module, or petrichor render"
        raise ToolMissingError("apply needs dracut, which is not installed", hint=hint)


def _check_hide(keep: KeepPlan, hide: Iterable[PurePosixPath]) -> None:
    """Refuse to pass over a path that nothing would hide: it was mistyped."""
    known = {bind.target for bind in keep.binds}
    known |= {place.path for place in keep.places if place.make is Make.LINK}
    for path in hide:
        if path not in known:
            hint = "name a kept path as the declaration does"
            raise UsageError(f"--hide {show(path)}: nothing is mounted there", hint=hint)


def _program(root: Path) -> PurePosixPath:
    """Return where this command lies, for the boot to call it.

    Raises:
        MachineError: it runs from nowhere that a unit could name.
    """
    started = Path(sys.argv[0])
    found = started if started.is_absolute() and started.name == "petrichor" else None
    if found is None or not found.exists():
        installed = shutil.which("petrichor")
        found = None if installed is None else Path(installed)
    hint = "install it there, or say --petrichor /usr/bin/petrichor"
    if found is None:
        raise MachineError("the petrichor command is not in PATH", hint=hint)
    place = PurePosixPath(found)
    if not install.below(root, place).exists():
        raise MachineError(f"there is no {show(place)} in the system at {root}", hint=hint)
    return place


def _new(keep: KeepPlan) -> list[PurePosixPath]:
    return [bind.target for bind in keep.binds if not install.is_shown(bind)]


def _gone(keep: KeepPlan, accounts: Accounts) -> list[PurePosixPath]:
    """Return what the declaration that is in force mounts and the new one does not."""
    data = read_if_present(Path(RUNTIME_FILES / DECLARATION))
    if data is None:
        return []
    try:
        before = load(data, DECLARATION, accounts)
    except DeclarationError:
        return []
    table = MountTable(read_mounts())
    shown = {kept.path for kept in before.kept if _is_ours(kept, table)}
    return to_unmount(shown, [bind.target for bind in keep.binds], shown)


def _is_ours(kept: KeptPath, table: MountTable) -> bool:
    """Tell whether what is mounted at a kept path comes from its store, not from elsewhere."""
    mount = table.at(kept.path)
    if mount is None:
        return False
    bind = Bind(source=kept.source, target=kept.path, options=())
    return mount.deleted or install.is_shown(bind)
