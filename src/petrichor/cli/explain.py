"""``petrichor explain``: will a path survive, why, and who says so?"""

import os
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import click

from petrichor.cli.context import Context
from petrichor.model.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from petrichor.act.explaining import Found
    from petrichor.report.losskeep import Known


@click.command("explain")
@click.argument(
    "paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(path_type=bytes)
)
@click.pass_obj
def command(context: Context, paths: tuple[bytes, ...]) -> int:
    """Will a path survive the next reset, why, where does it live, and who says so?

    For a link, what it leads to is explained as well.  Exit code 1 when something is lost.
    """
    from petrichor.act.explaining import explain_paths
    from petrichor.cli.diff import known_of
    from petrichor.report.explain import explanation_lines, explanations_json
    from petrichor.system.command import SystemRunner

    declaration, accounts = context.declaration(), context.accounts()
    places = [full(path) for path in paths]
    found = explain_paths(declaration, accounts, SystemRunner(), places)
    if context.as_json:
        click.echo(explanations_json(one.explanation for one in found), nl=False)
    else:
        known = known_of(declaration, accounts)
        for number, one in enumerate(found):
            lines = explanation_lines(
                one.explanation, lines_to_keep(one, known), str(context.config_path)
            )
            click.echo("\n".join(["", *lines] if number else lines))
    return 0 if all(one.explanation.outcome.survives for one in found) else 1


def full(path: bytes) -> PurePosixPath:
    """Return a path from the root directory; its links and ``..`` stay as they are.

    Raises:
        UsageError: it is empty.
    """
    if not path:
        raise UsageError("a path is empty", hint="petrichor explain --help")
    return PurePosixPath("/") / os.fsdecode(os.path.join(os.getcwdb(), path)).lstrip("/")


def lines_to_keep(found: "Found", known: "Known") -> "Sequence[str]":
    """Return lines for the declaration that would keep what is lost; none if it is declared."""
    from petrichor.loss.summary import Summary
    from petrichor.model.explanation import Outcome
    from petrichor.report.losskeep import stanza

    told, share = found
    if told.outcome is not Outcome.LOST or told.key or share is None or not told.exists:
        return ()
    # What belongs to nobody known is suggested by its own path.
    judgement = share.judgement
    if not judgement.owner:
        judgement = judgement._replace(owner=str(told.place), root=os.fsencode(told.place))
    summary = Summary()
    summary.add(share._replace(judgement=judgement))
    return stanza(summary, [], known, most=1)[0]
