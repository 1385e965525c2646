"""``petrichor forget``: stop keeping; the data stays in the store."""

from contextlib import ExitStack
from itertools import chain
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import click

from petrichor.cli.apply import note_declared
from petrichor.cli.context import Context, need_root, say
from petrichor.model.errors import UsageError

if TYPE_CHECKING:
    from petrichor.model.declaration import Declaration, KeptPath


@click.command("forget")
@click.argument(
    "paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(path_type=bytes)
)
@click.pass_obj
def command(context: Context, paths: tuple[bytes, ...]) -> None:
    """Stop keeping each PATH: take it out of the declaration, and unmount it.

    The data stays in the store, where nobody declares it: petrichor stale lists it.
    """
    from petrichor.act import applying, declaring
    from petrichor.act.saving import save
    from petrichor.cli.explain import full
    from petrichor.cli.keep import declared_lines, next_boot
    from petrichor.model.text import show
    from petrichor.system.command import SystemRunner

    need_root("forget")
    context.hold()
    declaration, accounts = context.declaration(), context.accounts()
    gone = [_kept(declaration, path) for path in dict.fromkeys(map(full, paths))]
    edit = declaring.undeclare(context.config_path, declaration, gone, accounts)
    installs = applying.has_dracut(context.root)
    wish = applying.Wish(only=(), installs=installs)
    text = context.as_document(edit.text)
    with ExitStack() as stack:
        request = applying.request(stack, edit.declaration, text, accounts, context.root, wish)
        work = applying.undoing(applying.prepare(request), gone)
    context.confirm([*declared_lines(edit, gone, "undeclare"), *work.lines])
    saved = save(declaration, gone)
    for line in (*saved.said, *saved.troubles):
        say(line)
    runner = SystemRunner()
    for line in chain(applying.bring_live(work, runner), applying.install_boots(work, runner)):
        say(line)
    # Last of all: as long as it is declared, running this again finishes what was cut off.
    note_declared(context, declaration)  # what goes now was declared until now
    declaring.write(edit)
    for kept in gone:
        say(f"{show(kept.path)} is kept no longer; its data stays at {show(kept.source)}")
    if not installs:
        say(next_boot(context.root))


def _kept(declaration: "Declaration", path: PurePosixPath) -> "KeptPath":
    """Return what is declared at just this path.

    Raises:
        UsageError: nothing is, or it comes of more than this path.
    """
    from petrichor.model.text import show
    from petrichor.plan.explain import kept_at

    kept = kept_at(declaration, path)
    if kept is None:
        raise UsageError(f"{show(path)} is not declared", hint=f"petrichor explain {show(path)}")
    if path not in (kept.path, kept.source):
        raise UsageError(f"{show(path)} comes along with {show(kept.path)}: {kept.key}")
    if kept.preset:
        hint = "a preset is kept or not as a whole: take its name out of the declaration"
        raise UsageError(f"{show(path)} is kept by the preset {kept.preset}", hint=hint)
    return kept
