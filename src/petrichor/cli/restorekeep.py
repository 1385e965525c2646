"""``petrichor restore --keep``: what an earlier boot had goes into a store, and is kept."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from itertools import chain
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from petrichor.cli.apply import note_declared
from petrichor.cli.context import Context, say
from petrichor.model.errors import RefusedError

if TYPE_CHECKING:
    from petrichor.model.declaration import Declaration, KeptPath
    from petrichor.model.version import Version
    from petrichor.plan.declare import Wanted


def keep_versions(
    context: Context,
    stack: ExitStack,
    chosen: "list[Version]",
    store: str | None,
    take: str | None,
) -> Callable[[], None]:
    """Copy, declare, and make way on the volume; return what mounts, where all can see it."""
    from petrichor.act import applying, declaring, returning
    from petrichor.cli.copying import Meter
    from petrichor.cli.keep import declared_lines, next_boot
    from petrichor.cli.progress import progress
    from petrichor.model.text import show_bytes
    from petrichor.plan.declare import Wanted
    from petrichor.report.versions import described
    from petrichor.system.command import SystemRunner

    declaration, accounts = context.declaration(), context.accounts()
    versions = returning.by_path(chosen)
    wanted = Wanted(store=PurePosixPath(store) if store else None)
    new = _entries(context, declaration, versions, wanted)
    edit = declaring.declare(context.config_path, declaration, new, accounts)
    installs = applying.has_dracut(context.root)
    wish = applying.Wish(take=take, only=tuple(versions), installs=installs, origins=versions)
    with progress("looking"):
        text = context.as_document(edit.text)
        wants = applying.request(stack, edit.declaration, text, accounts, context.root, wish)
        work = applying.prepare(wants)
        standing = returning.survey(stack, versions)
    lines = [*declared_lines(edit, new, "declare "), *work.lines]
    lines += returning.lines(standing, wants.stamp)
    if not lines:
        say("nothing to do: it is kept, and just as that boot had it")
        note_declared(context, edit.declaration)
        return lambda: None
    for version in chosen:
        say(f"  {show_bytes(version.path)}: {described(version, int(time.time()))}")
    context.confirm(lines)
    meter = Meter(work.copies)
    for line in meter.shown(applying.adopt_all(work, meter.begin)):
        say(line)
    if new:
        declaring.write(edit)
    for line in returning.make_way(standing, wants.stamp):
        say(line)

    def mount() -> None:
        runner = SystemRunner()
        for line in chain(applying.bring_live(work, runner), applying.install_boots(work, runner)):
            say(line)
        note_declared(context, edit.declaration)
        if not installs:
            say(next_boot(context.root))

    return mount


def _entries(
    context: Context,
    declaration: "Declaration",
    versions: "dict[PurePosixPath, Version]",
    wanted: "Wanted",
) -> "list[KeptPath]":
    """Return what is to be declared."""
    from petrichor.act.declaring import seen
    from petrichor.model.text import show
    from petrichor.plan.declare import entry
    from petrichor.plan.explain import kept_at

    new = []
    for path, version in versions.items():
        known = kept_at(declaration, path)
        if known is None:
            new.append(entry(declaration, path, seen(version.facts), wanted, context.accounts()))
        elif known.path == path:
            say(f"{show(path)} is declared: {known.key}")
        else:
            what = f"{show(path)} comes along with {show(known.path)}, which is kept: {known.key}"
            raise RefusedError(what, hint="restore it without --keep")
    return new
