"""``petrichor boot``: what petrichor-boot.service runs."""

from typing import TYPE_CHECKING

import click

from petrichor.cli.context import Context, need_root, say

if TYPE_CHECKING:
    from petrichor.model.declaration import Declaration
    from petrichor.model.status import Status


@click.command("boot")
@click.pass_obj
def command(context: Context) -> None:
    """Prove that volumes were reset and kept paths are there; leave the canaries; prune."""
    from petrichor.act.after_boot import after_boot, record
    from petrichor.act.inforce import is_noted, put_in_force
    from petrichor.act.record import note
    from petrichor.model.errors import NotResetError
    from petrichor.report.status import status_json, status_text
    from petrichor.system.command import SystemRunner

    need_root("boot")
    declaration = context.declaration()
    if not is_noted():
        put_in_force(context.read_declaration()[1])
    status, troubles = after_boot(declaration, SystemRunner())
    text = status_json(status)
    record(text)
    click.echo(text if context.as_json else status_text(status), nl=False)
    for trouble in (*troubles, *note(declaration)):
        say(f"petrichor: {trouble}")
    _prune(declaration, status)
    if not status.is_good:
        hint = "journalctl -b -u 'petrichor-*' says why"
        raise NotResetError("; ".join(_amiss(status)), hint=hint)


def _prune(declaration: "Declaration", status: "Status") -> None:
    """Remove what was retired long ago, of volumes that this boot did reset."""
    from petrichor.act.pruning import prune_quietly
    from petrichor.model.status import VolumeState
    from petrichor.system.command import SystemRunner
    from petrichor.system.namespace import enter_own_mounts

    reset = {item.mountpoint for item in status.volumes if item.state is VolumeState.RESET}
    enter_own_mounts()
    volumes = [volume for volume in declaration.volumes if volume.mountpoint in reset]
    outcome = prune_quietly(volumes, SystemRunner())
    for name in outcome.removed:
        say(f"petrichor: removed {name}")
    for trouble in (*outcome.stays, *outcome.troubles):
        say(f"petrichor: {trouble}")


def _amiss(status: "Status") -> list[str]:
    from petrichor.model.text import show

    volumes = [item for item in status.volumes if not item.is_good]
    lost = sum(not item.is_good for item in status.kept)
    noun = "kept path does" if lost == 1 else "kept paths do"
    amiss = [f"{show(item.mountpoint)} was {item.state}" for item in volumes]
    return [*amiss, f"{lost} {noun} not show their store"] if lost else amiss
