"""``petrichor apply``: make the machine match the declaration, now and at every boot."""

from contextlib import ExitStack
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import click

from petrichor.cli.context import Context, need_root, say

if TYPE_CHECKING:
    from petrichor.act.applying import Wish
    from petrichor.model.declaration import Declaration

take_option = click.option(
    "--take",
    type=click.Choice(["volume", "store"]),
    help="Whose content stays where both hold something; the other's is set aside.",
)


@click.command("apply")
@click.option(
    "--hide",
    multiple=True,
    metavar="PATH",
    help="Data at this path may be hidden by its mount; it is lost at the next reset.",
)
@take_option
@click.option("--live", is_flag=True, help="The running system alone, and only what changed.")
@click.option("--petrichor", "program", metavar="PATH", help="Where the boot finds this command.")
@click.pass_obj
def command(
    context: Context, hide: tuple[str, ...], take: str | None, live: bool, program: str | None
) -> None:
    """Adopt what is newly kept, install the boot path, mount what is new, unmount what is gone."""
    from petrichor.act import applying
    from petrichor.cli.copying import Meter
    from petrichor.cli.progress import progress
    from petrichor.system.command import SystemRunner

    need_root("apply")
    context.hold()
    runner, accounts = SystemRunner(), context.accounts()
    declaration, text = context.read_declaration()
    wish = applying.Wish(
        hide=tuple(PurePosixPath(path) for path in hide),
        take=take,
        program=program,
    )
    if live:
        _live(context, wish)
        return
    with ExitStack() as stack:
        with progress("looking"):
            request = applying.request(stack, declaration, text, accounts, context.root, wish)
            work = applying.prepare(request)
        if not work.lines:
            say("nothing to do: the machine matches the declaration")
            note_declared(context, declaration)
            return
        context.confirm(work.lines)
        meter = Meter(work.copies)
        adopted = meter.shown(applying.adopt_all(work, meter.begin))
        for line in chain(adopted, applying.carry_out(work, runner)):
            say(line)
    note_declared(context, declaration)


def _live(context: Context, wish: "Wish") -> None:
    """Follow the declaration on the running system; somebody else installs the boot path."""
    from petrichor.act.switching import prepare_switch, switch
    from petrichor.cli.progress import progress
    from petrichor.model.errors import UsageError
    from petrichor.system.command import SystemRunner

    if context.root != Path("/") or wish.program is not None:
        what = "--live is about the running system, and installs nothing"
        raise UsageError(what, hint="leave --root and --petrichor out")
    declaration, text = context.read_declaration()
    with ExitStack() as stack:
        with progress("looking"):
            prepared = prepare_switch(stack, declaration, text, context.accounts(), wish)
        if prepared.lines:
            context.confirm(prepared.lines)
        else:
            say("nothing to do: the running system follows the declaration")
        for line in switch(prepared, SystemRunner()):
            say(line)
    note_declared(context, declaration)


def note_declared(context: Context, declaration: "Declaration") -> None:
    """Let the stores of the running system remember what is declared in them."""
    from petrichor.act.record import note

    if context.root == Path("/"):
        for line in note(declaration):
            say(f"petrichor: {line}")
