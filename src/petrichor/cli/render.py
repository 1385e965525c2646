"""``petrichor render``: the boot path, as files in a directory."""

from pathlib import Path

import click

from petrichor.cli.context import Context, say


@click.command("render")
@click.option("--target", type=click.Choice(["dracut", "nixos"]), required=True)
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="The directory to write; it is made, and must be empty or an earlier output.",
)
@click.option(
    "--tool",
    "tools",
    multiple=True,
    metavar="NAME=PATH",
    help="Where a tool lies, for example zfs=/sbin/zfs; may be given more than once.",
)
@click.option(
    "--files", metavar="DIR", help="Where the real system finds its fstab; nixos: in the output."
)
@click.option(
    "--initrd-files", metavar="DIR", help="Where the initrd finds its fstab; nixos: in the output."
)
@click.pass_obj
def command(
    context: Context,
    target: str,
    output: Path,
    tools: tuple[str, ...],
    files: str | None,
    initrd_files: str | None,
) -> None:
    """Write the whole boot path to a directory: nothing on the machine is changed."""
    from petrichor.act.rendering import boot_facts, write_tree
    from petrichor.plan.boot import boot_plan
    from petrichor.render.target import make_target
    from petrichor.render.tree import render

    if target == "nixos":
        files = files or str(output.absolute() / "system/share/petrichor")
        initrd_files = initrd_files or str(output.absolute() / "initrd/share/petrichor")
    wanted = make_target(target, tools, files=files, initrd_files=initrd_files)
    declaration, text = context.read_declaration()
    facts = boot_facts(declaration, context.accounts(), context.root)
    tree = render(boot_plan(declaration, facts), wanted, text)
    write_tree(tree, output)
    say(f"wrote {len(tree)} files below {output}")
