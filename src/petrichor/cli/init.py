"""``petrichor init``: datasets or subvolumes, their baselines, and a first declaration."""

import json
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import click

from petrichor.cli.context import Context, need_root, say

if TYPE_CHECKING:
    from petrichor.act.first import Setup
    from petrichor.plan.starter import Wish


@click.command("init")
@click.option(
    "--backend",
    type=click.Choice(["zfs", "btrfs", "directory"]),
    help="What to begin with; without it, the declaration says.",
)
@click.option("--pool", default="", help="zfs: the pool that gets the datasets.")
@click.option("--device", default="", help="btrfs: the device, as /dev/disk/by-label/…")
@click.option(
    "--directory",
    type=click.Path(path_type=Path, file_okay=False),
    help="directory: where the volume of /home and the store will lie.",
)
@click.option("--nix", is_flag=True, help="Also make what is mounted at /nix.")
@click.option("--usr", is_flag=True, help="Also make what is mounted at /usr.")
@click.option(
    "--baseline-from-content",
    is_flag=True,
    help="What a volume without a baseline holds now becomes its baseline.",
)
@click.pass_obj
def command(
    context: Context,
    backend: str | None,
    pool: str,
    device: str,
    directory: Path | None,
    nix: bool,
    usr: bool,
    baseline_from_content: bool,
) -> None:
    """Create datasets or subvolumes, their baselines, and a first declaration.

    With --backend the usual layout is made: volumes for / and /home, a store at /persist.  Without
    it, what the declaration names and is missing.  What exists is left as it is.
    """
    from petrichor.model.errors import UsageError
    from petrichor.plan.starter import Wish

    need_root("init")
    wish = None
    if backend is not None:
        base = None if directory is None else PurePosixPath(directory)
        wish = Wish(backend=backend, pool=pool, device=device, directory=base, nix=nix, usr=usr)
    elif pool or device or directory or nix or usr:
        raise UsageError("these options need --backend", hint="zfs, btrfs or directory")
    _run(context, _setup(context, wish, baseline_from_content))


def _setup(context: Context, wish: "Wish | None", from_content: bool) -> "Setup":
    from petrichor.act.first import DECLARATION, prepare, starter_for
    from petrichor.config.load import load
    from petrichor.system.command import SystemRunner

    text = None
    if wish is None:
        declaration = context.declaration()
    else:
        accounts = context.accounts()
        text = starter_for(wish, context.root, accounts, from_content)
        declaration = load(text.encode(), str(DECLARATION), accounts)
    runner = SystemRunner()
    return prepare(
        declaration, text, context.config, context.root, runner, from_content=from_content
    )


def _run(context: Context, setup: "Setup") -> None:
    from petrichor.system.command import SystemRunner

    lines = setup.describe()
    if lines:
        context.confirm(lines)
        setup.carry_out(SystemRunner(), lambda line: say(f"done: {line}"))
        for line in setup.next_steps():
            say(line)
    else:
        say("nothing to do: all that the declaration names is there")
    if context.as_json:
        document = {"version": 1, "done": lines, "declaration": str(setup.place or "")}
        click.echo(json.dumps(document, indent=2))
