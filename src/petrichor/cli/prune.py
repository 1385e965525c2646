"""``petrichor prune``: remove retired volumes that were kept long enough."""

from contextlib import ExitStack

import click

from petrichor.cli.context import Context, need_root, say


@click.command("prune")
@click.option(
    "--volume", "mountpoints", multiple=True, metavar="MOUNTPOINT", help="Those of this one alone."
)
@click.pass_obj
def command(context: Context, mountpoints: tuple[str, ...]) -> None:
    """Remove retired volumes past the count, age and free space that the declaration wants.

    The newest of each volume always stays.
    """
    from petrichor.act.pruning import Outcome, carry_out, prepare
    from petrichor.cli.diff import chosen
    from petrichor.model.errors import CommandError
    from petrichor.system.command import SystemRunner
    from petrichor.system.namespace import enter_own_mounts

    need_root("prune")
    volumes = chosen(context.declaration(), mountpoints)
    enter_own_mounts()
    with ExitStack() as stack:
        plans = list(prepare(stack, volumes, SystemRunner()))
        lines = [line for plan in plans for line in plan.lines()]
        destroys = [name for plan in plans for name in plan.destroys()]
        if not destroys:
            for line in lines:
                say(f"  {line}")
            say("nothing to prune")
            return
        context.confirm(lines, destroys)
        outcome = Outcome()
        for plan in plans:
            carry_out(plan, outcome)
    for name in outcome.removed:
        say(f"removed {name}")
    for stays in outcome.stays:
        say(f"stays   {stays}")
    if outcome.troubles:
        hint = "run petrichor prune again when the cause is gone"
        raise CommandError("\n".join(outcome.troubles), hint=hint)
