"""``petrichor apply``: make the machine match the declaration, now and at every boot."""

from pathlib import PurePosixPath

import click

from petrichor.cli.context import Context, need_root, say


@click.command("apply")
@click.option(
    "--hide",
    multiple=True,
    metavar="PATH",
    help="Data at this path may be hidden by its mount; it is lost at the next reset.",
)
@click.option("--petrichor", "program", metavar="PATH", help="Where the boot finds this command.")
@click.pass_obj
def command(context: Context, hide: tuple[str, ...], program: str | None) -> None:
    """Install the boot path, build the initrd, mount what is new, unmount what is gone."""
    from petrichor.act import applying
    from petrichor.act.rendering import boot_facts
    from petrichor.plan.boot import boot_plan
    from petrichor.system.command import SystemRunner

    need_root("apply")
    runner = SystemRunner()
    declaration, text = context.read_declaration()
    plan = boot_plan(declaration, boot_facts(declaration, context.accounts(), context.root))
    request = applying.Request(
        plan=plan,
        declaration_json=text,
        accounts=context.accounts(),
        root=context.root,
        hide=tuple(PurePosixPath(path) for path in hide),
        program=program,
    )
    work = applying.prepare(request)
    if not work.lines:
        say("nothing to do: the machine matches the declaration")
        return
    context.confirm(work.lines)
    for line in applying.carry_out(work, runner):
        say(line)
