"""``apply`` from end to end: look, decide, and carry out in an order that can be cut off.

Data is copied into the stores first.  Then what lasts, and the initrd right after it, so that a
machine that loses its power boots either the old way or the new one.
"""

import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Final

from petrichor.act import install
from petrichor.act.adopting import Adoption, Origins, adopt, existing_after, survey, writers
from petrichor.act.inforce import in_force
from petrichor.act.journal import journal, stores_cut_off
from petrichor.act.rendering import boot_facts
from petrichor.act.saving import bring_in
from petrichor.act.steps import stamp_now
from petrichor.model.accounts import Accounts
from petrichor.model.copying import Watch, silent
from petrichor.model.declaration import Declaration, KeptPath
from petrichor.model.errors import MachineError, ToolMissingError, UsageError
from petrichor.model.mounttable import MountTable
from petrichor.model.origin import Origin
from petrichor.model.plan import KeepPlan
from petrichor.model.text import show
from petrichor.plan.adopt import Take
from petrichor.plan.apply import (
    GRUB,
    Installation,
    installation,
    keep_now,
    keep_part,
    to_unmount,
)
from petrichor.plan.boot import BootPlan, boot_plan
from petrichor.plan.keep import brought_back, stores_needed
from petrichor.render.copy import LAST_UNIT
from petrichor.render.target import make_target
from petrichor.render.tree import render
from petrichor.system.command import Runner
from petrichor.system.copied import is_marked, unmark
from petrichor.system.mounts import read_mounts
from petrichor.system.systemd import daemon_reload, start, stop

_DRACUT: Final = PurePosixPath("/usr/lib/dracut/modules.d")
_UPDATE_GRUB: Final = PurePosixPath("/usr/sbin/update-grub")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is to be applied, where, and what may be hidden."""

    plan: BootPlan
    declaration_json: str
    accounts: Accounts
    root: Path
    stamp: str
    """UTC time, for the names of what makes way."""
    adoptions: tuple[Adoption, ...] = ()
    program: str | None = None
    only: tuple[KeptPath, ...] | None = None
    """The kept paths to bring back; None for all."""
    installs: bool = True
    """Whether the boot path is installed, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Boots:
    """What of the boot path is to be installed."""

    wanted: Installation
    files: tuple[PurePosixPath, ...]
    remove: tuple[PurePosixPath, ...]
    build: bool
    grub: bool

    @property
    def lines(self) -> list[str]:
        """Return the plan as lines to read."""
        lines = [f"write    {show(path)}" for path in self.files]
        lines += [f"remove   {show(path)}" for path in self.remove]
        lines += ["update   the menu of GRUB"] if self.grub else []
        lines += ["build    the initrds of all kernels"] if self.build else []
        return lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What ``apply`` will do; ``lines`` say it, and are empty when there is nothing."""

    request: Request
    boots: Boots | None
    keep: KeepPlan
    mount: tuple[PurePosixPath, ...]
    unmount: tuple[PurePosixPath, ...]
    unlink: tuple[KeptPath, ...] = ()
    tidy: tuple[PurePosixPath, ...] = ()
    """Stores in which an adoption was cut off."""

    @property
    def copies(self) -> list[Origin]:
        """Return what is to be copied."""
        return [item.target.origin for item in self.request.adoptions if item.copies]

    @property
    def lines(self) -> list[str]:
        """Return the plan as lines to read."""
        lines = [f"tidy     {show(store)}: a run was cut off there" for store in self.tidy]
        lines += [
            line for item in self.request.adoptions for line in item.lines(self.request.stamp)
        ]
        lines += writers(self.request.adoptions)
        lines += self.boots.lines if self.boots is not None else []
        lines += [f"keep     {show(path)}" for path in self.mount]
        lines += [f"unmount  {show(path)}" for path in self.unmount]
        lines += [f"unlink   {show(kept.path)}" for kept in self.unlink]
        return lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the owner said beyond the declaration."""

    hide: tuple[PurePosixPath, ...] = ()
    take: str | None = None
    program: str | None = None
    only: tuple[PurePosixPath, ...] | None = None
    installs: bool = True
    origins: Origins = field(default_factory=dict)
    links: bool = False
    """Whether a file whose method is open is a link, as where no store was looked at."""


