"""What every verb shares: the global options, the declaration, questions, and how it ends."""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from petrichor.model.errors import DeclinedError, MachineError, PrivilegeError
from petrichor.model.text import show

if TYPE_CHECKING:
    from petrichor.model.accounts import Accounts
    from petrichor.model.declaration import Declaration

DEFAULT_CONFIG: Final = Path("/etc/petrichor/petrichor.toml")
BOOTED_CONFIG: Final = Path("/run/petrichor/declaration.json")
"""What this boot was rendered from: all there is where ``/etc`` was emptied too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The global options."""

    config: Path | None = None
    root: Path = Path("/")
    as_json: bool = False
    yes: bool = False
    verbose: int = 0

    @property
    def config_path(self) -> Path:
        """Return where the declaration is read: an explicit file, else the one below the root."""
        if self.config is not None:
            return self.config
        toml = self.root / DEFAULT_CONFIG.relative_to("/")
        places = [toml, toml.with_suffix(".json")]
        places += [BOOTED_CONFIG] if self.root == Path("/") else []
        return next((place for place in places if os.path.lexists(place)), toml)

    def accounts(self) -> "Accounts":
        """Return the users and groups of the system at the root."""
        from petrichor.system.accounts import read_accounts

        return read_accounts(self.root)

    def declaration(self) -> "Declaration":
        """Read and check the declaration.

        Raises:
            MachineError: there is none.
            DeclarationError: it has mistakes.
        """
        from petrichor.cli import cache

        data = self._read()
        key = cache.key_of(str(self.config_path), data, self.root)
        known = cache.recall(key)
        if known is None:
            known = self._load(data)
            cache.remember(key, known)
        return known

    def read_declaration(self) -> tuple["Declaration", str]:
        """Return the declaration, and its text as JSON for the check after boot."""
        data = self._read()
        return self._load(data), self.as_document(data)

    def as_document(self, data: bytes) -> str:
        """Return a declaration that has no mistakes as JSON."""
        import json

        from petrichor.config.load import parse

        document, _ = parse(data, str(self.config_path))
        return json.dumps(document, indent=1, sort_keys=True) + "\n"

    def _load(self, data: bytes) -> "Declaration":
        # No plugin of pydantic's is ours; looking for them costs every start 20 ms.
        os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
        from petrichor.config.load import load

        return load(data, str(self.config_path), self.accounts())

    def _read(self) -> bytes:
        path = self.config_path
        try:
            return path.read_bytes()
        except FileNotFoundError:
            hint = "petrichor init writes a first one; --config names another file"
            raise MachineError(f"there is no declaration at {_text(path)}", hint=hint) from None
        except PermissionError:
            hint = "run it as root, or name another file with --config"
            raise MachineError(f"{_text(path)} may not be read", hint=hint) from None
        except OSError as error:
            hint = "name a file with --config"
            raise MachineError(f"{_text(path)}: {error.strerror}", hint=hint) from None

    def hold(self) -> None:
        """Let no other run change what is kept until this one ends; read what it is after this.

        Raises:
            MachineError: another run is at work.
        """
        from petrichor.act.alone import alone

        click.get_current_context().with_resource(alone(self.root))

    def confirm(self, plan: Sequence[str], destroys: Sequence[str] = ()) -> None:
        """Show the plan, name what it destroys, and ask.

        Raises:
            DeclinedError: the answer was no, or nobody could be asked.
        """
        for line in plan:
            say(f"  {line}")
        for line in destroys:
            say(f"  destroys: {line}")
        if self.yes:
            return
        if not sys.stdin.isatty():
            raise DeclinedError("nobody can be asked here", hint="--yes goes on without asking")
        try:
            agreed = click.confirm("Go on?", default=False, err=True)
        except click.Abort:
            agreed = False
        if not agreed:
            raise DeclinedError("nothing was done")


def _text(path: Path) -> str:
    return show(str(path))


def say(text: str) -> None:
    """Write to stderr: progress, plans and warnings; stdout is for the answer."""
    click.echo(text, err=True)


def need_root(verb: str) -> None:
    """Raise PrivilegeError unless this runs as root."""
    if os.geteuid() != 0:
        raise PrivilegeError(f"{verb} needs root", hint=f"run: sudo petrichor {verb}")


def start_logging(verbose: int) -> None:
    """Show the commands that change the machine with ``-v``, all commands with ``-vv``."""
    if verbose:
        import logging

        level = logging.INFO if verbose == 1 else logging.DEBUG
        logging.basicConfig(level=level, format="%(message)s", stream=sys.stderr, force=True)
