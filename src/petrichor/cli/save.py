"""``petrichor save``: what the units of copied files run."""

import time
from typing import Final

import click

from petrichor.cli.context import Context, need_root, say

_MOMENT: Final = 1.0
"""How long a program that writes several files, or one several times, is let write: seconds."""


@click.command("save")
@click.option("--wait", is_flag=True, help="Let what is being written be finished first.")
@click.pass_obj
def command(context: Context, *, wait: bool) -> None:
    """Save the kept files that are copied, where they changed, to their stores."""
    from petrichor.act.saving import save
    from petrichor.model.errors import MachineError

    need_root("save")
    declaration = context.declaration()
    if wait:
        time.sleep(_MOMENT)
    saved = save(declaration, declaration.kept)
    for line in saved.said:
        say(line)
    if saved.troubles:
        raise MachineError("\n".join(saved.troubles), hint="petrichor status tells more")
