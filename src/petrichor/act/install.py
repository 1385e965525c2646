"""Carry out ``apply``: files, the initrd, directories, mounts; each step can be done again."""

import hashlib
import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Final

from petrichor.act.placing import put_link
from petrichor.model.declaration import KeptPath
from petrichor.model.errors import CommandError, MachineError, PetrichorError
from petrichor.model.mounttable import MountTable
from petrichor.model.names import is_within
from petrichor.model.plan import Bind, KeepPlan, Make, Place
from petrichor.model.text import show
from petrichor.plan.apply import (
    GRUB,
    HANDOVER,
    MARK,
    MODULE,
    RUNTIME_FILES,
    RUNTIME_UNITS,
    Installation,
    Texts,
)
from petrichor.render.newlines import commands
from petrichor.render.tmpfiles import tmpfiles
from petrichor.system.attach import attach, pin_path
from petrichor.system.beneath import DIRECTORY
from petrichor.system.command import Runner
from petrichor.system.files import read_if_present, remove, write_atomic
from petrichor.system.initrd import find_initrd, read_initrd

ROOT: Final = PurePosixPath("/")
BUILT: Final = MODULE / "built"
"""Holds the checksum of what the last finished initrd was built from."""


_STAY: Final = (MODULE, RUNTIME_UNITS, RUNTIME_FILES)
"""Directories below which those that became empty are removed."""


def below(root: Path, path: PurePosixPath) -> Path:
    """Return where ``path`` of the system at ``root`` lies."""
    return root / path.relative_to("/")


def check_stores(carriers: Iterable[PurePosixPath], table: MountTable) -> None:
    """Refuse to go on with a store that is not mounted.

    Raises:
        MachineError: directories would be made on the volume in its place.
    """
    for path in carriers:
        if not table.is_mountpoint(path):
            what = f"nothing is mounted at {show(path)}, which carries a store"
            raise MachineError(what, hint=f"mount it first: mount {show(path)}")


def is_shown(path: PurePosixPath, source: PurePosixPath) -> bool:
    """Tell whether a path shows what the store holds."""
    try:
        return os.path.samefile(path, source)
    except OSError:
        return False


def is_linked(path: PurePosixPath, source: PurePosixPath) -> bool:
    """Tell whether a path is a link to its place in the store, which may hold nothing yet."""
    try:
        return os.readlink(path) == str(source)
    except OSError:
        return False


def changed(texts: Texts, root: Path) -> list[PurePosixPath]:
    """Return the files whose text is not on the machine yet."""
    return [path for path, text in texts.items() if _bytes(path, root) != os.fsencode(text)]


def superfluous(wanted: Installation, root: Path) -> list[PurePosixPath]:
    """Return files of an earlier ``apply`` that are no longer wanted."""
    names = [MODULE / name for name in _files(below(root, MODULE))]
    if (_bytes(GRUB, root) or b"").startswith(MARK.encode()):
        names.append(GRUB)
    if root == Path("/"):
        earlier = [RUNTIME_UNITS / name for name in _files(Path(HANDOVER / "units"))]
        earlier += [RUNTIME_FILES / name for name in _files(Path(HANDOVER / "files"))]
        units = (RUNTIME_UNITS / name for name in _files(Path(RUNTIME_UNITS)))
        earlier += [unit for unit in units if "petrichor" in unit.name]
        names += [name for name in set(earlier) if os.path.lexists(name)]
    known = {*wanted.lasting, *wanted.running, BUILT}
    return sorted(name for name in names if name not in known)


def _files(folder: Path) -> list[PurePosixPath]:
    """Return what lies below a folder and is none itself, named from the folder."""
    found = (path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())
    return [PurePosixPath(path.relative_to(folder)) for path in found]


def write_files(texts: Texts, root: Path) -> None:
    """Write files, each whole or not at all."""
    for path, text in texts.items():
        place = below(root, path)
        place.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(place, os.fsencode(text))


def remove_files(paths: Iterable[PurePosixPath], root: Path) -> None:
    """Remove files, and the directories of ours that this leaves empty."""
    for path in paths:
        remove(below(root, path))
        for parent in path.parents:
            if parent in _STAY or not any(is_within(parent, place) for place in _STAY):
                break
            with suppress(OSError):
                below(root, parent).rmdir()


def initrd_is_current(wanted: Installation, root: Path) -> bool:
    """Tell whether the last initrd that was built to the end holds what is wanted now."""
    return _bytes(BUILT, root) == _checksum(wanted.lasting)


def build_initrd(wanted: Installation, root: Path, runner: Runner) -> None:
    """Build the initrds of all kernels; note it when that is done, so that a cut is made good."""
    argv = (*_inside(root), "dracut", "--quiet", "--force", "--regenerate-all")
    runner.run(argv, changes=True)
    _check_initrds(wanted, root, runner)
    write_atomic(below(root, BUILT), _checksum(wanted.lasting))


def _check_initrds(wanted: Installation, root: Path, runner: Runner) -> None:
    """Look into the initrds, where they lie in ``/boot``: dracut leaves modules out silently.

    Raises:
        MachineError: a file of the boot path is missing in one.
    """
    tree = MODULE / "initrd"
    names = {str(path.relative_to(tree)) for path in wanted.lasting if path.is_relative_to(tree)}
    for kernel in sorted(_kernels(root)):
        place = find_initrd(kernel, root)
        if place is None:
            continue
        missing = sorted(names - read_initrd(runner, place, lambda _: False).names)
        if missing:
            hint = "see whether /etc/dracut.conf.d leaves the module petrichor out"
            raise MachineError(f"{show(str(place))} lacks {show('/' + missing[0])}", hint=hint)


