"""``petrichor diff``: what is lost at the next reset."""

import os
import sys
from collections.abc import Iterable
from functools import partial
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NoReturn

import click

from petrichor.cli.context import Context
from petrichor.cli.progress import progress
from petrichor.loss.summary import Summary
from petrichor.model.errors import IncompleteError, UsageError
from petrichor.model.loss import Fate, Sort
from petrichor.model.text import show, show_bytes
from petrichor.report.cells import count_text

if TYPE_CHECKING:
    from petrichor.act.losing import Loss
    from petrichor.model.accounts import Accounts
    from petrichor.model.declaration import Declaration, Volume
    from petrichor.report.losskeep import Known


@click.command("diff")
@click.argument("paths", metavar="[PATH]...", nargs=-1, type=click.Path(path_type=bytes))
@click.option("--all", "form", flag_value="all", help="Every entry, one a line.")
@click.option("--tree", "form", flag_value="tree", help="Directories with what lies below them.")
@click.option("-0", "--null", "form", flag_value="null", help="Paths alone, each ended by NUL.")
@click.option("--sort", type=click.Choice([str(sort) for sort in Sort]), help="Sort by this.")
@click.option(
    "--volume", "mountpoints", multiple=True, metavar="MOUNTPOINT", help="This one alone."
)
@click.option(
    "--fate",
    type=click.Choice([str(fate) for fate in Fate]),
    default="lost",
    show_default=True,
    help="What becomes of the entries that are told in detail.",
)
@click.option("--exit-code", "with_code", is_flag=True, help="Exit with 1 if something is lost.")
@click.pass_obj
def command(
    context: Context,
    paths: tuple[bytes, ...],
    form: str | None,
    sort: str | None,
    mountpoints: tuple[str, ...],
    fate: str,
    with_code: bool,
) -> int:
    """What is lost at the next reset?  Of all volumes, or of what lies at and below each PATH.

    One PATH that is a file is compared with its baseline line by line.  Exit code 10 when
    something could not be read.
    """
    if context.as_json and form:
        raise UsageError("--json is a form of its own", hint="leave --all, --tree or --null out")
    if sort and (context.as_json or form == "null"):
        raise UsageError("--sort is for people", hint="leave it out, or sort what is printed")
    if paths and mountpoints:
        raise UsageError("a PATH tells its volume", hint="leave --volume out")
    from petrichor.act.losing import looking
    from petrichor.system.command import SystemRunner

    declaration, accounts = context.declaration(), context.accounts()
    places = tuple(absolute(path) for path in paths)
    volumes = holding(declaration, places) if places else chosen(declaration, mountpoints)
    with looking(declaration, accounts, SystemRunner(), volumes, places) as loss:
        teller = Teller(
            loss, declaration, accounts, volumes, Fate(fate), Sort(sort) if sort else None
        )
        summary = teller.tell("json" if context.as_json else form, places)
    if summary.missing:
        end_incomplete(summary)
    return 1 if with_code and summary.total(Fate.LOST).count else 0


def chosen(declaration: "Declaration", mountpoints: tuple[str, ...]) -> tuple["Volume", ...]:
    """Return the volumes that are declared at the mount points; all of them for none.

    Raises:
        UsageError: no volume is declared there.
    """
    volumes = {str(volume.mountpoint): volume for volume in declaration.volumes}
    unknown = [show(name) for name in mountpoints if os.path.normpath(name) not in volumes]
    if unknown:
        known = ", ".join(show(name) for name in volumes)
        raise UsageError(f"{unknown[0]} is no volume", hint=f"declared are: {known}")
    wanted = {os.path.normpath(name) for name in mountpoints} or volumes
    return tuple(volume for name, volume in volumes.items() if name in wanted)


def holding(declaration: "Declaration", paths: tuple[bytes, ...]) -> tuple["Volume", ...]:
    """Return the volumes that paths lie on.

    Raises:
        UsageError: one of them lies on none.
    """
    found = {}
    for path in paths:
        volume = declaration.volume_of(PurePosixPath(os.fsdecode(path)))
        if volume is None:
            name = show(os.fsdecode(path))
            raise UsageError(
                f"{name} lies on no volume: no reset takes it",
                hint="petrichor status lists the volumes",
            )
        found[volume.mountpoint] = volume
    return tuple(found[mountpoint] for mountpoint in sorted(found))


def absolute(path: bytes) -> bytes:
    """Return a path as the running system calls it; links are not followed.

    Raises:
        UsageError: it is empty.
    """
    if not path:
        raise UsageError("a path is empty", hint="petrichor diff --help")
    normal = os.path.abspath(path)
    return normal[1:] if normal.startswith(b"//") else normal


def end_incomplete(summary: Summary) -> NoReturn:
    """Say that the answer that was given lacks something."""
    missing = count_text(summary.missing, "entry", "entries")
    hint = "" if os.geteuid() == 0 else "run it as root"
    raise IncompleteError(f"the answer is incomplete: {missing} could not be read", hint=hint)


