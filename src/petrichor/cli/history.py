"""``petrichor history``: what earlier boots lost."""

import time
from typing import TYPE_CHECKING, Final

import click

from petrichor.cli.context import Context, need_root, say
from petrichor.model.errors import IncompleteError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from petrichor.act.history import History
    from petrichor.model.declaration import Volume
    from petrichor.system.command import Runner

LOOKED_INTO: Final = 10
"""So many boots are looked into unless all are asked for: each takes as long as a diff."""


@click.command("history")
@click.argument("boot", required=False)
@click.option("--all", "form", flag_value="all", help="All boots; of one BOOT: every entry.")
@click.option("--tree", "form", flag_value="tree", help="Of one BOOT: directories.")
@click.option("-0", "--null", "form", flag_value="null", help="Of one BOOT: paths alone, with NUL.")
@click.option(
    "--volume", "mountpoints", multiple=True, metavar="MOUNTPOINT", help="This one alone."
)
@click.pass_obj
def command(
    context: Context, boot: str | None, form: str | None, mountpoints: tuple[str, ...]
) -> None:
    """What did earlier boots lose that mattered?  Of one BOOT, a number or id, all as in diff.

    It is judged by the declaration and the machine of now.  Exit code 10 when something could
    not be read.
    """
    if boot is None and form not in (None, "all"):
        raise UsageError(f"--{form} is about one boot", hint=f"petrichor history 1 --{form}")
    if boot is not None and form and context.as_json:
        raise UsageError("--json is a form of its own", hint=f"leave --{form} out")
    from petrichor.act.history import open_history
    from petrichor.cli.diff import chosen
    from petrichor.system.command import SystemRunner
    from petrichor.system.namespace import enter_own_mounts

    need_root("history")
    volumes, runner = chosen(context.declaration(), mountpoints), SystemRunner()
    enter_own_mounts()
    with open_history(volumes, runner) as history:
        if boot is None:
            _tell_all(context, history, runner, None if form else LOOKED_INTO)
            _say_without_trace(volumes)
        else:
            _tell_one(context, history, runner, boot, form)


def _tell_all(context: Context, history: "History", runner: "Runner", limit: int | None) -> None:
    from petrichor.act.history import look_back, rules_of
    from petrichor.cli.progress import progress
    from petrichor.report.history import history_json, history_lines

    rules = rules_of(context.declaration(), context.accounts(), runner)
    with progress("looking"):
        found = list(look_back(history, rules, limit))
    if context.as_json:
        click.echo(history_json(found), nl=False)
    elif not found:
        click.echo("no reset has set anything aside yet, or it was pruned")
    else:
        for line in history_lines(found, int(time.time())):
            click.echo(line)
    missing = sum(lost.summary.missing for lost in found if lost.summary is not None)
    if missing or any(lost.trouble for lost in found):
        raise IncompleteError("the answer is incomplete: not all could be read")


def _tell_one(
    context: Context, history: "History", runner: "Runner", boot: str, form: str | None
) -> None:
    """Tell what one boot lost as diff does."""
    from petrichor.act.history import open_loss, rules_of
    from petrichor.cli.diff import Teller, end_incomplete
    from petrichor.model.loss import Fate
    from petrichor.plan.history import pick
    from petrichor.report.history import event_text

    picked = pick(history.boots, boot)
    declaration, accounts = context.declaration(), context.accounts()
    mountpoints = {mountpoint for mountpoint, _ in picked.retired}
    volumes = tuple(item for item in declaration.volumes if item.mountpoint in mountpoints)
    event = event_text(picked, int(time.time()))
    with open_loss(history, picked, rules_of(declaration, accounts, runner)) as loss:
        teller = Teller(loss, declaration, accounts, volumes, Fate.LOST, None, event)
        summary = teller.tell("json" if context.as_json else form, ())
    if summary.missing:
        end_incomplete(summary)


def _say_without_trace(volumes: "Iterable[Volume]") -> None:
    """Say of which volumes nothing can be told."""
    from petrichor.model.declaration import Reset, TmpfsVolume
    from petrichor.model.text import show

    for volume in volumes:
        if isinstance(volume, TmpfsVolume):
            say(f"petrichor: {show(volume.mountpoint)} is in memory alone: nothing is left of it")
        elif volume.reset is Reset.ROLLBACK:
            say(f"petrichor: {show(volume.mountpoint)} is rolled back: nothing is left of it")
