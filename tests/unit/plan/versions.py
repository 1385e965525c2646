"""Versions for tests."""

import os
import stat

from petrichor.model.past import Boot
from petrichor.model.version import Version


def boot(number: int = 1, time: int | None = 1_800_000_000) -> Boot:
    return Boot(boot=f"{number:032x}", number=number, time=time, retired=())


def version(
    path: bytes,
    number: int = 1,
    *,
    top: bytes = b"/",
    mode: int = stat.S_IFREG | 0o644,
    time: int | None = 1_800_000_000,
) -> Version:
    facts = os.stat_result((mode, 1, 1, 1, 1000, 1000, 3000, 0, 1_700_000_000, 0))
    return Version(boot=boot(number, time), path=path, top=top, tree=-1, facts=facts)