class Teller:
    """Tells a loss in one of its forms; what is written is written at once."""

    def __init__(
        self,
        loss: "Loss",
        declaration: "Declaration",
        accounts: "Accounts",
        volumes: tuple["Volume", ...],
        fate: Fate,
        sort: Sort | None,
        event: str = "the next reset",
    ) -> None:
        """Tell what of ``loss`` has that fate at ``event``."""
        self._loss = loss
        self._declaration = declaration
        self._accounts = accounts
        self._volumes = [str(volume.mountpoint) for volume in volumes]
        self._fate = fate
        self._sort = sort
        self._event = event

    def tell(self, form: str | None, paths: tuple[bytes, ...]) -> Summary:
        """Write the answer; return what it comes to."""
        rows = {"json": self._json, "all": self._all, "null": self._null}
        if form is None or form == "tree":
            return self._tree() if form else self._usual(paths)
        if sys.stdout.isatty():  # what is written shows that something goes on
            return rows[form]()
        with progress("looking"):
            return rows[form]()

    def _usual(self, paths: tuple[bytes, ...]) -> Summary:
        """Compare a single file, sum up the rest."""
        if len(paths) == 1:
            old, new = self._loss.both(paths[0])
            if old is not None or new is not None:
                return self._file(paths[0], old, new)
        return self._overview(paths)

    def _json(self) -> Summary:
        from petrichor.report.lossrows import json_pieces

        summary = Summary()
        _write(json_pieces(self._loss.shares(), self._volumes, [self._fate], summary))
        return summary

    def _null(self) -> Summary:
        from petrichor.report.lossrows import null_pieces

        summary = Summary()
        out = sys.stdout.buffer
        for piece in null_pieces(self._loss.shares(), [self._fate], summary):
            out.write(piece)
        out.flush()
        return summary

    def _all(self) -> Summary:
        from petrichor.report.loss import incomplete
        from petrichor.report.lossrows import counted, row_text, rows, sort_key

        summary, names = Summary(), names_of(self._accounts)
        found = rows(counted(self._loss.shares(), summary), [self._fate])
        if self._sort:
            from petrichor.system.sorting import sorted_in_pieces

            found = sorted_in_pieces(found, partial(sort_key, self._sort))
        _write(f"{row_text(row, names)}\n" for row in found)
        _write_lines(incomplete(summary))
        return summary

    def _tree(self) -> Summary:
        from petrichor.report.loss import incomplete
        from petrichor.report.losstree import grow, tree_lines

        with progress("looking"):
            summary = self._loss.summary(partial(Summary, [self._fate], by_owner=False))
        root = grow(summary.folders)
        _write_lines(tree_lines(root, names_of(self._accounts), self._sort or Sort.PATH))
        _write_lines(incomplete(summary))
        return summary

    def _overview(self, paths: tuple[bytes, ...]) -> Summary:
        from petrichor.report.loss import overview

        with progress("looking"):
            summary = self._loss.summary(partial(Summary, [self._fate]))
        about = [show_bytes(path) for path in paths] or [show(name) for name in self._volumes]
        lines = overview(
            summary,
            known_of(self._declaration, self._accounts),
            about,
            sort=self._sort,
            rolled=self._fate,
            event=self._event,
        )
        _write_lines(lines)
        return summary

    def _file(self, path: bytes, old: bytes | None, new: bytes | None) -> Summary:
        from petrichor.report.lossdiff import file_lines, safe_line
        from petrichor.report.lossrows import counted, row_text, rows

        summary, names = Summary(), names_of(self._accounts)
        for row in rows(counted(self._loss.shares(), summary), Fate):
            click.echo(row_text(row, names))
        lines = file_lines(path, old, new)
        if sys.stdout.isatty():
            _write(safe_line(line) for line in lines)
        else:
            sys.stdout.flush()
            sys.stdout.buffer.writelines(lines)
        return summary


def known_of(declaration: "Declaration", accounts: "Accounts") -> "Known":
    """Return what lines for the declaration are made from."""
    from petrichor.config.programs import program_table
    from petrichor.report.losskeep import Known

    users = [accounts.users[name] for name in accounts.users]
    homes = {os.fsencode(user.home): user.name for user in users if user.is_person}
    table = program_table().values()
    stores = [kept.store for kept in declaration.kept]
    store = max(stores, key=stores.count) if stores else "/persist/root"
    return Known(
        store=str(store),
        homes=homes,
        users=names_of(accounts),
        presets={p.title: p.name for p in table if any(s.keepable for s in p.system)},
        home_presets={p.title: p.name for p in table if any(s.keepable for s in p.home)},
    )


def names_of(accounts: "Accounts") -> dict[int, str]:
    """Return the names of users by their numbers; the first of a number counts."""
    return {accounts.users[name].uid: name for name in reversed(list(accounts.users))}


def _write_lines(lines: Iterable[str]) -> None:
    _write(f"{line}\n" for line in lines)


def _write(pieces: Iterable[str]) -> None:
    """Write to stdout; a reader who had enough ends it: signal(7), SIGPIPE."""
    out = sys.stdout
    for piece in pieces:
        out.write(piece)
    out.flush()