def _kernels(root: Path) -> list[str]:
    """Return the releases of the installed kernels: what dracut builds initrds for."""
    modules = below(root, PurePosixPath("/lib/modules"))
    return [path.parent.name for path in modules.glob("*/modules.dep")]


def update_grub(root: Path, runner: Runner) -> None:
    """Let GRUB read its settings again."""
    runner.run((*_inside(root), "update-grub"), changes=True)


def _inside(root: Path) -> tuple[str, ...]:
    """Return what makes a command run in the system at ``root``.

    dracut needs ``/proc``: it gets one that goes away with it: unshare(1), --mount-proc.
    """
    if root == Path("/"):
        return ()
    own = ("unshare", "--mount", "--propagation", "private", f"--mount-proc={root / 'proc'}")
    return (*own, "chroot", str(root))


def bring_back(keep: KeepPlan, runner: Runner, stamp: str) -> None:
    """Make directories, links and mounts on the running system, as the boot does.

    What tmpfiles refuses does not stop the mounts, as it does not at boot.  What stands where a
    link is to be makes way, under a name with ``stamp``.

    Raises:
        CommandError: a kept path does not show its store afterwards.
    """
    files = Path(RUNTIME_FILES)
    files.mkdir(mode=0o755, exist_ok=True)
    rules = files / "live.tmpfiles"
    write_atomic(rules, os.fsencode(tmpfiles(keep.places, ROOT)))
    troubles = [*_try(("systemd-tmpfiles", "--create", str(rules)), runner)]
    for argv in commands(keep.places, ROOT):
        troubles += _try(argv, runner)
    for place in keep.places:
        if _is_missing(place):
            troubles += _said(place.path, partial(_link, place, stamp))
    for bind in keep.binds:
        if not is_shown(bind.target, bind.source):
            troubles += _said(bind.target, partial(_mount, bind))
    amiss = [bind.target for bind in keep.binds if not is_shown(bind.target, bind.source)]
    amiss += missing_links(keep)
    if amiss:
        names = "\n".join(f"  {show(path)}" for path in amiss)
        text = "\n".join([f"these kept paths do not show their store:\n{names}", *troubles])
        raise CommandError(text, hint="run petrichor apply again when the cause is gone")


def _said(path: PurePosixPath, work: Callable[[], None]) -> list[str]:
    """Do what is measured later; return what there was to say when it failed."""
    try:
        work()
    except PetrichorError as error:
        return [f"{show(path)}: {error.message}"]
    except OSError as error:
        return [f"{show(path)}: {error.strerror}"]
    return []


def _mount(bind: Bind) -> None:
    """Mount by descriptor: what lies in a user's directory can lead nowhere else meanwhile."""
    source = pin_path(os.fsencode(bind.source))
    try:
        target = pin_path(os.fsencode(bind.target))
        try:
            attach(source, target, bind.options)
        finally:
            os.close(target)
    finally:
        os.close(source)


def _link(place: Place, stamp: str) -> None:
    """Put a link where something stands, which stays beside it until the next reset."""
    owner = tuple(int(text) if text.isdecimal() else 0 for text in (place.user, place.group))
    above = pin_path(os.fsencode(place.path.parent), os.O_DIRECTORY)
    try:
        opened = os.open(".", DIRECTORY, dir_fd=above)
    finally:
        os.close(above)
    try:
        name, leads = os.fsencode(place.path.name), os.fsencode(place.content)
        put_link(opened, name, leads, (owner[0], owner[1]), stamp)
    finally:
        os.close(opened)


def _try(argv: tuple[str, ...], runner: Runner) -> list[str]:
    """Run a command whose outcome is measured later; return what it said when it failed."""
    try:
        runner.run(argv, changes=True)
    except CommandError as error:
        return [error.message]
    return []


def _is_missing(place: Place) -> bool:
    return place.make is Make.LINK and not is_linked(place.path, PurePosixPath(place.content))


def missing_links(keep: KeepPlan) -> list[PurePosixPath]:
    """Return where a link into a store is wanted and not there."""
    return [place.path for place in keep.places if _is_missing(place)]


def remove_link(kept: KeptPath) -> None:
    """Remove the link that a kept file appears by; what it leads to stays.

    Raises:
        RefusedError: the way to it leads through a link.
        OSError: it cannot be removed.
    """
    above = pin_path(os.fsencode(kept.path.parent), os.O_DIRECTORY)
    try:
        name = os.fsencode(kept.path.name)
        if os.readlink(name, dir_fd=above) == os.fsencode(kept.source):
            os.unlink(name, dir_fd=above)
    finally:
        os.close(above)


def unmount(paths: Iterable[PurePosixPath], runner: Runner) -> list[PurePosixPath]:
    """Unmount what is no longer kept; return what is in use and stays until the next boot."""
    pending: list[PurePosixPath] = []
    for path in paths:
        try:
            runner.run(("umount", "--", str(path)), changes=True)
        except CommandError:
            pending.append(path)
    return pending


def _bytes(path: PurePosixPath, root: Path) -> bytes | None:
    return read_if_present(below(root, path))


def _checksum(texts: Texts) -> bytes:
    """Return a checksum over names and texts; zero bytes keep the two apart."""
    digest = hashlib.sha256()
    for path, text in texts.items():
        digest.update(os.fsencode(str(path)) + b"\0" + os.fsencode(text) + b"\0")
    return digest.hexdigest().encode() + b"\n"
