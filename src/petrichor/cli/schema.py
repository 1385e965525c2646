"""``petrichor schema``: the JSON Schema of the declaration and of the answers."""

import click


@click.command("schema")
@click.argument(
    "name",
    type=click.Choice(["declaration", "status", "loss", "explain", "stale", "history", "versions"]),
    default="declaration",
)
def command(name: str) -> None:
    """Print a JSON Schema."""
    from importlib import resources

    package, file = {
        "declaration": ("petrichor.config", "petrichor.schema.json"),
        "status": ("petrichor.report", "status.schema.json"),
        "loss": ("petrichor.report", "loss.schema.json"),
        "explain": ("petrichor.report", "explain.schema.json"),
        "stale": ("petrichor.report", "stale.schema.json"),
        "history": ("petrichor.report", "history.schema.json"),
        "versions": ("petrichor.report", "versions.schema.json"),
    }[name]
    click.echo(resources.files(package).joinpath(file).read_text(), nl=False)
