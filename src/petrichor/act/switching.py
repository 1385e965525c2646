"""From one declaration to the next while the system runs, where others install the boot path.

Only what differs between the two is touched.  Until all of it is done the earlier declaration
stays the one in force, so that the next run finds what this one left.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from petrichor.act.applying import Wish, Work, adopt_all, bring_live, prepare, request, undoing
from petrichor.act.inforce import in_force, put_in_force
from petrichor.act.install import missing_links
from petrichor.model.accounts import Accounts
from petrichor.model.declaration import Declaration
from petrichor.model.errors import RefusedError
from petrichor.model.text import show
from petrichor.plan.apply import difference
from petrichor.plan.keep import brought_back
from petrichor.system.command import Runner


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """What is to be done, and what is in force then."""

    work: Work
    links: tuple[PurePosixPath, ...]
    declaration_json: str

    @property
    def lines(self) -> list[str]:
        """Return the plan as lines to read."""
        return [*self.work.lines, *(f"link     {show(path)}" for path in self.links)]


def prepare_switch(
    stack: ExitStack, declaration: Declaration, text: str, accounts: Accounts, wish: Wish
) -> Switch:
    """Look at both sides of what is newly kept, held open by ``stack``; nothing is changed.

    Where nothing is in force, everything is new: what is shown already stays as it is.

    Raises:
        RefusedError: a mount would hide data; each path is named.
        MachineError: a store or a volume cannot be looked at.
    """
    before = in_force(accounts)
    old = [] if before is None else brought_back(before)
    added, gone = difference(old, brought_back(declaration))
    only = tuple(kept.path for kept in added)
    wish = replace(wish, only=only, installs=False, links=True)
    try:
        work = prepare(request(stack, declaration, text, accounts, Path("/"), wish))
    except RefusedError as error:
        hint = f"before the next boot run petrichor apply --live again, and {error.hint}"
        raise RefusedError(error.message, hint=hint) from error
    return Switch(
        work=undoing(work, gone), links=tuple(missing_links(work.keep)), declaration_json=text
    )


def switch(prepared: Switch, runner: Runner) -> Iterator[str]:
    """Do it, data first, and yield what there is to say about it."""
    yield from adopt_all(prepared.work)
    yield from bring_live(prepared.work, runner)
    put_in_force(prepared.declaration_json)
