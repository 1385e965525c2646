"""``petrichor restore``: bring back what earlier boots lost."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, NamedTuple

import click

from petrichor.cli.apply import take_option
from petrichor.cli.context import Context, need_root, say
from petrichor.model.errors import (
    IncompleteError,
    MachineError,
    PetrichorError,
    UsageError,
)

if TYPE_CHECKING:
    from petrichor.act.placing import Standing, Target
    from petrichor.model.version import Version


@click.command("restore")
@click.argument(
    "paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(path_type=bytes)
)
@click.option("--boot", metavar="BOOT", help="What this boot had: a number or id of history.")
@click.option("--all-boots", is_flag=True, help="Every version, each in a directory of its boot.")
@click.option("--to", "directory", type=click.Path(path_type=bytes), help="Restore below this.")
@click.option("--keep", "keeps", is_flag=True, help="Restore into the store, and keep it.")
@click.option("--store", metavar="DIR", help="With --keep: which, if there are several stores.")
@take_option
@click.option("--list", "only_list", is_flag=True, help="Show the versions that there are.")
@click.pass_obj
def command(
    context: Context,
    paths: tuple[bytes, ...],
    boot: str | None,
    all_boots: bool,
    directory: bytes | None,
    keeps: bool,
    store: str | None,
    take: str | None,
    only_list: bool,
) -> int:
    """Bring back each PATH, or all that a pattern matches, as the newest boot had it that had it.

    What stands there is kept beside it.  Exit code 1 when nothing was found.
    """
    _check_words(
        boot, directory, store or take, all_boots=all_boots, keeps=keeps, only_list=only_list
    )
    if context.as_json and not only_list:
        raise UsageError("--json is about versions", hint="add --list")
    from petrichor.act.finding import distinct, versions
    from petrichor.act.history import open_history
    from petrichor.cli.diff import absolute
    from petrichor.cli.restorekeep import keep_versions
    from petrichor.plan.history import pick
    from petrichor.plan.restore import newest
    from petrichor.system.command import SystemRunner
    from petrichor.system.namespace import own_mounts

    need_root("restore")
    if keeps:
        context.hold()
    places = tuple(absolute(path) for path in paths)
    volumes = context.declaration().volumes
    follow: Callable[[], None] = _nothing
    with own_mounts(), ExitStack() as stack:
        base = _open_base(stack, directory)
        history = stack.enter_context(open_history(volumes, SystemRunner()))
        boots = history.boots if boot is None else (pick(history.boots, boot),)
        found, troubles = versions(stack, history, boots, places)
        if found and only_list:
            _list(context, distinct(found))
        elif found and keeps:
            follow = keep_versions(context, stack, newest(found), store, take)
        elif found:
            chosen = distinct(found) if all_boots else newest(found)
            _restore(context, chosen, base, directory, all_boots=all_boots)
    follow()
    for trouble in troubles:
        say(f"petrichor: {trouble}")
    if troubles:
        raise IncompleteError("not all that earlier boots left could be looked through")
    if not found:
        say("petrichor: no boot that something is left of had it")
        return 1
    return 0


def _check_words(
    boot: str | None,
    directory: bytes | None,
    about_stores: str | None,
    *,
    all_boots: bool,
    keeps: bool,
    only_list: bool,
) -> None:
    """Raise UsageError for options that exclude or need one another."""
    if boot is not None and all_boots:
        raise UsageError("--boot and --all-boots exclude each other", hint="give one of them")
    if all_boots and directory is None and not only_list:
        raise UsageError("several versions need a place", hint="add --to DIR, or --list")
    if keeps and (all_boots or only_list or directory is not None):
        raise UsageError("--keep restores one version, in place", hint="leave the others out")
    if not keeps and about_stores:
        raise UsageError("--store and --take are for --keep", hint="add --keep")


def _nothing() -> None:
    """There is nothing to do in the mount namespace of all."""


def _open_base(stack: ExitStack, directory: bytes | None) -> int:
    """Open the directory below which all goes."""
    from petrichor.model.text import show_bytes

    place = directory or b"/"
    try:
        opened = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        what = f"{show_bytes(place)} cannot be opened: {error.strerror}"
        raise MachineError(what, hint="--to names a directory that is there") from error
    stack.callback(os.close, opened)
    return opened


def _list(context: Context, found: "list[Version]") -> None:
    from petrichor.cli.diff import names_of
    from petrichor.report.versions import version_lines, versions_json

    if context.as_json:
        click.echo(versions_json(found), nl=False)
        return
    for line in version_lines(found, names_of(context.accounts()), int(time.time())):
        click.echo(line)


def _restore(
    context: Context,
    chosen: "list[Version]",
    base: int,
    directory: bytes | None,
    *,
    all_boots: bool,
) -> None:
    """Plan, ask, and bring back one after the other."""
    from petrichor.act.placing import look, put, tidy
    from petrichor.act.steps import stamp_now
    from petrichor.cli.copying import Meter
    from petrichor.cli.progress import progress
    from petrichor.model.text import show_bytes

    ways = list(_ways(context, chosen, base, directory, all_boots=all_boots))
    with progress("looking"):
        standing = [look(way.target) for way in ways]
    stamp = stamp_now()
    for item in standing:
        if item.is_same:
            tidy(item.target)
    wanted = [item.target for item in standing if not item.is_same]
    lines = [
        line for way, item in zip(ways, standing, strict=True) for line in _plan(way, item, stamp)
    ]
    if not wanted:
        for line in lines:
            say(f"  {line}")
        return
    context.confirm(lines)
    meter = Meter(target.origin for target in wanted)
    failed: list[tuple[Target, PetrichorError]] = []
    for target in wanted:
        try:
            with progress("copying", meter.text):
                done = put(target, stamp, watch=meter.begin(target.origin))
        except PetrichorError as error:
            failed.append((target, error))
            continue
        say(f"restored {show_bytes(target.place)}")
        if done.guard:
            say(f"  what stood there is {show_bytes(done.guard)}")
        for name in done.copied.lost:
            say(f"  without {name}, which the filesystem cannot hold")
    if failed:
        raise _failure(failed)


def _failure(failed: "list[tuple[Target, PetrichorError]]") -> PetrichorError:
    """Return one error for all that was not brought back, of the kind of the first."""
    from petrichor.model.text import show_bytes

    lines = [f"{show_bytes(target.place)}: {error.message}" for target, error in failed]
    hints = dict.fromkeys(error.hint for _, error in failed if error.hint)
    hint = "; ".join([*hints, "what stood there stands there still"])
    return type(failed[0][1])("\n".join(lines), hint=hint)


class _Way(NamedTuple):
    """A version, and where it goes."""

    version: "Version"
    target: "Target"
    through: str = ""
    """What is written to because it is mounted there: a store, or another filesystem."""


def _ways(
    context: Context,
    chosen: "list[Version]",
    base: int,
    directory: bytes | None,
    *,
    all_boots: bool,
) -> Iterator[_Way]:
    from petrichor.act.placing import Target
    from petrichor.model.mounttable import MountTable
    from petrichor.plan.places import require_part, written_through
    from petrichor.plan.restore import folder_of
    from petrichor.system.mounts import read_mounts

    declaration, table = context.declaration(), MountTable(read_mounts())
    for version in chosen:
        require_part(version)
        path = version.path.lstrip(b"/")
        if directory is None:
            through = written_through(version, declaration, table)
            yield _Way(version, Target(origin=version, base=base, path=path), through)
        else:
            below = os.path.join(folder_of(version), path) if all_boots else path
            shown = os.path.abspath(directory)
            yield _Way(version, Target(origin=version, base=base, path=below, shown=shown))


def _plan(way: _Way, item: "Standing", stamp: str) -> Iterator[str]:
    """Yield what is to be done for one path, to read."""
    from petrichor.model.text import show_bytes
    from petrichor.plan.restore import guard_name
    from petrichor.report.versions import described

    target, place = item.target, show_bytes(item.target.place)
    if item.is_same:
        yield f"{place}: nothing to do, it is just as boot {way.version.boot.number} had it"
        return
    yield f"restore {place}: {described(way.version, int(time.time()))}"
    if item.is_taken:
        name = guard_name(os.path.basename(target.path), stamp)
        yield f"  what stands there is kept as {show_bytes(name)}"
    if way.through:
        yield f"  writes to {way.through}"
