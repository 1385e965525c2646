"""The fstab of one phase: all its bind mounts, made by one ``mount --all``."""

from collections.abc import Iterable
from pathlib import PurePosixPath

from petrichor.model.plan import Bind
from petrichor.render.escape import fstab_field
from petrichor.render.unit import HEADER


def fstab(binds: Iterable[Bind], prefix: PurePosixPath) -> str:
    """Return the text of an fstab.

    ``prefix`` is put before the sources alone: ``mount --target-prefix`` does it for the targets.
    """
    lines = [_line(bind, prefix) for bind in binds]
    return HEADER + "".join(lines)


def _line(bind: Bind, prefix: PurePosixPath) -> str:
    source = fstab_field(str(prefix / bind.source.relative_to("/")))
    target = fstab_field(str(bind.target))
    options = fstab_field(",".join(bind.options))
    return f"{source} {target} none {options} 0 0\n"
