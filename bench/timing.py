"""What is timed alone, because each run needs the tree again that the last one took away.

All in turn, so that a slow minute hits all of them, and in another order each time, so that what
one leaves the filesystem to do does not always fall on the same.
"""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.compared import KINDS
from bench.measure import Figures, drop_caches


@dataclass(frozen=True)
class Action:
    name: str
    act: Callable[[], None]
    before: Callable[[], None]
    """Puts in place what is acted on; not timed."""


def measure_actions(actions: Sequence[Action], cold: int, warm: int) -> dict[str, Figures]:
    """Seconds by the name of each action; the caches are as `before` leaves them, or dropped."""
    figures = {action.name: Figures() for action in actions}
    draw = random.Random(1)
    for kind, rounds in zip(KINDS, (cold, warm), strict=True):
        for _ in range(rounds):
            for action in draw.sample(actions, len(actions)):
                action.before()
                if kind == "cold":
                    drop_caches()
                times: list[float] = getattr(figures[action.name], kind)
                times.append(seconds(action.act))
    return figures


def seconds(act: Callable[[], None]) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start
