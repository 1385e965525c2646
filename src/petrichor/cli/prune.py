"""``petrichor prune``: remove retired volumes that were kept long enough."""

from contextlib import ExitStack

import click

from petrichor.cli.context import Context, need_root, say
from petrichor.model.errors import UsageError


@click.command("prune")
@click.option(
    "--volume", "mountpoints", multiple=True, metavar="MOUNTPOINT", help="Those of this one alone."
)
@click.option("--stale", is_flag=True, help="Store data that nobody declares, instead.")
@click.argument("paths", metavar="[PATH]...", nargs=-1, type=click.Path(path_type=bytes))
@click.pass_obj
def command(
    context: Context, mountpoints: tuple[str, ...], stale: bool, paths: tuple[bytes, ...]
) -> None:
    """Remove retired volumes past the count, age and free space that the declaration wants.

    The newest of each volume always stays.  With --stale remove what stores hold that nobody
    declares: all of it, or what lies at PATH.
    """
    need_root("prune")
    if stale and mountpoints:
        raise UsageError("--stale is about stores", hint="leave --volume out")
    if paths and not stale:
        raise UsageError("paths are for --stale", hint="--volume names a volume")
    if stale:
        _prune_stale(context, paths)
    else:
        _prune_retired(context, mountpoints)


def _prune_stale(context: Context, paths: tuple[bytes, ...]) -> None:
    from petrichor.act.prunestale import choose, remove
    from petrichor.cli.explain import full
    from petrichor.cli.progress import progress
    from petrichor.model.errors import CommandError, PetrichorError
    from petrichor.model.text import show
    from petrichor.report.cells import amount_text

    context.hold()
    with progress("looking"):
        found = choose(context.declaration(), [full(path) for path in paths])
    if not found:
        say("nothing to prune: all that the stores hold is declared")
        return
    sums = [(show(item.path), item.leftover.tally) for item in found]
    context.confirm([], [f"{path}: {amount_text(tally.count, tally.size)}" for path, tally in sums])
    troubles = []
    for item in found:
        try:
            remove(item, context.declaration())  # as it is now: asking and removing take time
        except PetrichorError as error:
            troubles.append(error.message)
            continue
        say(f"removed {show(item.path)}")
    if troubles:
        hint = "run petrichor prune --stale again when the cause is gone"
        raise CommandError("\n".join(troubles), hint=hint)


def _prune_retired(context: Context, mountpoints: tuple[str, ...]) -> None:
    from petrichor.act.pruning import Outcome, carry_out, prepare
    from petrichor.cli.diff import chosen
    from petrichor.model.errors import CommandError
    from petrichor.system.command import SystemRunner
    from petrichor.system.namespace import enter_own_mounts

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
