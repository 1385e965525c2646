"""``petrichor keep``: declare, adopt and mount, now."""

from contextlib import ExitStack
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import click

from petrichor.cli.apply import note_declared, take_option
from petrichor.cli.context import Context, need_root, say

if TYPE_CHECKING:
    from petrichor.act.declaring import Edit
    from petrichor.model.accounts import Accounts
    from petrichor.model.declaration import Declaration, KeptPath
    from petrichor.plan.declare import Wanted


@click.command("keep")
@click.argument(
    "paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(path_type=bytes)
)
@click.option("--store", metavar="DIR", help="Where its data goes, if there are several stores.")
@click.option("--directory", "kind", flag_value="directory", help="What is not there yet will be.")
@click.option("--file", "kind", flag_value="file", help="What is not there yet will be.")
@click.option(
    "--method", type=click.Choice(["bind", "symlink", "copy"]), help="How a file appears."
)
@take_option
@click.pass_obj
def command(
    context: Context,
    paths: tuple[bytes, ...],
    store: str | None,
    kind: str | None,
    method: str | None,
    take: str | None,
) -> None:
    """Keep each PATH from now on: copy it to a store, declare it, mount it.

    It works at once and survives the next reset.  What lies on the volume stays there, beneath
    the mount, until then.
    """
    from petrichor.act import applying, declaring
    from petrichor.cli.copying import Meter
    from petrichor.cli.explain import full
    from petrichor.cli.progress import progress
    from petrichor.model.declaration import FileMethod, Kind
    from petrichor.plan.declare import Wanted
    from petrichor.system.command import SystemRunner

    need_root("keep")
    context.hold()
    wanted = Wanted(
        store=PurePosixPath(store) if store else None,
        kind=Kind(kind) if kind else None,
        method=FileMethod(method) if method else None,
    )
    declaration, accounts = context.declaration(), context.accounts()
    new, places = _entries(context, declaration, [full(path) for path in paths], wanted)
    edit = declaring.declare(context.config_path, declaration, new, accounts)
    installs = applying.has_dracut(context.root)
    wish = applying.Wish(take=take, only=tuple(places), installs=installs)
    with ExitStack() as stack:
        with progress("looking"):
            text = context.as_document(edit.text)
            wants = applying.request(stack, edit.declaration, text, accounts, context.root, wish)
            work = applying.prepare(wants)
        lines = [*declared_lines(edit, new, "declare "), *work.lines]
        if not lines:
            say("nothing to do: it is kept")
            note_declared(context, edit.declaration)
            return
        context.confirm([*lines, *_warnings(edit.declaration, places, accounts)])
        meter = Meter(work.copies)
        for line in meter.shown(applying.adopt_all(work, meter.begin)):
            say(line)
        if new:
            declaring.write(edit)
        runner = SystemRunner()
        for line in chain(applying.bring_live(work, runner), applying.install_boots(work, runner)):
            say(line)
    note_declared(context, edit.declaration)
    if not installs:
        say(next_boot(context.root))


def _entries(
    context: Context,
    declaration: "Declaration",
    paths: list[PurePosixPath],
    wanted: "Wanted",
) -> tuple[list["KeptPath"], list[PurePosixPath]]:
    """Return what is to be declared, and all paths that are to be brought back."""
    from petrichor.act.declaring import see
    from petrichor.model.text import show
    from petrichor.plan.declare import entry
    from petrichor.plan.explain import kept_at

    new, places = [], []
    for path in dict.fromkeys(paths):
        known = kept_at(declaration, path)
        if known is None:
            known = entry(declaration, path, see(path), wanted, context.accounts())
            new.append(known)
        else:
            say(f"{show(path)} is declared: {known.key}")
        places.append(known.path)
    return new, places


def _warnings(
    declaration: "Declaration", paths: list[PurePosixPath], accounts: "Accounts"
) -> list[str]:
    """Return what check would find of these paths, to read before they are kept."""
    from petrichor.act.checking import keeping_hazards

    found = keeping_hazards(declaration, paths, accounts)
    return [f"warning  {item.subject}: {item.what}; {item.todo}" for item in found]


def declared_lines(edit: "Edit", entries: list["KeptPath"], what: str) -> list[str]:
    """Return what changes in the declaration, to read."""
    from petrichor.model.text import show

    file = show(str(edit.file))
    return [f"{what} {show(kept.path)} in {file}, store {show(kept.store)}" for kept in entries]


def next_boot(root: Path) -> str:
    """Return how the next boot comes to know of it where ``apply`` does not install."""
    if (root / "etc/NIXOS").exists():
        return "the next boot knows of it after: nixos-rebuild boot"
    return "the next boot knows of it once its units are rendered again: petrichor render"
