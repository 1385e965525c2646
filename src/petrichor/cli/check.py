"""``petrichor check``: every hazard that is known, before the next boot meets it."""

from pathlib import Path, PurePosixPath

import click

from petrichor.cli.context import BOOTED_CONFIG, DEFAULT_CONFIG, Context


@click.command("check")
@click.pass_obj
def command(context: Context) -> int:
    """Is this machine safe to reset?

    Each finding says what it is, why it hurts, and what to do.  Exit code 1 when there is an
    error or a warning.
    """
    from petrichor.act.checking import find_hazards
    from petrichor.report.findings import findings_json, findings_text
    from petrichor.system.command import SystemRunner

    declaration, text = context.read_declaration()
    findings = find_hazards(
        declaration,
        text,
        accounts=context.accounts(),
        config=kept_name(context.config_path.absolute(), context.root),
        root=context.root,
        runner=SystemRunner(),
    )
    answer = findings_json(findings) if context.as_json else findings_text(findings)
    click.echo(answer, nl=False)
    return 1 if any(item.counts for item in findings) else 0


def kept_name(config: Path, root: Path) -> PurePosixPath:
    """Return how the system at ``root`` calls the declaration that its owner edits."""
    if config == BOOTED_CONFIG:
        return PurePosixPath(DEFAULT_CONFIG)
    below = config.is_relative_to(root)
    return PurePosixPath("/") / config.relative_to(root) if below else PurePosixPath(config)
