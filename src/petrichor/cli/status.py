"""``petrichor status``: one screen about this boot."""

from dataclasses import replace

import click

from petrichor.cli.context import Context


@click.command("status")
@click.option("--quick", is_flag=True, help="Do not look how much would be lost.")
@click.pass_obj
def command(context: Context, *, quick: bool) -> int:
    """Was each volume reset at this boot, is every kept path mounted, how much would be lost?

    Exit code 1 when a volume or a kept path is amiss.
    """
    from petrichor.plan.verdict import verdict
    from petrichor.report.status import status_json, status_text
    from petrichor.system.observe import observe

    declaration = context.declaration()
    status = verdict(declaration, observe(declaration))
    if not quick:
        from petrichor.act.losing import how_much
        from petrichor.cli.progress import progress
        from petrichor.system.command import SystemRunner

        with progress("looking"):
            loss = how_much(declaration, context.accounts(), SystemRunner())
        status = replace(status, loss=loss)
    text = status_json(status) if context.as_json else status_text(status)
    click.echo(text, nl=False)
    return 0 if status.is_good else 1
