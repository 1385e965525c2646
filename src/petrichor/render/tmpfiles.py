"""The tmpfiles.d text of one phase: what is made where nothing stands yet."""

from collections.abc import Iterable
from pathlib import PurePosixPath

from petrichor.model.plan import Make, Place
from petrichor.render.escape import tmpfiles_argument, tmpfiles_path
from petrichor.render.unit import HEADER


def tmpfiles(places: Iterable[Place], prefix: PurePosixPath) -> str:
    """Return the text; ``prefix`` is put before every path.

    A colon before owner and mode means: for new ones only.  What exists keeps both.  Paths with
    a line end are left out: no escape for them is understood by every version in use.
    """
    lines = [_line(place, prefix) for place in places if not holds_newline(place)]
    return HEADER + "".join(lines)


def holds_newline(place: Place) -> bool:
    """Tell whether a place must be made by commands instead.

    systemd takes a carriage return for the end of a line as well.
    """
    return not {"\n", "\r"}.isdisjoint(str(place.path))


def _line(place: Place, prefix: PurePosixPath) -> str:
    path = tmpfiles_path(str(prefix / place.path.relative_to("/")))
    mode = "-" if place.mode is None else f":{place.mode:04o}"
    user, group = (f":{name}" if name else "-" for name in (place.user, place.group))
    if place.make is Make.LINK:
        user = group = "-"
    content = tmpfiles_argument(place.content) if place.content else "-"
    return f"{place.make.value} {path} {mode} {user} {group} - {content}\n"
