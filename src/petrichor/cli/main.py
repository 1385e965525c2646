"""The command line: global options, the table of verbs, and how errors become exit codes."""

import importlib
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

import click

from petrichor.cli.context import Context, say, start_logging
from petrichor.model.errors import MachineError, PetrichorError, UsageError
from petrichor.model.text import show

if TYPE_CHECKING:
    from collections.abc import Callable

VERBS: Final = {
    "init": "Create volumes, baselines and a first declaration.",
    "import": "Print what impermanence or preservation keeps as a declaration.",
    "check": "Is this machine safe to reset? Every hazard, each with a hint.",
    "status": "Was each volume reset, is every kept path mounted, how much would be lost?",
    "diff": "What is lost at the next reset?",
    "explain": "Will a path survive, why, and who says so?",
    "stale": "What lies in a store and is declared no more?",
    "render": "Write units, fstabs, tmpfiles and initrd pieces to a directory.",
    "apply": "Install the boot path and make the running system match.",
    "keep": "Keep a path from now on: copy, declare and mount it.",
    "forget": "Stop keeping a path; its data stays in the store.",
    "history": "What did earlier boots lose that mattered?",
    "restore": "Bring back what an earlier boot lost.",
    "prune": "Remove retired volumes that were kept long enough.",
    "reset": "Reset an unmounted volume by hand.",
    "boot": "What petrichor-boot.service runs after boot.",
    "save": "What petrichor-save.service runs when a copied file changed.",
    "try": "The whole cycle on a throw-away image, in seconds.",
    "schema": "Print the JSON Schema of the declaration, or of another document.",
}
"""The verbs; the module of one is loaded when it is called, which keeps the start quick."""

_MODULES: Final = {"try": "tryout", "import": "importing"}

_WITH_JSON: Final = frozenset(
    {
        "init",
        "import",
        "check",
        "status",
        "diff",
        "explain",
        "stale",
        "history",
        "restore",
        "boot",
        "try",
        "schema",
    }
)
_WITH_ROOT: Final = frozenset({"init", "check", "render", "apply"})
"""The verbs that know ``--json`` and ``--root``; the others refuse them, and never ignore them."""

BROKEN_PIPE: Final = 141
"""128 and SIGPIPE, as a shell reports it: the reader had enough."""


class Verbs(click.Group):
    """A group that imports a verb's module only when that verb is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the verbs in the order of the table."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the verb's module and return its command."""
        if cmd_name not in VERBS:
            return None
        module = importlib.import_module(f"petrichor.cli.{_MODULES.get(cmd_name, cmd_name)}")
        command = module.command
        assert isinstance(command, click.Command)
        _let_globals_follow(command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table of verbs without importing any."""
        with formatter.section("Verbs"):
            formatter.write_dl(list(VERBS.items()))


def global_options(command: Any, *, hidden: bool = False) -> Any:
    """Add the global options to a command; ``hidden`` is for those that stand behind a verb."""
    directory = click.Path(path_type=Path, file_okay=False, exists=True, resolve_path=True)
    place = "Work on the system mounted at this directory, as an installer does."
    trace = "Show the commands that are run; -vv: all."
    shared: dict[str, Any] = {"expose_value": False, "callback": _take, "hidden": hidden}
    options: list[Callable[[Any], Any]] = [
        click.option(
            "--config", type=click.Path(path_type=Path), help="The declaration to read.", **shared
        ),
        click.option("--root", type=directory, help=place, **shared),
        click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.", **shared),
        click.option("--yes", is_flag=True, help="Go on without asking.", **shared),
        click.option("-v", "--verbose", count=True, help=trace, **shared),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def _take(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    """Note a global option, wherever it stands."""
    before: Context = ctx.obj or Context()
    ctx.obj = replace(before, **{str(param.name): value}) if value else before
    if ctx.parent is not None and value:
        _check(str(ctx.info_name), ctx.obj)


def _let_globals_follow(command: click.Command) -> None:
    """Let global options stand behind the verb too: ``petrichor status --json``."""
    present = {name for param in command.params for name in param.opts}
    carrier = click.Command("carrier")
    global_options(carrier, hidden=True)
    command.params += [item for item in carrier.params if not present.intersection(item.opts)]


def _check(verb: str, context: Context) -> None:
    """Refuse what a verb would ignore.

    Raises:
        UsageError: the verb does not know ``--json`` or ``--root``.
    """
    if context.as_json and verb not in _WITH_JSON:
        raise UsageError(f"{verb} has no answer in JSON", hint="leave --json out")
    if context.root != Path("/") and verb not in _WITH_ROOT:
        raise UsageError(f"{verb} is for the running system alone", hint="leave --root out")
    start_logging(context.verbose)


@click.group(
    cls=Verbs,
    context_settings={"help_option_names": ["-h", "--help"]},
    no_args_is_help=False,  # done differently by each release of click
)
@global_options
@click.version_option(package_name="petrichor-linux", prog_name="petrichor")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Machines that forget: what was not declared is gone after a reboot."""
    _check(str(ctx.invoked_subcommand), ctx.obj)


def main() -> NoReturn:
    """Run the command and exit with its code."""
    code = run(sys.argv[1:])
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:
        code = _nobody_reads()
    os._exit(code)


def run(arguments: list[str]) -> int:
    """Run the command line and return its exit code; errors are one message each."""
    try:
        code = cli.main(arguments, prog_name="petrichor", standalone_mode=False)
    except PetrichorError as error:
        return _fail(error)
    except click.ClickException as error:
        return _fail(_refused(error))
    except (click.Abort, KeyboardInterrupt):
        say("petrichor: interrupted; running it again finishes what was begun")
        return 130
    except (BrokenPipeError, SystemExit):  # click makes the second of the first
        return _nobody_reads()
    except OSError as error:
        name = show(os.fsdecode(error.filename)) if error.filename else "this machine"
        return _fail(MachineError(f"{name}: {error.strerror}"))
    return code if isinstance(code, int) else 0


def _fail(error: PetrichorError) -> int:
    say(f"petrichor: {error.message}")
    if error.hint:
        say(f"  hint: {error.hint}")
    return error.exit_code


def _refused(error: click.ClickException) -> UsageError:
    """Return what click refused as an error of ours: one line, and where to read more."""
    context = getattr(error, "ctx", None)
    where = context.command_path if context is not None else "petrichor"
    message = " ".join(error.format_message().split()).rstrip(".")
    return UsageError(message[:1].lower() + message[1:], hint=f"{where} --help")


def _nobody_reads() -> int:
    """Give up stdout, so that nothing is flushed into it at the end: signal(7), SIGPIPE."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return BROKEN_PIPE