def request(
    stack: ExitStack,
    declaration: Declaration,
    declaration_json: str,
    accounts: Accounts,
    root: Path,
    wish: Wish,
) -> Request:
    """Look at both sides of what is kept, held open by ``stack``, and ask for what follows.

    Raises:
        UsageError: nothing would be hidden at a path that may be.
        RefusedError: something cannot be adopted; each path is named.
        MachineError: a store or a volume cannot be looked at.
    """
    known = brought_back(declaration)
    check_hide(known, wish.hide)
    chosen = [kept for kept in known if wish.only is None or kept.path in wish.only]
    adoptions: list[Adoption] = []
    if root == Path("/"):
        take = Take(wish.take) if wish.take else None
        table = MountTable(read_mounts())
        install.check_stores(stores_needed(declaration, chosen), table)
        adoptions = survey(stack, chosen, table, take=take, hide=wish.hide, origins=wish.origins)
    facts = boot_facts(declaration, accounts, root)
    existing = facts.keep.existing | existing_after(adoptions)
    existing = frozenset() if wish.links else existing
    facts = replace(facts, keep=replace(facts.keep, existing=existing))
    return Request(
        plan=boot_plan(declaration, facts),
        declaration_json=declaration_json,
        accounts=accounts,
        root=root,
        stamp=stamp_now(),
        adoptions=tuple(adoptions),
        program=wish.program,
        only=None if wish.only is None else tuple(chosen),
        installs=wish.installs,
    )


def prepare(request: Request) -> Work:
    """Look at the machine and decide; nothing is changed.

    Raises:
        MachineError: a store is not mounted, or this is no machine with dracut.
        ToolMissingError: dracut is not installed.
    """
    live = request.root == Path("/")
    keep = keep_now(request.plan)
    if request.only is not None:
        keep = keep_part(keep, request.only)
    boots = _boots(request) if request.installs else None
    return Work(
        request=request,
        boots=boots,
        keep=keep,
        mount=tuple(_new(keep)) if live else (),
        unmount=tuple(_gone(keep, request.accounts)) if live and request.only is None else (),
        tidy=tuple(sorted(stores_cut_off(item.kept.store for item in request.adoptions))),
    )


def undoing(work: Work, gone: Iterable[KeptPath]) -> Work:
    """Return work that also takes away the mounts and links of what is kept no longer."""
    table, kept = MountTable(read_mounts()), list(gone)
    unmount = to_unmount([item.path for item in kept], [], _shown(kept, table))
    unlink = tuple(item for item in kept if install.is_linked(item.path, item.source))
    return replace(work, unmount=tuple(unmount), unlink=unlink)


def has_dracut(root: Path) -> bool:
    """Tell whether the machine builds its initrds by dracut."""
    return install.below(root, _DRACUT).is_dir()


def _boots(request: Request) -> Boots:
    """Compare the boot path with what is installed of it."""
    root = request.root
    _need_dracut(root)
    target = make_target("dracut", [f"petrichor={request.program or _program(root)}"])
    tree = render(request.plan, target, request.declaration_json)
    grub = install.below(root, GRUB.parent).is_dir() and install.below(root, _UPDATE_GRUB).exists()
    wanted = installation(tree, request.plan.declaration.machine_id, grub=grub)
    texts = {**wanted.lasting, **(wanted.running if root == Path("/") else {})}
    files, remove = install.changed(texts, root), install.superfluous(wanted, root)
    build = not install.initrd_is_current(wanted, root)
    return Boots(
        wanted=wanted,
        files=tuple(files),
        remove=tuple(remove),
        build=build,
        grub=GRUB in remove or (GRUB in wanted.lasting and (build or GRUB in files)),
    )


