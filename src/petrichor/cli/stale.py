"""``petrichor stale``: what lies in a store and is declared no more?"""

import click

from petrichor.cli.context import Context
from petrichor.model.errors import IncompleteError


@click.command("stale")
@click.pass_obj
def command(context: Context) -> int:
    """What lies in a store and is declared no more?  Nothing is removed.

    Exit code 1 when there is something, 10 when something could not be read.
    """
    from petrichor.act.stale import find_stale
    from petrichor.cli.diff import names_of
    from petrichor.cli.progress import progress
    from petrichor.report.stale import stale_json, stale_lines

    with progress("looking"):
        stores = find_stale(context.declaration())
    if context.as_json:
        click.echo(stale_json(stores), nl=False)
    else:
        for line in stale_lines(stores, names_of(context.accounts())):
            click.echo(line)
    missing = sum(item.tally.unreadable for found in stores for item in found.leftovers)
    if missing:
        raise IncompleteError(f"the answer is incomplete: {missing} entries could not be read")
    return 1 if any(found.leftovers for found in stores) else 0
