"""Carry out ``apply``: files, the initrd, directories, mounts; each step can be done again."""

import hashlib
import os
import stat
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Final

from petrichor.model.errors import CommandError, MachineError, RefusedError
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
    Standing,
    Texts,
    hidden_message,
)
from petrichor.render.fstab import fstab
from petrichor.render.newlines import commands
from petrichor.render.tmpfiles import tmpfiles
from petrichor.system.command import Runner
from petrichor.system.files import read_if_present, remove, write_atomic
from petrichor.system.initrd import find_initrd, read_initrd
from petrichor.system.mounts import read_mounts

ROOT: Final = PurePosixPath("/")
BUILT: Final = MODULE / "built"
"""Holds the checksum of what the last finished initrd was built from."""


_STAY: Final = (MODULE, RUNTIME_UNITS, RUNTIME_FILES)
"""Directories below which those that became empty are removed."""


def below(root: Path, path: PurePosixPath) -> Path:
    """Return where ``path`` of the system at ``root`` lies."""
    return root / path.relative_to("/")


def check_stores(keep: KeepPlan) -> None:
    """Refuse to go on with a store that is not mounted.

    Raises:
        MachineError: directories would be made on the volume in its place.
    """
    table = MountTable(read_mounts())
    for path in keep.stores_needed:
        if not table.is_mountpoint(path):
            hint = f"mount it first: mount {show(path)}"
            raise MachineError(
                f"nothing is mounted at {show(path)}, which carries a store", hint=hint
            )


def find_hidden(keep: KeepPlan, allowed: Iterable[PurePosixPath]) -> list[Standing]:
    """Return what stands where binds and links are to appear, save what ``allowed`` names."""
    passed = set(allowed)
    table = MountTable(read_mounts())
    found = [_under_bind(bind, table) for bind in keep.binds]
    found += [_under_link(place) for place in keep.places if place.make is Make.LINK]
    return [item for item in found if item is not None and item.path not in passed]


def refuse_hidden(standing: Sequence[Standing]) -> None:
    """Refuse to hide data.

    Raises:
        RefusedError: there is some.
    """
    if standing:
        hint = "copy it into the store, then name the path with --hide: it goes at the next reset"
        raise RefusedError(hidden_message(standing), hint=hint)


def is_shown(bind: Bind) -> bool:
    """Tell whether the target shows what the store holds."""
    try:
        return os.path.samefile(bind.target, bind.source)
    except OSError:
        return False


def _under_bind(bind: Bind, table: MountTable) -> Standing | None:
    try:
        facts = Path(bind.target).lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    if is_shown(bind):  # mounted, or by a link that was made before the store had the file
        return None
    if stat.S_ISLNK(facts.st_mode):
        return Standing(path=bind.target, what="a link stands there")
    mount = table.at(bind.target)
    if mount is not None and mount.deleted:
        what = "the mounted file was replaced or removed in the store; what it holds is only here"
        return Standing(path=bind.target, what=what)
    if stat.S_ISDIR(facts.st_mode):
        count = len(os.listdir(bind.target))
        what = f"{count} {'entry' if count == 1 else 'entries'}"
        return Standing(path=bind.target, what=what) if count else None
    if not stat.S_ISREG(facts.st_mode):
        return Standing(path=bind.target, what="what stands there is no file and no directory")
    size = facts.st_size
    what = f"{size} {'byte' if size == 1 else 'bytes'}"
    return Standing(path=bind.target, what=what) if size else None


def _under_link(place: Place) -> Standing | None:
    path = Path(place.path)
    try:
        facts = path.lstat()
    except OSError:
        return None
    if stat.S_ISLNK(facts.st_mode) and os.readlink(path) == place.content:
        return None
    return Standing(path=place.path, what="stands where a link is to be")


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


def bring_back(keep: KeepPlan, runner: Runner) -> None:
    """Make directories and mounts on the running system, as the boot does.

    What tmpfiles refuses does not stop the mounts, as it does not at boot.

    Raises:
        CommandError: a kept path does not show its store afterwards.
    """
    files = Path(RUNTIME_FILES)
    files.mkdir(mode=0o755, exist_ok=True)
    rules, table = files / "live.tmpfiles", files / "live.fstab"
    write_atomic(rules, os.fsencode(tmpfiles(keep.places, ROOT)))
    missing = [bind for bind in keep.binds if not is_shown(bind)]
    write_atomic(table, os.fsencode(fstab(missing, ROOT)))
    troubles = [*_try(("systemd-tmpfiles", "--create", str(rules)), runner)]
    for argv in commands(keep.places, ROOT):
        troubles += _try(argv, runner)
    if missing:
        troubles += _try(("mount", "--all", "--fstab", str(table)), runner)
    amiss = [bind.target for bind in keep.binds if not is_shown(bind)]
    amiss += [place.path for place in keep.places if _is_missing(place)]
    if amiss:
        names = "\n".join(f"  {show(path)}" for path in amiss)
        text = "\n".join([f"these kept paths do not show their store:\n{names}", *troubles])
        raise CommandError(text, hint="run petrichor apply again when the cause is gone")


def _try(argv: tuple[str, ...], runner: Runner) -> list[str]:
    """Run a command whose outcome is measured later; return what it said when it failed."""
    try:
        runner.run(argv, changes=True)
    except CommandError as error:
        return [error.message]
    return []


def _is_missing(place: Place) -> bool:
    return place.make is Make.LINK and not os.path.lexists(place.path)


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
