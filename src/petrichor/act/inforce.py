"""The declaration that the running system follows, as it is noted in ``/run``."""

import os
from pathlib import Path
from typing import Final

from petrichor.config.load import load
from petrichor.model.accounts import Accounts
from petrichor.model.declaration import Declaration
from petrichor.model.errors import DeclarationError
from petrichor.plan.apply import RUNTIME_FILES
from petrichor.render.after import DECLARATION
from petrichor.system.files import read_if_present, write_atomic

NOTE: Final = Path(RUNTIME_FILES / DECLARATION)


def in_force(accounts: Accounts) -> Declaration | None:
    """Return it; None where nothing is noted, or what is noted cannot be read any more."""
    data = read_if_present(NOTE)
    if data is None:
        return None
    try:
        return load(data, str(NOTE), accounts)
    except DeclarationError:
        return None


def put_in_force(declaration_json: str) -> None:
    """Note what the running system follows from now on."""
    NOTE.parent.mkdir(mode=0o755, exist_ok=True)
    write_atomic(NOTE, os.fsencode(declaration_json))


def is_noted() -> bool:
    """Tell whether it is known what the running system follows."""
    return NOTE.exists()
