"""``petrichor status``: one screen about this boot."""

import click

from petrichor.cli.context import Context


@click.command("status")
@click.pass_obj
def command(context: Context) -> int:
    """Was each volume reset at this boot, and is every kept path mounted?

    Exit code 1 when something is amiss.
    """
    from petrichor.plan.verdict import verdict
    from petrichor.report.status import status_json, status_text
    from petrichor.system.observe import observe

    declaration = context.declaration()
    status = verdict(declaration, observe(declaration))
    text = status_json(status) if context.as_json else status_text(status)
    click.echo(text, nl=False)
    return 0 if status.is_good else 1