def carry_out(work: Work, runner: Runner) -> Iterator[str]:
    """Do what is to be done once all is adopted, and yield what there is to say about it."""
    yield from install_boots(work, runner)
    if work.request.root != Path("/"):
        yield f"the system at {work.request.root} is ready; its kept paths appear when it boots"
        return
    yield from bring_live(work, runner)


def adopt_all(work: Work, watching: Callable[[Origin], Watch] = lambda _: silent) -> Iterator[str]:
    """Copy into the stores what mounts would hide; ``watching`` gives who hears of each copy."""
    with journal(work.request.adoptions, work.request.stamp):
        for item in work.request.adoptions:
            said = adopt(item, work.request.stamp, watching(item.target.origin))
            if said:
                yield said


def install_boots(work: Work, runner: Runner) -> Iterator[str]:
    """Install what the next boot reads: files, then the initrds."""
    if work.boots is None:
        return
    install.write_files(work.boots.wanted.lasting, work.request.root)
    install.remove_files(work.boots.remove, work.request.root)
    if work.boots.grub:
        install.update_grub(work.request.root, runner)
    if work.boots.build:
        yield "building the initrds; this takes a while"
        install.build_initrd(work.boots.wanted, work.request.root, runner)


def bring_live(work: Work, runner: Runner) -> Iterator[str]:
    """Make the running system show what is kept, and no more than that."""
    pending = install.unmount(work.unmount, runner)
    for kept in work.unlink:
        install.remove_link(kept)
    if not work.keep.is_empty:
        install.bring_back(work.keep, runner, work.request.stamp)
        unmark(bind.target for bind in work.keep.binds)
        bring_in(work.keep.copies, work.request.stamp)
    if work.boots is not None:
        install.write_files(work.boots.wanted.running, work.request.root)
        daemon_reload(runner)
        _watch(work.boots, runner)
    if count := len(work.keep.binds):
        yield f"{count} kept {'path is' if count == 1 else 'paths are'} mounted"
    if count := len(work.keep.copies):
        yield f"{count} kept {'file is' if count == 1 else 'files are'} copied"
    for path in pending:
        yield f"{show(path)} is in use; it is unmounted at the next boot"


def _watch(boots: Boots, runner: Runner) -> None:
    """Let the copied files be saved when they change, and those that are copied no more not."""
    watch = [path.name for path in boots.wanted.running if path.suffix == ".path"]
    gone = [path.name for path in boots.remove if path.suffix == ".path"]
    start(runner, [LAST_UNIT, *watch] if watch else [])
    stop(runner, gone if watch or not gone else [*gone, LAST_UNIT])


def _need_dracut(root: Path) -> None:
    if not has_dracut(root):
        hint = "on Debian: apt install dracut; on NixOS: use the module, or --live for this boot"
        raise ToolMissingError("apply needs dracut, which is not installed", hint=hint)


def check_hide(kept: Iterable[KeptPath], hide: Iterable[PurePosixPath]) -> None:
    """Refuse to pass over a path that nothing would hide.

    Raises:
        UsageError: it was mistyped.
    """
    known = {item.path for item in kept}
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
    found = [bind.target for bind in keep.binds if not install.is_shown(bind.target, bind.source)]
    return found + [copy.target for copy in keep.copies if not is_marked(copy.target)]


def _gone(keep: KeepPlan, accounts: Accounts) -> list[PurePosixPath]:
    """Return what the declaration that is in force mounts and the new one does not."""
    before = in_force(accounts)
    if before is None:
        return []
    shown = _shown(before.kept, MountTable(read_mounts()))
    return to_unmount(shown, [bind.target for bind in keep.binds], shown)


def _shown(kept: Iterable[KeptPath], table: MountTable) -> set[PurePosixPath]:
    return {item.path for item in kept if _is_ours(item, table)}


def _is_ours(kept: KeptPath, table: MountTable) -> bool:
    """Tell whether what is mounted at a kept path comes from its store, not from elsewhere."""
    mount = table.at(kept.path)
    if mount is None:
        return False
    return mount.deleted or install.is_shown(kept.path, kept.source)
