"""One run at a time changes what is kept: what it looked at stays as it was until it is done."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from petrichor.plan.apply import RUNTIME_FILES
from petrichor.system.files import locked


@contextmanager
def alone(root: Path) -> Iterator[None]:
    """Hold the running system, with all its stores; what an installer works on is its own.

    The lock is none of a store's, for one may be read-only, or not be there yet.

    Raises:
        MachineError: another run is at work.
    """
    if root != Path("/"):
        yield
        return
    place = Path(RUNTIME_FILES)
    place.mkdir(mode=0o755, exist_ok=True)
    with locked(place):
        yield
