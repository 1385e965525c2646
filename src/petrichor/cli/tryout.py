"""``petrichor try``: the whole cycle on a throw-away image."""

import json

import click

from petrichor.cli.context import Context, say


@click.command("try")
@click.pass_obj
def command(context: Context) -> int:
    """Make a machine on a throw-away image, use it, reset it, and look what is left.

    As root on Btrfs in a file; otherwise in a user namespace, on a plain directory.  Nothing is
    left behind, however it ends.
    """
    import time

    from petrichor.act.tryout import Story, begin, run_trial
    from petrichor.system.command import SystemRunner

    started = time.monotonic()
    runner = SystemRunner()
    story = Story(say if context.as_json else click.echo)
    trial, obstacle = begin(runner)
    backend = "directory" if obstacle else "btrfs"
    if obstacle:
        story.say(f"a machine whose /home is a directory, not one on Btrfs: {obstacle}")
    else:
        story.say("a machine on Btrfs, in a file that is thrown away")
    run_trial(trial, runner, story)
    seconds = time.monotonic() - started
    if context.as_json:
        checks = [{"text": item.text, "passed": item.passed} for item in story.checks]
        document = {"version": 1, "backend": backend, "passed": story.passed, "checks": checks}
        click.echo(json.dumps(document, indent=2))
    verdict = "it forgets, and it keeps" if story.passed else "something is wrong"
    story.say(f"{verdict}: {len(story.checks)} checks in {seconds:.1f} s")
    story.say("image and mounts end with this process")
    return 0 if story.passed else 8
