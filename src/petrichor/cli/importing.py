"""``petrichor import``: another tool's configuration as a declaration."""

import json
import sys
from pathlib import Path
from typing import Final

import click

from petrichor.cli.context import Context, say
from petrichor.model.text import show

_HEAD: Final = """\
# What {source} was told to keep. Volumes and filesystems are yours to add: petrichor.toml(5).
"""


@click.command("import")
@click.option(
    "--from",
    "source",
    type=click.Choice(["impermanence", "preservation"]),
    required=True,
    help="The NixOS module whose options FILE holds.",
)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
@click.pass_obj
def command(context: Context, source: str, file: Path) -> None:
    """Print what another tool keeps as a declaration; FILE is its JSON, - is stdin.

    What has another meaning here, or none, is named on stderr.
    """
    from petrichor.config.importing.translating import translate
    from petrichor.config.tomltext import toml_text

    is_stdin = str(file) == "-"
    name = "stdin" if is_stdin else show(str(file))
    data = sys.stdin.buffer.read() if is_stdin else file.read_bytes()
    found = translate(data, name, source)
    for note in found.notes:
        say(f"{name}: {note.key}: {note.message}")
    if context.as_json:
        text = json.dumps(found.document, indent=2, ensure_ascii=False) + "\n"
    else:
        text = f"{_HEAD.format(source=source)}\n{toml_text(found.document)}"
    click.echo(text.encode(), nl=False)
