"""``petrichor reset``: what the initrd does, by hand, on volumes that are mounted nowhere."""

from pathlib import Path, PurePosixPath

import click

from petrichor.cli.context import Context, need_root, say


@click.command("reset")
@click.argument("mountpoint", type=click.Path(path_type=Path))
@click.pass_obj
def command(context: Context, mountpoint: Path) -> None:
    """Bring the volume that is declared at MOUNTPOINT back to its baseline.

    It must not be mounted anywhere: boot another system, or an installer, for the root.
    """
    from petrichor.act.reset import carry_out, prepare
    from petrichor.model.text import show
    from petrichor.system.command import SystemRunner
    from petrichor.system.namespace import enter_own_mounts

    need_root("reset")
    runner = SystemRunner()
    declaration = context.declaration()
    enter_own_mounts()  # killed half-way, nothing stays mounted that would stop the next run
    reset = prepare(declaration, PurePosixPath(mountpoint), runner)
    context.confirm(reset.describe(), reset.destroys())
    carry_out(reset, runner, lambda step: say(f"{step.why}: {step.describe()}"))
    say(f"reset: {show(reset.volume.mountpoint)}")
